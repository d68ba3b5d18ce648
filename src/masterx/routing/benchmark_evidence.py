"""What a provider's runs of one suite say together. Pure.

Runs of the last `KEPT` count alike, from the last change on (`change`): a model behind an interface is exchanged at a
stroke. How much of a result is chance of the run, and how much of it other providers share because they answered the
same tests, is read from the answers to the tests, and drawn to what is usual where there are few.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from math import sqrt
from statistics import fmean, median
from typing import Final

from masterx.records.benchmarks import BenchmarkResult
from masterx.routing.change import Change, Reading, last_change

KEPT: Final = timedelta(days=7)
"""Older runs say nothing of today."""
TEST_SPREAD: Final = 30.0
"""Points between the tests of a suite, where a result does not say its error."""
RUN_SHARE: Final = 0.25
"""The part of a result's variance that is new in each run, as long as nobody looked; the rest comes from which tests
the suite holds, and asking them again does not lessen it."""
COMMON: Final = 0.27
"""The part of a result's variance that is the same for another provider, as long as nobody looked: between what both
models made of RouteLLM's questions (even rows) the correlation is 0.44 on MMLU and 0.10 on GSM8K."""
WORTH: Final = 25.0
"""Pairs of answers that each of these two is worth."""
LEAST_SHARE: Final = 0.02
"""Of the chance of a run: a model that answers alike today need not do so tomorrow."""
LEAST_ERROR: Final = 1.0
FEWEST_PAIRS: Final = 3
FEWEST_STEPS: Final = 6
MEDIAN_OF_SQUARES: Final = 0.455
"""Of a standard normal variable."""


@dataclass(frozen=True, slots=True)
class BenchmarkEvidence:
    value: float
    """0 to 100."""
    error: float
    """Standard error."""
    runs: int
    newest: datetime
    """When the newest of them was."""
    common: float = COMMON
    """The part of the error's variance that others who answered the same tests share, 0 to 1."""
    change: Change | None = None
    """The last one in the runs that are kept; they count from it on."""

    @property
    def own_error(self) -> float:
        """Standard error against others who answered the same tests."""
        return self.error * sqrt(1 - self.common)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A run in which a provider answered nothing of a category."""

    tests: int
    at: datetime


def unanswered_in(results: Sequence[BenchmarkResult]) -> Unanswered | None:
    """The newest run of one provider in one category where it answered none in any; else None."""
    if not results or any(each.error_code is None for each in results):
        return None
    newest = max(results, key=lambda each: each.timestamp)
    return Unanswered(newest.tests_total, newest.timestamp)


def evidence_of(results: Sequence[BenchmarkResult], *, common: float = COMMON) -> BenchmarkEvidence | None:
    """Of one provider in one category; None where it answered none.

    Runs in which nothing was answered are passed over (the breaker and the health page know of them), as are those
    of another model or suite than the newest's. `common` is of one run's variance, as `common_share` has it.
    """
    runs = comparable(results)
    if not runs:
        return None
    share = run_share(runs)
    change = last_change(_readings(runs, share))
    if change is not None:
        runs = [run for run in runs if run.timestamp >= change.since]
    left = 1 - share + share / len(runs)
    return BenchmarkEvidence(
        value=fmean(run.final_score for run in runs),
        error=error_of(runs[0]) * sqrt(left),
        runs=len(runs),
        newest=runs[0].timestamp,
        common=min(common, 1 - share) / left,
        change=change,
    )


def _readings(runs: Sequence[BenchmarkResult], share: float) -> list[Reading]:
    """With the chance of each run: that of its grades, or of the scores' own steps, in which speed and cost are, too.

    The median of the steps is not moved by a change, which is one among many.
    """
    steps = [(one.final_score - other.final_score) ** 2 for one, other in pairwise(runs)]
    seen = median(steps) / (2 * MEDIAN_OF_SQUARES) if len(steps) >= FEWEST_STEPS else 0.0
    return [Reading(run.timestamp, run.final_score, max(seen, share * error_of(run) ** 2)) for run in runs]


def comparable(results: Iterable[BenchmarkResult]) -> list[BenchmarkResult]:
    """The runs that were answered and are like the newest, which comes first."""
    answered = sorted(
        (each for each in results if each.error_code is None), key=lambda each: each.timestamp, reverse=True
    )
    like_newest: list[BenchmarkResult] = []
    for each in answered:
        newest = answered[0]
        same = (each.model_name, each.suite_version) == (newest.model_name, newest.suite_version)
        if not same or newest.timestamp - each.timestamp > KEPT:
            break
        like_newest.append(each)
    return like_newest


def error_of(result: BenchmarkResult) -> float:
    if result.final_error is not None and result.final_error > 0:
        return max(LEAST_ERROR, result.final_error)
    return max(LEAST_ERROR, TEST_SPREAD / sqrt(max(1, result.tests_total)))


def run_share(runs: Sequence[BenchmarkResult]) -> float:
    """The part of a result's variance that is new in each run, from how a model answered the same tests again.

    A shift of all answers between two runs is no chance, and is left out of their difference.
    """
    chance, whole, pairs = 0.0, 0.0, 0
    for one, other in pairwise(runs):
        both = _both(one, other)
        if len(both) >= FEWEST_PAIRS:
            chance += len(both) * _variance([left - right for left, right in both]) / 2
            whole += len(both) * (_variance([left for left, _ in both]) + _variance([right for _, right in both])) / 2
            pairs += len(both)
    seen = min(1.0, chance / whole) if whole else RUN_SHARE
    return max(LEAST_SHARE, _drawn(seen, pairs, RUN_SHARE))


def common_share(newest: Sequence[BenchmarkResult]) -> float:
    """The part of one run's variance that providers share, from how alike they did on the same tests; 0 to 1.

    `newest` are results in one category, one of each provider.
    """
    total, pairs = 0.0, 0
    for one, other in combinations([each for each in newest if each.error_code is None], 2):
        both = _both(one, other) if one.suite_version == other.suite_version else []
        if len(both) >= FEWEST_PAIRS:
            total += len(both) * _correlation(both)
            pairs += len(both)
    return min(1.0, max(0.0, _drawn(total / pairs if pairs else COMMON, pairs, COMMON)))


def _variance(values: Sequence[float]) -> float:
    mean = fmean(values)
    return fmean([(value - mean) ** 2 for value in values])


def _both(one: BenchmarkResult, other: BenchmarkResult) -> list[tuple[float, float]]:
    grades: Mapping[str, float] = {each.test_id: each.quality for each in one.test_results}
    return [(grades[each.test_id], each.quality) for each in other.test_results if each.test_id in grades]


def _correlation(both: Sequence[tuple[float, float]]) -> float:
    """0 where one of them has the same grade in all: nothing is known then."""
    left, right = fmean(one for one, _ in both), fmean(other for _, other in both)
    product = sum((one - left) * (other - right) for one, other in both)
    spread = sqrt(sum((one - left) ** 2 for one, _ in both) * sum((other - right) ** 2 for _, other in both))
    return product / spread if spread > 0 else 0.0


def _drawn(seen: float, pairs: int, usual: float) -> float:
    return (pairs * seen + WORTH * usual) / (pairs + WORTH)
