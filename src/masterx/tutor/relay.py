"""Messages as given to a model, without tutoring: chosen by us, or one that is named.

Candidates, fallback, breakers, budgets and ledger are those of a turn; no lesson is read or written.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol, cast

import structlog

from masterx.clock import Clock, new_id
from masterx.costs.prices import Prices
from masterx.costs.reserving import Budgets, TurnBudget
from masterx.errors import (
    DatabaseError,
    EncoderUnavailable,
    NoProviderAvailable,
    NotFound,
    ProviderError,
)
from masterx.memory.tokens import estimate_tokens
from masterx.providers.base import (
    AS_THE_VENDOR_DOES,
    Completion,
    Deadlines,
    Finished,
    GenerationRequest,
    PromptMessage,
    ProviderInfo,
    Sampling,
    StreamEvent,
)
from masterx.records.costs import CostEvent
from masterx.records.users import SubscriptionTier
from masterx.routing.attempt_rows import attempt_row, record_calls_surely
from masterx.routing.breakers import Breakers
from masterx.routing.candidates import cheapest_first, planned_call
from masterx.routing.fallback import Attempt, FallbackAnswer
from masterx.routing.selecting import Asked, ReadyProviders, Selection, Selector, Switches
from masterx.settings import TurnSettings
from masterx.store.ports import BudgetStore, CostStore
from masterx.tutor.perceiving import READ_SECONDS, TextReader
from masterx.tutor.turn import TurnWatcher

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
        selector: Selector | None = None,
        reader: TextReader | None = None,
    ) -> None:
        """Without `selector` the operator's order decides; without `reader` messages are not read for it."""
        self._settings = settings
        self._providers = providers
        self._store = store
        self._clock = clock
        self._prices = prices
        self._budgets = budgets
        self._breakers = breakers
        self._watcher = watcher
        self._switches = switches
        self._selector = selector or Selector(providers, breakers, switches=switches)
        self._reader = reader
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
        selected = await self._select(request)
        candidates = selected.candidates
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
            may_call=selected.may_call,
            grounds=selected.grounds,
        )

    async def _select(self, request: RelayRequest) -> Selection:
        if request.provider is None:
            return await self._selector.select(await self._asked(request))
        named = [one for one in self._providers.ready() if one.name == request.provider]
        if not named:
            raise UnknownProvider
        return await self._selector.select(Asked(text="", seed=""), among=named)

    async def _asked(self, request: RelayRequest) -> Asked:
        """The last message, read where that can change who is asked; never for a mood: nobody here was told of it."""
        said = [message.content for message in request.messages if message.role == "user"]
        text = said[-1] if said else ""
        asked = Asked(
            text=text,
            seed=new_id(self._clock.now()),
            tier=request.tier,
            earlier_characters=sum(len(message.content) for message in request.messages) - len(text),
        )
        if self._reader is None or not text or not self._selector.has_choice:
            return asked
        try:
            reading = await asyncio.wait_for(self._reader.read(text), READ_SECONDS)
        except (EncoderUnavailable, TimeoutError) as error:
            logger.warning("message_not_read", error_type=type(error).__name__)
            return asked
        return replace(asked, category=reading.category, embedding=reading.embedding if reading.pieces else None)

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
                await record_calls_surely(self._store, calls, reservations)
                self._watcher.calls_recorded(calls)
            elif reservations:
                await self._store.release(reservations)
        except DatabaseError as error:
            logger.warning("calls_not_recorded", error_type=type(error).__name__, calls=len(calls))
            raise
        finally:
            if reservations:
                self._budgets.tell_freed()

    def _row(self, request: RelayRequest, attempt: Attempt) -> CostEvent:
        return attempt_row(self._prices, attempt, user_id=request.user_id, tier=request.tier)


def _own_error(request: RelayRequest, asking: FallbackAnswer) -> ProviderError | None:
    """Whoever names a provider is told what that one said."""
    return asking.attempts[-1].error if request.provider is not None and asking.attempts else None
