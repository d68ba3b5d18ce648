"""One test, asked of one model: a call like any other, within budgets and on record, and a grade for what came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

import structlog

from masterx.clock import Clock
from masterx.costs.prices import Prices
from masterx.costs.reserving import Budgets, TurnBudget
from masterx.errors import (
    EncoderUnavailable,
    NoProviderAvailable,
    ProviderDisabled,
    ProviderError,
    ProviderRateLimited,
)
from masterx.providers.base import Deadlines, GenerationRequest, PromptMessage, Provider, TextDelta
from masterx.records.benchmarks import BenchmarkAnswer
from masterx.records.costs import CallPurpose, CostEvent, Pricing
from masterx.records.money import NanoDollars
from masterx.routing.attempt_rows import attempt_row, record_calls_surely
from masterx.routing.benchmarks.grading.empathy import TextReader
from masterx.routing.benchmarks.grading.grader import grade
from masterx.routing.benchmarks.grading.verdicts import LONGEST_ANSWER, Grade
from masterx.routing.benchmarks.spending import RunBudget, RunCap
from masterx.routing.benchmarks.suite import BenchmarkTest
from masterx.routing.breakers import Breakers
from masterx.routing.candidates import Candidate
from masterx.routing.fallback import Attempt, FallbackAnswer
from masterx.store.ports import BudgetStore

logger = structlog.get_logger()

KEPT_CHARACTERS: Final = 2_000
"""Of an answer, for whoever looks into a run."""
RATE_LIMIT_TRIES: Final = 5
LONGEST_PAUSE_SECONDS: Final = 60.0
FIRST_PAUSE_SECONDS: Final = 2.0
"""After a provider that asks to wait and does not say how long; the next one is twice as long."""
STALL_SECONDS: Final = 20.0


class CallStore(BudgetStore, Protocol):
    async def record_calls(self, calls: Sequence[CostEvent], reservations: Sequence[str] = ()) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of the calls for one test."""

    text: str
    error: ProviderError | None
    time_ms: int
    """Of the last call."""
    calls: tuple[CostEvent, ...]

    @property
    def cost(self) -> NanoDollars:
        """As budgets count it."""
        return NanoDollars(sum(call.budget_charge for call in self.calls))


