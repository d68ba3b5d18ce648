"""A run while it goes on: who is asked what next, how many at once, and when it is of no use to go on."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import structlog

from masterx.clock import Clock
from masterx.errors import BudgetExceeded, ProviderAuthError, ProviderDisabled
from masterx.providers.base import Provider
from masterx.records.benchmarks import BenchmarkAnswer, BenchmarkResult, StopReason
from masterx.records.money import NanoDollars
from masterx.routing.benchmarks.asking import Asker
from masterx.routing.benchmarks.plan import Pair, Plan, result_of
from masterx.routing.benchmarks.progress import Asking, RunProgress, Watch
from masterx.routing.benchmarks.scores import Weights
from masterx.routing.benchmarks.spending import RunCap, RunCapReached
from masterx.routing.benchmarks.suite import BenchmarkTest
from masterx.store.benchmark_ports import BenchmarkStore

logger = structlog.get_logger()

FAILURES_IN_A_ROW: Final = 5
"""After so many a provider is not asked on in this run; after one where its key is refused."""
GIVEN_UP = "Not asked: the provider failed too often before."


class AnswerStore(BenchmarkStore, Protocol):
    """The part of the store that a run writes to."""


class _Line:
    """The tests that one provider is still to be asked."""

    def __init__(self, provider: Provider, tests: Sequence[BenchmarkTest]) -> None:
        self.provider = provider
        self.tests = deque(tests)
        self.failures = 0
        self.gave_up_with: str | None = None
        """The code of the last of too many errors."""
        self.closed = False
        """Nothing more can be asked of it here: no money, or switched off."""

    def note(self, answer: BenchmarkAnswer, *, is_hopeless: bool) -> None:
        self.failures = 0 if answer.error_code is None else self.failures + 1
        if is_hopeless or self.failures >= FAILURES_IN_A_ROW:
            self.gave_up_with = answer.error_code


class RunUnderWay:
    """Use it once."""

    def __init__(
        self,
        plan: Plan,
        answers: Sequence[BenchmarkAnswer],
        asker: Asker,
        store: AnswerStore,
        clock: Clock,
        *,
        at_once: int,
        at_once_of_a_provider: int,
        weights: Mapping[str, Weights],
        watch: Watch,
    ) -> None:
        """``answers`` are those that were kept before it was cut off."""
        self._plan = plan
        self._asker = asker
        self._store = store
        self._clock = clock
        self._free = asyncio.Semaphore(at_once)
        self._at_once_of_a_provider = at_once_of_a_provider
        self._weights = weights
        self._watch = watch
        self._answers: dict[Pair, dict[str, BenchmarkAnswer]] = {pair: {} for pair in plan.pairs()}
        for answer in answers:
            self._answers[answer.category, answer.provider][answer.test_id] = answer
        self._cap = RunCap(plan.run.cost_cap, plan.run.cost)
        self._counted = plan.run.cost
        self._asking: dict[Asking, None] = {}
        self._refused: set[StopReason] = set()
        self._missing = {model.provider for model in plan.run.models} - {one.name for one in plan.providers}

    @property
    def uncounted(self) -> NanoDollars:
        """What calls cost that came to no answer, once nothing runs any more."""
        return NanoDollars(self._cap.spent - self._counted)

    async def go(self) -> StopReason | None:
        """Until every test has its answer (None), or nothing more can be asked, and why.

        Raises `DatabaseError`; what was kept until then stays.
        """
        await self._keep_missing_results()
        self._tell()
        answered = {(*pair, test) for pair, tests in self._answers.items() for test in tests}
        async with asyncio.TaskGroup() as group:
            for provider in self._plan.providers:
                line = _Line(provider, self._plan.left_for(provider.name, answered))
                for _ in range(self._at_once_of(provider)):
                    group.create_task(self._ask_on(line), name=f"benchmark-{provider.name}")
        if self._is_whole():
            return None
        if self._missing:
            self._refused.add(StopReason.DISABLED)
        order = (StopReason.COST_CAP, StopReason.BUDGET, StopReason.DISABLED)
        return next((reason for reason in order if reason in self._refused), StopReason.FAILED)

    def _at_once_of(self, provider: Provider) -> int:
        """No more than it answers at once: waiting for its turn would count as its time."""
        most = provider.info.at_once
        return self._at_once_of_a_provider if most is None else min(most, self._at_once_of_a_provider)

    def _is_whole(self) -> bool:
        return all(len(tests) == self._plan.size(category) for (category, _), tests in self._answers.items())

    async def _ask_on(self, line: _Line) -> None:
        while line.tests and not line.closed:
            test = line.tests.popleft()
            if line.gave_up_with is not None:
                run_id = self._plan.run.id
                await self._keep(self._asker.not_asked(run_id, line.provider, test, line.gave_up_with, GIVEN_UP))
                continue
            async with self._free:
                reason = await self._ask(line, test)
            if reason is not None:
                line.closed = True
                self._refused.add(reason)

    async def _ask(self, line: _Line, test: BenchmarkTest) -> StopReason | None:
        """Why it could not be asked."""
        provider = line.provider
        asking = Asking(provider.name, test.category, test.id)
        self._asking[asking] = None
        self._tell()
        try:
            asked = await self._asker.ask(provider, test, self._cap)
            answer = await self._asker.graded(self._plan.run.id, provider, test, asked)
        except RunCapReached:
            return StopReason.COST_CAP
        except BudgetExceeded:
            return StopReason.BUDGET
        except ProviderDisabled:
            return StopReason.DISABLED
        finally:
            self._asking.pop(asking, None)
        line.note(answer, is_hopeless=isinstance(asked.error, ProviderAuthError))
        await self._keep(answer)
        return None

    async def _keep(self, answer: BenchmarkAnswer) -> None:
        """Not to be cut in two: what is counted is kept."""
        await asyncio.shield(asyncio.create_task(self._keep_whole(answer), name="keep-benchmark-answer"))

    async def _keep_whole(self, answer: BenchmarkAnswer) -> None:
        await self._store.add_benchmark_answer(answer)
        self._counted = NanoDollars(self._counted + answer.cost)
        pair = answer.category, answer.provider
        self._answers[pair][answer.test_id] = answer
        whole = len(self._answers[pair]) == self._plan.size(answer.category)
        self._tell(answer, await self._keep_result(pair) if whole else None)

    async def _keep_result(self, pair: Pair) -> BenchmarkResult:
        category, _ = pair
        suite = next(suite for suite in self._plan.suites if suite.category == category)
        answers = list(self._answers[pair].values())
        result = result_of(self._plan.run, suite, answers, self._weights, self._clock.now())
        await self._store.add_benchmark_results([result])
        logger.info(
            "benchmark_result",
            category=category,
            provider=result.provider,
            final_score=round(result.final_score, 1),
            tests_passed=result.tests_passed,
            tests_total=result.tests_total,
            error=result.error_code,
        )
        return result

    async def _keep_missing_results(self) -> None:
        """Of what was whole when the run was cut off, between the last answer and its result."""
        run = self._plan.run
        whole = [pair for pair, tests in self._answers.items() if len(tests) == self._plan.size(pair[0])]
        if whole:
            kept = await self._store.benchmark_results(run_id=run.id, limit=len(self._answers))
            there = {(result.category, result.provider) for result in kept}
            for pair in whole:
                if pair not in there:
                    await self._keep_result(pair)

    def _tell(self, answer: BenchmarkAnswer | None = None, result: BenchmarkResult | None = None) -> None:
        left: Counter[str] = Counter()
        for (category, provider), tests in self._answers.items():
            left[provider] += self._plan.size(category) - len(tests)
        total = self._plan.run.total
        self._watch(
            RunProgress(
                run_id=self._plan.run.id,
                done=total - left.total(),
                total=total,
                cost=self._cap.spent,
                left=left,
                asking=tuple(self._asking),
                answer=answer,
                result=result,
            )
        )
