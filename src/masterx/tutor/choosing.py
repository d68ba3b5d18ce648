"""Who is asked to answer a turn, in which order, within which time and for how much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache

from masterx.clock import Clock
from masterx.costs.reserving import Budgets, PlannedCall, TurnBudget
from masterx.memory.tokens import estimate_tokens
from masterx.providers.base import Deadlines, GenerationRequest, ProviderInfo
from masterx.routing.candidates import Candidate, cheapest_first, planned_call
from masterx.routing.fallback import FallbackAnswer, Observe
from masterx.routing.selecting import Asked, Selector
from masterx.settings import TurnSettings
from masterx.tutor.opening import OpenTurn
from masterx.tutor.prompt import build_request


class Chooser:
    def __init__(
        self,
        settings: TurnSettings,
        selector: Selector,
        clock: Clock,
        budgets: Budgets,
        observe: Observe,
    ) -> None:
        """`observe` is told what each call came to."""
        self._settings = settings
        self._selector = selector
        self._clock = clock
        self._budgets = budgets
        self._observe = observe
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
        try:
            selected = await self._selector.select(asked(opened))
            candidates = await self._in_view_of_budgets(selected.candidates, request_for, budget)
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
            observe=self._observe,
            may_call=selected.may_call,
            grounds=selected.grounds,
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


def asked(opened: OpenTurn) -> Asked:
    """What the turn knows of its message, for whoever chooses. An answer that goes on is one of the lesson's topic."""
    perceived, session = opened.perceived, opened.session
    mood = perceived.mood
    return Asked(
        text=opened.question,
        seed=opened.question_id,
        tier=opened.request.tier,
        category=perceived.topic or session.current_topic,
        embedding=perceived.embedding,
        mood=None if mood is None else mood.state,
        certainty=0.0 if mood is None else mood.certainty,
        assigned=session.assigned_provider,
        former_category=session.current_topic,
        lesson=session.id,
        earlier_characters=sum(len(message.content) for message in opened.history),
    )
