"""The order in which providers are asked, with a reason for the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from masterx.providers.base import Provider


@dataclass(frozen=True, slots=True)
class Candidate:
    provider: Provider
    reason: str
    """Why it stands where it stands; for administrators and the log."""


def order_candidates(ready: Sequence[Provider], assigned: str | None = None) -> tuple[Candidate, ...]:
    """The provider that the session already has comes first, then the operator's own order.

    ``assigned`` is a name; one that is not ready any more is passed over.
    """
    ordered = sorted(ready, key=lambda provider: provider.name != assigned)  # stable: the rest keeps its order
    return tuple(Candidate(provider, _reason(provider, place, assigned)) for place, provider in enumerate(ordered))


def _reason(provider: Provider, place: int, assigned: str | None) -> str:
    if provider.info.demo:
        return "the built-in demo model: no other is configured"
    if provider.name == assigned:
        return "answered in this session before"
    return "first in the operator's order" if place == 0 else "next in the operator's order"
