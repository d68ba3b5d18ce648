"""Messages as given to a model, without tutoring: chosen by us, or one that is named.

Candidates, fallback, breakers, budgets and ledger are those of a turn; no lesson is read or written.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, cast

import structlog

from masterx.clock import Clock
from masterx.costs.ledger import cost_event
from masterx.costs.prices import Prices
from masterx.costs.reserving import Budgets, TurnBudget
from masterx.errors import DatabaseError, DatabaseUnavailable, NoProviderAvailable, NotFound, ProviderError
from masterx.memory.tokens import estimate_tokens
from masterx.providers.base import (
    AS_THE_VENDOR_DOES,
    Completion,
    Deadlines,
    Finished,
    GenerationRequest,
    PromptMessage,
    Provider,
    ProviderInfo,
    Sampling,
    StreamEvent,
)
from masterx.records.costs import CostEvent
from masterx.records.users import SubscriptionTier
from masterx.routing.breakers import Breakers
from masterx.routing.candidates import Candidate, cheapest_first, order_candidates, planned_call
from masterx.routing.fallback import Attempt, FallbackAnswer
from masterx.settings import TurnSettings
from masterx.store.ports import BudgetStore, CostStore
from masterx.tutor.choosing import ReadyProviders, Switches
from masterx.tutor.turn import RECORD_TRIES, TurnWatcher

logger = structlog.get_logger()

SMALLEST_PROMPT_SHARE = 2
"""An answer may take up all but this part of what a model reads and writes together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayRequest:
    user_id: str
    tier: SubscriptionTier
    messages: tuple[PromptMessage, ...]
    max_output_tokens: int | None = None
    """None: as long as a turn's answer may be."""
    sampling: Sampling = AS_THE_VENDOR_DOES
    provider: str | None = None
    """Who is asked, and nobody else; None: as for a turn."""


class RelayStore(CostStore, BudgetStore, Protocol):
    """The ports that a relayed call needs."""


class UnknownProvider(NotFound):
    default_message = "There is no such model here."


