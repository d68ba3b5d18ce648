"""A learner's turn, as the design's first section names its steps: open, perceive, recall and assess, choose, reserve,
generate, check, record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from masterx.clock import Clock
from masterx.costs.prices import Prices
from masterx.costs.reserving import Budgets
from masterx.errors import Conflict, DatabaseError, DatabaseUnavailable, MasterXError, NotFound, ProviderError
from masterx.providers.base import FinishReason, TextDelta
from masterx.records.costs import CostEvent
from masterx.records.messages import Completeness
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord
from masterx.routing.attempt_rows import RECORD_TRIES
from masterx.routing.breakers import Breakers
from masterx.routing.fallback import FallbackAnswer
from masterx.routing.selecting import ReadyProviders, Selector, Switches
from masterx.settings import TurnSettings
from masterx.tutor.assessing import Assessor
from masterx.tutor.assessment import NOT_ASSESSED
from masterx.tutor.checking import FactChecker
from masterx.tutor.choosing import Chooser
from masterx.tutor.continuation import Seam
from masterx.tutor.events import Done, Failed
from masterx.tutor.opening import OpenTurn, TurnRequest, TurnStore, open_turn
from masterx.tutor.perceiving import Perceiver
from masterx.tutor.perception import Perception
from masterx.tutor.recording import Generated, ledger_rows, turn_record
from masterx.tutor.running import RunningTurn
from masterx.tutor.writing import Writing, replay

logger = structlog.get_logger()


class TurnWatcher(Protocol):
    """Counts what turns come to. Called on the path of a turn, so it does not wait and does not raise."""

    def turn_ended(self, outcome: str, seconds: float) -> None:
        """A `Completeness`, or "failed" for a turn of which nothing is kept."""
        ...

    def calls_recorded(self, calls: Sequence[CostEvent]) -> None: ...


class Tutor:
    """Runs turns. `stream` and `answer` are the same turn, told as events or as its outcome."""

    def __init__(
        self,
        settings: TurnSettings,
        providers: ReadyProviders,
        store: TurnStore,
        clock: Clock,
        prices: Prices | None = None,
        breakers: Breakers | None = None,
        watcher: TurnWatcher | None = None,
        switches: Switches | None = None,
        perceiver: Perceiver | None = None,
        assessor: Assessor | None = None,
        checker: FactChecker | None = None,
        selector: Selector | None = None,
    ) -> None:
        """Without `selector` the operator's order decides who is asked."""
        self._store = store
        self._clock = clock
        self._prices = prices or Prices()
        self._budgets = Budgets(store, self._prices, clock)
        breakers = breakers or Breakers(clock)
        selector = selector or Selector(providers, breakers, switches=switches)
        self._chooser = Chooser(settings, selector, clock, self._budgets, breakers.observe)
        self._watcher = watcher
        self._perceiver = perceiver
        self._assessor = assessor
        self._checker = checker
        self._running: dict[RunningTurn, asyncio.Task[None]] = {}

    @property
    def budgets(self) -> Budgets:
        """Shared with others that call models in this process, so that each hears when money is free again."""
        return self._budgets

    async def stream(self, request: TurnRequest) -> RunningTurn:
        """Start a turn; listen to what is returned.

        Raises what `open_turn` raises; everything after that is an event.
        """
        turn = RunningTurn()
        opened = await open_turn(request, self._store, self._clock)
        if isinstance(opened, Done):
            replay(opened, turn, goes_on=request.continues is not None)
            return turn

        async def work(_: RunningTurn) -> None:
            try:
                await self._stream(opened, turn)
            finally:
                self._running.pop(turn, None)

        self._running[turn] = turn.start(work)
        return turn

    async def answer(self, request: TurnRequest) -> Done:
        """The whole turn at once. Raises `NoProviderAvailable`, `BudgetExceeded` and what `open_turn` raises."""
        opened = await open_turn(request, self._store, self._clock)
        if isinstance(opened, Done):
            return opened
        opened = await self._prepare(opened)
        asking = await self._chooser.choose(opened)
        try:
            completion = await asking.complete()
        except BaseException:
            await self._give_up(opened, asking)
            raise
        length = completion.finished.reason is FinishReason.LENGTH
        seam = Seam(opened.partial)
        generated = Generated(
            text=opened.partial + seam.feed(completion.text) + seam.finish(),
            completeness=Completeness.LENGTH if length else Completeness.COMPLETE,
            routing=asking.routing(),
            attempts=tuple(asking.attempts),
            response_time_ms=self._milliseconds_since(opened.started),
            reservations=asking.held,
        )
        return await self._record(opened, generated)

    async def warm_up(self) -> None:
        """Start what answers are checked with."""
        if self._checker is not None:
            await self._checker.warm_up()

    async def aclose(self) -> None:
        """Stop the turns under way, and wait until each is recorded."""
        running = dict(self._running)
        for turn in running:
            turn.stop()
        await asyncio.gather(*running.values(), return_exceptions=True)

    async def _stream(self, opened: OpenTurn, turn: RunningTurn) -> None:
        """The outermost edge of the turn's own task: whatever happens, the listener hears an end."""
        try:
            opened = await self._prepare(opened)
            generated = await self._generate(opened, turn)
            done = await self._record(opened, generated)
        except MasterXError as error:
            turn.emit(Failed(error))
        except asyncio.CancelledError:
            turn.emit(Failed(Stopped()))
        except Exception as error:
            logger.exception("turn_failed", error_type=type(error).__name__)
            turn.emit(Failed(MasterXError()))
        else:
            turn.emit(done if generated.interruption is None else Failed(generated.interruption, kept=done))

    async def _prepare(self, opened: OpenTurn) -> OpenTurn:
        """Perceive and assess, beside each other."""
        perceiving = asyncio.ensure_future(self._perceived(opened))
        try:
            assessed = NOT_ASSESSED if self._assessor is None else await self._assessor.assess(opened, perceiving)
            return replace(opened, perceived=await perceiving, assessed=assessed)
        except BaseException:
            perceiving.cancel()
            await asyncio.gather(perceiving, return_exceptions=True)
            if opened.claim is not None:
                await opened.claim.release()
            raise

    async def _perceived(self, opened: OpenTurn) -> Perception:
        return opened.perceived if self._perceiver is None else await self._perceiver.perceive(opened)

    async def _generate(self, opened: OpenTurn, turn: RunningTurn) -> Generated:
        """When there is no text to keep, raises `NoProviderAvailable` or `BudgetExceeded`; for a stop
        `asyncio.CancelledError`.
        """
        asking = await self._chooser.choose(opened)
        writing = Writing(opened, asking, turn, self._clock)
        completeness, interruption = Completeness.COMPLETE, None
        try:
            turn.allow_interruption(True)
            async for event in asking.stream():
                if isinstance(event, TextDelta):
                    writing.take(event.text)
                elif event.reason is FinishReason.LENGTH:
                    completeness = Completeness.LENGTH
            turn.allow_interruption(False)
        except asyncio.CancelledError:
            turn.acknowledge_stop()
            if not writing.has_begun:
                await self._give_up(opened, asking)
                raise
            completeness = Completeness.STOPPED
        except MasterXError as error:
            turn.allow_interruption(False)
            if not (writing.has_begun and isinstance(error, ProviderError)):
                await self._give_up(opened, asking)
                raise
            completeness, interruption = Completeness.BROKE_OFF, error
        return Generated(
            text=writing.finish(),
            completeness=completeness,
            routing=asking.routing(),
            attempts=tuple(asking.attempts),
            first_token_ms=writing.first_token_ms,
            response_time_ms=self._milliseconds_since(opened.started),
            reservations=asking.held,
            interruption=interruption,
        )

    async def _record(self, opened: OpenTurn, generated: Generated) -> Done:
        if self._checker is not None:
            calculated = await self._checker.check(generated.text, opened.question, opened.assessed.facts)
            generated = replace(generated, calculated=calculated)
        record = turn_record(opened, generated, self._prices, self._clock.now())
        try:
            session = await self._record_surely(record)
        except BaseException as error:
            if isinstance(error, NotFound | Conflict):
                # The learner or the session was deleted meanwhile, or the message replaced; the calls were made.
                calls = ledger_rows(opened, generated.attempts, self._prices, answered=False)
                await self._record_calls(calls, generated.reservations)
            if opened.claim is not None:
                await opened.claim.release()
            raise
        if opened.claim is not None:
            opened.claim.close()
        if generated.reservations:
            self._budgets.tell_freed()
        if self._watcher is not None:
            self._watcher.turn_ended(generated.completeness, generated.response_time_ms / 1000)
            self._watcher.calls_recorded(record.calls)
        answer = record.answer
        logger.info(
            "ai_response_generated",
            provider=answer.provider_used,
            response_time_ms=answer.response_time_ms,
            tokens=answer.tokens_used,
            cost=answer.cost,
            session_id=session.id,
            user_id=session.user_id,
        )
        return Done(session=session, question=record.question, answer=answer)

    async def _record_surely(self, record: TurnRecord) -> Session:
        for _ in range(RECORD_TRIES - 1):
            try:
                return await self._store.record_turn(record)
            except DatabaseUnavailable:
                logger.warning("turn_not_recorded_yet", session_id=record.session.id)
        return await self._store.record_turn(record)

    async def _give_up(self, opened: OpenTurn, asking: FallbackAnswer) -> None:
        """Nothing of the turn is kept but what its calls may have cost."""
        calls = ledger_rows(opened, tuple(asking.attempts), self._prices, answered=False)
        await self._record_calls(calls, asking.held)
        if self._watcher is not None:
            self._watcher.turn_ended("failed", self._clock.monotonic() - opened.started)
        if opened.claim is not None:
            await opened.claim.release()

    async def _record_calls(self, calls: Sequence[CostEvent], reservations: Sequence[str]) -> None:
        """What no turn records."""
        try:
            if calls:
                await self._store.record_calls(calls, reservations)
                if self._watcher is not None:
                    self._watcher.calls_recorded(calls)
            elif reservations:
                await self._store.release(reservations)
        except DatabaseError as error:
            logger.warning("calls_not_recorded", error_type=type(error).__name__, calls=len(calls))
        if reservations:
            self._budgets.tell_freed()

    def _milliseconds_since(self, started: float) -> int:
        return round((self._clock.monotonic() - started) * 1000)


class Stopped(MasterXError):
    """The learner stopped the turn, or left, before its first word."""

    code = "stopped"
    status = 499
    retryable = True
    default_message = "Stopped before the first word."
