"""What a provider's runs of one suite say together. Pure.

The latest run counts most. Earlier ones that agree with it lend it weight, half as much for every `HALF_LIFE` they
are older; from the first that does not agree on, they are left out, as the model is not what it was then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from typing import Final

from masterx.records.benchmarks import BenchmarkResult

KEPT: Final = timedelta(days=7)
"""Older runs say nothing of today."""
HALF_LIFE: Final = timedelta(days=4)
TEST_SPREAD: Final = 30.0
"""Points between the tests of a suite, where a result does not say its error."""
RUN_SHARE: Final = 0.25
"""The part of a result's variance that is new in each run; the rest comes from which tests the suite holds, and asking
them again does not lessen it."""
DISAGREEMENT: Final = 2.5
"""In standard errors of the difference of two runs."""
LEAST_ERROR: Final = 1.0


@dataclass(frozen=True, slots=True)
class BenchmarkEvidence:
    value: float
    """0 to 100."""
    error: float
    """Standard error."""
    runs: int


def evidence_of(results: Sequence[BenchmarkResult]) -> BenchmarkEvidence | None:
    """Of one provider in one category; None where it answered none.

    Runs in which nothing was answered are passed over (the breaker and the health page know of them), as are those
    of another model or suite than the newest's.
    """
    answered = sorted(_answered(results), key=lambda result: result.timestamp, reverse=True)
    if not answered:
        return None
    newest = answered[0]
    value, weight, runs = newest.final_score, 1.0, 1
    own = error_of(newest)
    for result in answered[1:]:
        age = newest.timestamp - result.timestamp
        same = (result.model_name, result.suite_version) == (newest.model_name, newest.suite_version)
        if age > KEPT or not same:
            break
        apart = abs(result.final_score - value)
        if apart > DISAGREEMENT * sqrt(RUN_SHARE * (error_of(result) ** 2 + own**2 / weight)):
            break
        share = 2.0 ** -(age / HALF_LIFE)
        value = (value * weight + result.final_score * share) / (weight + share)
        weight, runs = weight + share, runs + 1
    return BenchmarkEvidence(value, own * sqrt(1 - RUN_SHARE + RUN_SHARE / weight), runs)


def error_of(result: BenchmarkResult) -> float:
    if result.final_error is not None and result.final_error > 0:
        return max(LEAST_ERROR, result.final_error)
    return max(LEAST_ERROR, TEST_SPREAD / sqrt(max(1, result.tests_total)))


def _answered(results: Iterable[BenchmarkResult]) -> list[BenchmarkResult]:
    return [result for result in results if result.error_code is None]