class Relay:
    def __init__(
        self,
        settings: TurnSettings,
        providers: ReadyProviders,
        store: RelayStore,
        clock: Clock,
        prices: Prices,
        budgets: Budgets,
        breakers: Breakers,
        watcher: TurnWatcher,
        switches: Switches,
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._store = store
        self._clock = clock
        self._prices = prices
        self._budgets = budgets
        self._breakers = breakers
        self._watcher = watcher
        self._switches = switches
        self._deadlines = Deadlines(
            first_token=settings.first_token_seconds, stall=settings.stall_seconds, total=settings.total_seconds
        )
        self._under_way: Counter[asyncio.Task[Any]] = Counter()
        self._recording: set[asyncio.Task[None]] = set()

    def ready(self) -> Sequence[str]:
        """The names of those that may be asked, in the operator's order."""
        return [one.name for one in self._providers.ready() if self._switches.may_call(one.name)]

    async def complete(self, request: RelayRequest) -> Completion:
        """The whole answer, on record. Raises `UnknownProvider`, `BudgetExceeded`, `NoProviderAvailable`, and for a
        named provider its own error.
        """
        asking = await self._choose(request)
        with self._noted_under_way():
            try:
                return await asking.complete()
            except NoProviderAvailable as error:
                raise _own_error(request, asking) or error from None
            finally:
                await self._record(request, asking)

    async def stream(self, request: RelayRequest) -> AsyncGenerator[StreamEvent, None]:
        """`Finished` comes when the calls are on record. Raises as `complete`, and the provider's own error after the
        first word. Closing it ends the call; what was generated is on record then.
        """
        asking = await self._choose(request)
        finished: Finished | None = None
        with self._noted_under_way():
            try:
                async with aclosing(asking.stream()) as events:
                    async for event in events:
                        if isinstance(event, Finished):
                            finished = event
                        else:
                            yield event
            except NoProviderAvailable as error:
                raise _own_error(request, asking) or error from None
            finally:
                await self._record(request, asking)
        if finished is not None:
            yield finished

    async def aclose(self) -> None:
        """Cancel the tasks of whoever still waits for an answer, and wait until all calls are on record."""
        waiting = list(self._under_way)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.gather(*self._recording, return_exceptions=True)

    @contextmanager
    def _noted_under_way(self) -> Iterator[None]:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._under_way[task] += 1
        try:
            yield
        finally:
            self._under_way[task] -= 1
            if not self._under_way[task]:
                del self._under_way[task]

    async def _choose(self, request: RelayRequest) -> FallbackAnswer:
        def request_for(info: ProviderInfo) -> GenerationRequest:
            most = max(1, info.context_tokens - info.context_tokens // SMALLEST_PROMPT_SHARE)
            wanted = request.max_output_tokens or self._settings.max_output_tokens
            return GenerationRequest(
                messages=request.messages, max_output_tokens=min(wanted, most), sampling=request.sampling
            )

        budget = TurnBudget(
            self._budgets,
            user_id=request.user_id,
            tier=request.tier,
            longest_call=timedelta(seconds=self._settings.total_seconds),
        )
        candidates = await self._candidates(request)
        if len(candidates) > 1 and await self._budgets.current():
            first = candidates[0].provider.info
            if await budget.is_near_a_cap(planned_call(first, request_for(first))):
                candidates = cheapest_first(candidates, lambda info: budget.most(planned_call(info, request_for(info))))
        return FallbackAnswer(
            candidates,
            request_for,
            self._deadlines,
            self._clock,
            estimate_tokens,
            budget=budget,
            observe=self._breakers.observe,
            may_call=self._switches.may_call,
        )

    async def _candidates(self, request: RelayRequest) -> tuple[Candidate, ...]:
        ready: Sequence[Provider] = self._providers.ready()
        if request.provider is not None:
            ready = [one for one in ready if one.name == request.provider]
            if not ready:
                raise UnknownProvider
        await self._breakers.want_probes(one.name for one in ready if self._switches.may_call(one.name))
        return order_candidates(ready, None, self._breakers, self._switches.disabled)

    async def _record(self, request: RelayRequest, asking: FallbackAnswer) -> None:
        calls = [self._row(request, attempt) for attempt in asking.attempts]
        # A task of its own: whoever leaves does not take the bill along.
        recording = asyncio.create_task(self._record_calls(calls, asking.held), name="record-calls")
        self._recording.add(recording)
        recording.add_done_callback(self._recording.discard)
        await asyncio.shield(recording)

    async def _record_calls(self, calls: Sequence[CostEvent], reservations: Sequence[str]) -> None:
        try:
            if calls:
                await self._record_surely(calls, reservations)
                self._watcher.calls_recorded(calls)
            elif reservations:
                await self._store.release(reservations)
        except DatabaseError as error:
            logger.warning("calls_not_recorded", error_type=type(error).__name__, calls=len(calls))
            raise
        finally:
            if reservations:
                self._budgets.tell_freed()

    async def _record_surely(self, calls: Sequence[CostEvent], reservations: Sequence[str]) -> None:
        for _ in range(RECORD_TRIES - 1):
            try:
                await self._store.record_calls(calls, reservations)
            except DatabaseUnavailable:
                logger.warning("calls_not_recorded_yet", calls=len(calls))
            else:
                return
        await self._store.record_calls(calls, reservations)

    def _row(self, request: RelayRequest, attempt: Attempt) -> CostEvent:
        return cost_event(
            self._prices,
            provider=attempt.info.name,
            model=attempt.model,
            asked_model=attempt.info.model_name,
            price_id=attempt.info.price_id,
            free=attempt.info.free,
            usage=attempt.usage,
            outcome=attempt.outcome,
            started_at=attempt.started_at,
            duration_ms=attempt.duration_ms,
            error_code=None if attempt.error is None else attempt.error.code,
            user_id=request.user_id,
            tier=request.tier,
            session_id=None,
            message_id=None,
        )


def _own_error(request: RelayRequest, asking: FallbackAnswer) -> ProviderError | None:
    """Whoever names a provider is told what that one said."""
    return asking.attempts[-1].error if request.provider is not None and asking.attempts else None
