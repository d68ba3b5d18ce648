"""What a run asks whom, and what is left of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from masterx.clock import new_id
from masterx.errors import Conflict, InvalidInput
from masterx.providers.base import Provider
from masterx.records.benchmarks import (
    BenchmarkAnswer,
    BenchmarkedModel,
    BenchmarkedSuite,
    BenchmarkResult,
    BenchmarkRun,
    RunState,
    RunTrigger,
    TestResult,
)
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars
from masterx.routing.benchmarks.scores import Measured, Weights, scores_of, weights_for
from masterx.routing.benchmarks.suite import BenchmarkTest, Suite

Pair = tuple[str, str]
"""Category and provider."""


@dataclass(frozen=True, slots=True)
class Plan:
    run: BenchmarkRun
    suites: tuple[Suite, ...]
    providers: tuple[Provider, ...]

    def left_for(self, provider: str, answered: Collection[tuple[str, str, str]]) -> list[BenchmarkTest]:
        """What it is still to be asked, a category after the other. ``answered``: category, provider, test."""
        return [
            test for suite in self.suites for test in suite.tests if (suite.category, provider, test.id) not in answered
        ]

    def pairs(self) -> list[Pair]:
        return [(suite.category, model.provider) for suite in self.suites for model in self.run.models]

    def size(self, category: str) -> int:
        return next(len(suite.tests) for suite in self.suites if suite.category == category)


def chosen_suites(suites: Mapping[str, Suite], categories: Iterable[str] | None) -> tuple[Suite, ...]:
    """In the order of the suites; None: all that have tests. Raises `InvalidInput`."""
    wanted = None if categories is None else set(categories)
    unknown = sorted((wanted or set()) - set(suites))
    if unknown:
        raise InvalidInput(f"There is no category {unknown[0]!r}. There are: {', '.join(suites)}.")
    chosen = tuple(
        suite for category, suite in suites.items() if suite.tests and (wanted is None or category in wanted)
    )
    if not chosen:
        raise InvalidInput("There is no test in these categories.")
    return chosen


def chosen_providers(
    ready: Sequence[Provider], disabled: Collection[str], names: Iterable[str] | None
) -> tuple[Provider, ...]:
    """In the operator's order; None: all that are ready and in use. Raises `InvalidInput`."""
    if names is None:
        chosen = tuple(one for one in ready if one.name not in disabled)
        if not chosen:
            raise InvalidInput("No provider is ready; `masterx doctor` says what is missing.")
        return chosen
    wanted = set(names)
    unknown = sorted(wanted - {one.name for one in ready})
    if unknown:
        raise InvalidInput(f"{unknown[0]!r} is not ready; `masterx doctor` lists those that are, and what is missing.")
    if off := sorted(wanted & set(disabled)):
        raise InvalidInput(f"{off[0]!r} is switched off; it is asked nothing before it is in use again.")
    chosen = tuple(one for one in ready if one.name in wanted)
    if not chosen:
        raise InvalidInput("Name at least one provider.")
    return chosen


def planned(
    suites: Sequence[Suite],
    providers: Sequence[Provider],
    *,
    trigger: RunTrigger,
    cost_cap: NanoDollars | None,
    now: datetime,
) -> Plan:
    run = BenchmarkRun(
        id=new_id(now),
        trigger=trigger,
        state=RunState.RUNNING,
        suites=tuple(BenchmarkedSuite(suite.category, suite.version, len(suite.tests)) for suite in suites),
        models=tuple(BenchmarkedModel(one.name, one.model_name) for one in providers),
        cost_cap=cost_cap,
        started_at=now,
        seen_at=now,
    )
    return Plan(run, tuple(suites), tuple(providers))


def taken_up(run: BenchmarkRun, suites: Mapping[str, Suite], ready: Sequence[Provider]) -> Plan:
    """A run that was cut off. A provider that is not ready any more is left out of it, and its tests stay open.

    Raises `Conflict` where answers from now on could not be compared with those that are there.
    """
    for suite in run.suites:
        now = suites.get(suite.category)
        if now is None or (now.version, len(now.tests)) != (suite.version, suite.tests):
            raise Conflict(f"The tests of {suite.category} have changed since that run began; begin a new one.")
    providers = {one.name: one for one in ready}
    for model in run.models:
        there = providers.get(model.provider)
        if there is not None and there.model_name != model.model_name:
            raise Conflict(f"{model.provider} answers with another model since that run began; begin a new one.")
    asked = tuple(providers[model.provider] for model in run.models if model.provider in providers)
    return Plan(run, tuple(suites[suite.category] for suite in run.suites), asked)


def result_of(
    run: BenchmarkRun, suite: Suite, answers: Sequence[BenchmarkAnswer], weights: Mapping[str, Weights], now: datetime
) -> BenchmarkResult:
    """Of all answers of one model to one suite."""
    first = answers[0]
    by_test = {answer.test_id: answer for answer in answers}
    ordered = [by_test[test.id] for test in suite.tests]
    scores = scores_of(
        [
            Measured(
                quality=answer.quality,
                answered=answer.error_code is None,
                time_ms=answer.time_ms,
                cost=answer.cost,
            )
            for answer in ordered
        ],
        weights_for(suite.category, weights),
    )
    return BenchmarkResult(
        id=new_id(now),
        category=suite.category,
        provider=first.provider,
        model_name=first.model_name,
        timestamp=now,
        quality_score=scores.quality,
        speed_score=scores.speed,
        cost_score=scores.cost,
        final_score=scores.final,
        avg_response_time_ms=scores.avg_time_ms,
        avg_cost=NanoDollars(round(scores.avg_cost)),
        tests_passed=scores.passed,
        tests_total=scores.total,
        test_results=tuple(
            TestResult(test_id=one.test_id, quality=one.quality, time_ms=one.time_ms, passed=one.passed)
            for one in ordered
        ),
        run_id=run.id,
        suite_version=suite.version,
        quality_error=scores.quality_error,
        final_error=scores.final_error,
        pricing=_pricing(ordered),
        error_code=_common_error(ordered),
    )


def _pricing(answers: Sequence[BenchmarkAnswer]) -> Pricing | None:
    """Unpriced if one of them is; None where nothing was answered."""
    found = {answer.pricing for answer in answers if answer.error_code is None}
    return next((one for one in (Pricing.UNPRICED, Pricing.PRICED, Pricing.FREE) if one in found), None)


def _common_error(answers: Sequence[BenchmarkAnswer]) -> str | None:
    """Of answers that all failed, the error that most of them failed by."""
    errors = [answer.error_code for answer in answers if answer.error_code is not None]
    return Counter(errors).most_common(1)[0][0] if len(errors) == len(answers) else None
