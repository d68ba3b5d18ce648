"""Who is asked to answer a turn, in which order, within which time and for how much."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import cache
from typing import Protocol

from masterx.clock import Clock
from masterx.costs.reserving import Budgets, PlannedCall, TurnBudget
from masterx.memory.tokens import estimate_tokens
from masterx.providers.base import Deadlines, GenerationRequest, Provider, ProviderInfo
from masterx.routing.breakers import Breakers
from masterx.routing.candidates import Candidate, cheapest_first, order_candidates, planned_call
from masterx.routing.fallback import FallbackAnswer
from masterx.settings import TurnSettings
from masterx.tutor.opening import OpenTurn
from masterx.tutor.prompt import build_request


class ReadyProviders(Protocol):
    """Where a turn gets its candidates from."""

    def ready(self) -> Sequence[Provider]: ...


class Switches(Protocol):
    """Which providers an operator disabled."""

    @property
    def disabled(self) -> Collection[str]: ...

    def may_call(self, provider: str) -> bool: ...


class AllOn:
    """For whoever has no operator."""

    disabled = frozenset[str]()

    def may_call(self, _provider: str) -> bool:
        return True


class Chooser:
    def __init__(
        self,
        settings: TurnSettings,
        providers: ReadyProviders,
        clock: Clock,
        budgets: Budgets,
        breakers: Breakers,
        switches: Switches,
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._clock = clock
        self._budgets = budgets
        self._breakers = breakers
        self._switches = switches
        self._deadlines = Deadlines(
            first_token=settings.first_token_seconds, stall=settings.stall_seconds, total=settings.total_seconds
        )

    async def choose(self, opened: OpenTurn) -> FallbackAnswer:
        """What is returned has asked nobody yet. Raises `DatabaseUnavailable`; the turn's claim is then given back."""

        @cache
        def request_for(info: ProviderInfo) -> GenerationRequest:
            return build_request(
                info,
                opened.history,
                opened.question,
                context_tokens=self._settings.context_tokens,
                max_output_tokens=self._settings.max_output_tokens,
                preferences=opened.request.preferences,
                partial=opened.partial,
                mood=opened.perceived.mood,
                recalled=opened.perceived.recalled,
                now=opened.asked_at,
                standing=opened.assessed.instructions,
            )

        budget = TurnBudget(
            self._budgets,
            user_id=opened.request.user_id,
            tier=opened.request.tier,
            longest_call=timedelta(seconds=self._settings.total_seconds),
        )
        ready, switches = self._providers.ready(), self._switches
        try:
            await self._breakers.want_probes(one.name for one in ready if switches.may_call(one.name))
            assigned = opened.session.assigned_provider
            candidates = order_candidates(ready, assigned, self._breakers, switches.disabled)
            candidates = await self._in_view_of_budgets(candidates, request_for, budget)
        except BaseException:
            if opened.claim is not None:
                await opened.claim.release()
            raise
        return FallbackAnswer(
            candidates,
            request_for,
            self._deadlines,
            self._clock,
            estimate_tokens,
            budget=budget,
            observe=self._breakers.observe,
            may_call=switches.may_call,
        )

    async def _in_view_of_budgets(
        self,
        candidates: tuple[Candidate, ...],
        request_for: Callable[[ProviderInfo], GenerationRequest],
        budget: TurnBudget,
    ) -> tuple[Candidate, ...]:
        def planned(info: ProviderInfo) -> PlannedCall:
            return planned_call(info, request_for(info))

        if len(candidates) < 2 or not await self._budgets.current():
            return candidates
        if not await budget.is_near_a_cap(planned(candidates[0].provider.info)):
            return candidates
        return cheapest_first(candidates, lambda info: budget.most(planned(info)))