class Asker:
    """Asks and grades; what runs share in a process."""

    def __init__(
        self,
        store: CallStore,
        clock: Clock,
        prices: Prices,
        budgets: Budgets,
        breakers: Breakers,
        *,
        may_call: Callable[[str], bool],
        estimate_tokens: Callable[[str], int],
        reader: TextReader | None,
        call_seconds: float,
    ) -> None:
        """``reader``: grades empathy by what is felt in an answer; without it the rest of the rubric counts."""
        self._store = store
        self._clock = clock
        self._prices = prices
        self._budgets = budgets
        self._breakers = breakers
        self._may_call = may_call
        self._estimate_tokens = estimate_tokens
        self._reader = reader
        self._call_seconds = call_seconds

    async def ask(self, provider: Provider, test: BenchmarkTest, cap: RunCap) -> Asked:
        """A provider that asks to wait is waited for, some times.

        Raises `RunCapReached`, `BudgetExceeded` and `ProviderDisabled`: then the test was not asked.
        """
        calls: list[CostEvent] = []
        for number in range(1, RATE_LIMIT_TRIES + 1):
            asked = await self._once(provider, test, cap)
            calls += asked.calls
            if not isinstance(asked.error, ProviderRateLimited) or number == RATE_LIMIT_TRIES:
                break
            wanted = asked.error.retry_after or FIRST_PAUSE_SECONDS * 2 ** (number - 1)
            logger.info("benchmark_waits", provider=provider.name, seconds=wanted)
            await asyncio.sleep(min(wanted, LONGEST_PAUSE_SECONDS))
        return Asked(text=asked.text, error=asked.error, time_ms=asked.time_ms, calls=tuple(calls))

    async def graded(self, run_id: str, provider: Provider, test: BenchmarkTest, asked: Asked) -> BenchmarkAnswer:
        if asked.error is None:
            return self._answer(run_id, provider, test, await self._grade(test, asked.text), None, asked)
        return self._answer(run_id, provider, test, Grade(0.0, (asked.error.message,)), asked.error.code, asked)

    def not_asked(self, run_id: str, provider: Provider, test: BenchmarkTest, code: str, why: str) -> BenchmarkAnswer:
        """For a provider that failed so often that asking it on is of no use."""
        nothing = Asked(text="", error=None, time_ms=0, calls=())
        return self._answer(run_id, provider, test, Grade(0.0, (why,)), code, nothing)

    def _answer(
        self, run_id: str, provider: Provider, test: BenchmarkTest, grade: Grade, error_code: str | None, asked: Asked
    ) -> BenchmarkAnswer:
        return BenchmarkAnswer(
            run_id=run_id,
            category=test.category,
            provider=provider.name,
            model_name=provider.model_name,
            test_id=test.id,
            answered_at=self._clock.now(),
            quality=grade.quality,
            passed=grade.passed,
            time_ms=asked.time_ms,
            cost=asked.cost,
            pricing=asked.calls[-1].pricing if asked.calls else Pricing.FREE,
            tokens=sum(call.total_tokens for call in asked.calls),
            reasons=grade.reasons,
            error_code=error_code,
            answer=_storable(asked.text[:KEPT_CHARACTERS]),
        )

    async def _grade(self, test: BenchmarkTest, text: str) -> Grade:
        try:
            return await grade(test, text, self._reader)
        except EncoderUnavailable:
            return await grade(test, text)

    async def _once(self, provider: Provider, test: BenchmarkTest, cap: RunCap) -> Asked:
        budget = RunBudget(
            cap,
            TurnBudget(self._budgets, user_id=None, tier=None, longest_call=timedelta(seconds=self._call_seconds)),
        )
        asking = self._asking(provider, test, budget)
        parts: list[str] = []
        error: ProviderError | None = None
        calls: tuple[CostEvent, ...] = ()
        try:
            await _read(asking, parts)
        except NoProviderAvailable:
            error = asking.attempts[-1].error if asking.attempts else ProviderDisabled(provider.name)
        except ProviderError as broken:
            error = broken
        finally:
            calls = tuple(self._row(test, attempt) for attempt in asking.attempts)
            try:
                await self._record(calls, asking.held)
            finally:
                budget.settle(NanoDollars(sum(call.budget_charge for call in calls)))
        if isinstance(error, ProviderDisabled):
            raise error
        return Asked(text="".join(parts), error=error, time_ms=asking.attempts[-1].duration_ms, calls=calls)

    def _asking(self, provider: Provider, test: BenchmarkTest, budget: RunBudget) -> FallbackAnswer:
        info = provider.info
        request = GenerationRequest(
            messages=(PromptMessage("user", test.prompt),),
            max_output_tokens=max(1, min(test.most_tokens, info.context_tokens // 2)),
        )
        seconds = self._call_seconds
        return FallbackAnswer(
            [Candidate(provider, "a benchmark asks it")],
            lambda _info: request,
            Deadlines(first_token=seconds, stall=min(seconds, STALL_SECONDS), total=seconds),
            self._clock,
            self._estimate_tokens,
            budget=budget,
            observe=self._breakers.observe,
            may_call=self._may_call,
        )

    async def _record(self, calls: Sequence[CostEvent], held: Sequence[str]) -> None:
        if calls or held:
            # A task of its own: whoever stops a run does not take the bill along.
            await asyncio.shield(asyncio.create_task(self._record_surely(calls, held), name="record-benchmark-calls"))

    async def _record_surely(self, calls: Sequence[CostEvent], held: Sequence[str]) -> None:
        try:
            await record_calls_surely(self._store, calls, held)
        finally:
            self._budgets.tell_freed()

    def _row(self, test: BenchmarkTest, attempt: Attempt) -> CostEvent:
        return attempt_row(self._prices, attempt, purpose=CallPurpose.BENCHMARK, category=test.category)


async def _read(asking: FallbackAnswer, parts: list[str]) -> None:
    """No further than a grader reads: leaving the stream ends the call."""
    length = 0
    async with aclosing(asking.stream()) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                parts.append(event.text)
                length += len(event.text)
                if length > LONGEST_ANSWER:
                    return


def _storable(text: str) -> str:
    """A model may write half of a pair of surrogates, which no store takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
