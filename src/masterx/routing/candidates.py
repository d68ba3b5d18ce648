"""The order in which providers are asked, with a reason for the first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from masterx.costs.budget import most_input_tokens
from masterx.costs.reserving import PlannedCall
from masterx.providers.base import GenerationRequest, Provider, ProviderInfo
from masterx.records.money import NanoDollars
from masterx.records.routing import WeighedCandidate
from masterx.routing.breaker import Standing
from masterx.routing.breakers import Breakers


@dataclass(frozen=True, slots=True)
class Candidate:
    provider: Provider
    reason: str
    """Why it stands where it stands; for administrators and the log."""
    resting: bool = False
    """Its breaker is open: it is asked when nobody else is left."""
    disabled: bool = False
    """By the operator: it is not asked, unless that changes before its turn comes."""
    score: float | None = None
    """Points that are expected of it, 0 to 100; None where scores played no part."""
    error: float | None = None
    price: NanoDollars | None = None
    """Expected of this answer; None where it is not known."""

    def weighed(self) -> WeighedCandidate:
        return WeighedCandidate(
            provider=self.provider.name,
            model=self.provider.model_name,
            score=self.score,
            error=self.error,
            price=self.price,
            reason=self.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What the order of candidates came from; see `records.routing.Routing`."""

    category: str | None = None
    mood: str | None = None
    difficulty: float | None = None
    dial: float | None = None
    explored: bool = False


UNREAD: Final = Grounds()


def order_candidates(
    ready: Sequence[Provider],
    assigned: str | None = None,
    breakers: Breakers | None = None,
    disabled: Collection[str] = (),
) -> tuple[Candidate, ...]:
    """The provider that the session already has comes first, then the operator's own order.

    ``assigned`` is a name; one that is not ready any more is passed over. Those that failed lately come last,
    and behind them those whose names are ``disabled``.
    """
    standing = {provider.name: _standing(provider, breakers) for provider in ready}
    # Stable: the rest keeps its order.
    ordered = sorted(
        ready,
        key=lambda provider: (
            provider.name in disabled,
            standing[provider.name] is Standing.RESTING,
            provider.name != assigned,
        ),
    )
    return tuple(
        Candidate(
            provider,
            "disabled by the operator"
            if provider.name in disabled
            else _reason(provider, place, assigned, standing[provider.name]),
            resting=standing[provider.name] is Standing.RESTING,
            disabled=provider.name in disabled,
        )
        for place, provider in enumerate(ordered)
    )


def cheapest_first(
    candidates: Sequence[Candidate], most: Callable[[ProviderInfo], NanoDollars]
) -> tuple[Candidate, ...]:
    """For when a budget is nearly used up. ``most`` is what a call can cost; of equals, the order stays."""
    ordered = sorted(
        candidates, key=lambda candidate: (candidate.disabled, candidate.resting, most(candidate.provider.info))
    )
    return tuple(
        candidate
        if candidate.disabled
        else replace(candidate, reason="the cheapest that is left: a budget is nearly used up")
        for candidate in ordered
    )


def planned_call(info: ProviderInfo, request: GenerationRequest) -> PlannedCall:
    """The most that a call with this request can take."""
    return PlannedCall(
        provider=info.name,
        model=info.model_name,
        price_id=info.price_id,
        free=info.free,
        input_tokens=most_input_tokens(message.content for message in request.messages),
        output_tokens=request.max_output_tokens,
    )


def _standing(provider: Provider, breakers: Breakers | None) -> Standing:
    return Standing.READY if breakers is None else breakers.standing(provider.name)


def _reason(provider: Provider, place: int, assigned: str | None, standing: Standing) -> str:
    if standing is Standing.RESTING:
        return "failed lately: asked when nobody else is left"
    if standing is Standing.PROBING:
        return "failed lately: this turn tries whether it is well again"
    if provider.info.demo:
        return "the built-in demo model: no other is configured"
    if provider.name == assigned:
        return "answered in this session before"
    return "first in the operator's order" if place == 0 else "next in the operator's order"
