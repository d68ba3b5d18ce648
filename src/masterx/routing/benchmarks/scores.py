"""From the answers of one model to the tests of one category to its scores. Pure.

- Quality is the mean of the grades, 0 to 100; a test that nothing came to has 0.
- Speed and cost each follow a hyperbola, 100 · h / (h + x): 100 for nothing, 50 at x = h, falling towards 0 and never
  below. They are worked out answer by answer and then averaged, so one that took minutes cannot outweigh all others,
  and a test without an answer counts 0 in both: what never comes is neither fast nor cheap.
- The final score is the mean of the three, weighted by category.

How sure quality is follows from the spread of the grades, as if two more tests had come out at 0 and at 100 (Agresti
and Coull's interval for shares, 1998, in its form of one pseudo-observation each): the spread of ten perfect grades is
nothing, and yet an eleventh test may fail. Speed and cost are measured, not graded; beside quality's their error is
small, so the final score's is quality's with its weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from masterx.routing.benchmarks.grading.verdicts import PASSED_AT

HALF_SPEED_MS: Final = 10_000.0
"""An answer that took 10 s scores 50; one of 1 s 91, of 3 s 77, of 30 s 25."""
HALF_COST_NANOS: Final = 10_000_000.0
"""An answer that cost a cent scores 50; a tenth of a cent 91, five cents 17."""
WORST, BEST = 0.0, 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What quality, speed and cost count for; they need not add up to 1."""

    quality: float
    speed: float
    cost: float

    def shares(self) -> tuple[float, float, float]:
        """Adding up to 1. Raises `ValueError` for what is no weighting."""
        weights = (self.quality, self.speed, self.cost)
        whole = sum(weights)
        if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or whole <= 0:
            raise ValueError("Weights are 0 or more, and one of them is more.")
        return self.quality / whole, self.speed / whole, self.cost / whole


WEIGHTS: Final[Mapping[str, Weights]] = {
    "coding": Weights(quality=0.5, speed=0.3, cost=0.2),
    "math": Weights(quality=0.6, speed=0.3, cost=0.1),
    "research": Weights(quality=0.7, speed=0.2, cost=0.1),
    "language": Weights(quality=0.6, speed=0.2, cost=0.2),
    "empathy": Weights(quality=0.8, speed=0.2, cost=0.0),
    "general": Weights(quality=0.5, speed=0.3, cost=0.2),
}
"""The specification's. A category that is not here is weighed as `general`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One test that was asked."""

    quality: float
    answered: bool
    time_ms: float
    cost: float
    """Nano-dollars, as budgets count them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """0 to 100 each, errors as standard errors on the same scale."""

    quality: float
    speed: float
    cost: float
    final: float
    quality_error: float
    final_error: float
    passed: int
    total: int
    avg_time_ms: float
    """Of answers; 0 where there was none, as the next."""
    avg_cost: float


def weights_for(category: str, changed: Mapping[str, Weights] | None = None) -> Weights:
    """``changed`` goes before the standard."""
    known = {**WEIGHTS, **(changed or {})}
    return known.get(category, known["general"])


def passed(quality: float) -> bool:
    return quality >= PASSED_AT


def speed_score(time_ms: float) -> float:
    return _falling(time_ms, HALF_SPEED_MS)


def cost_score(nanos: float) -> float:
    return _falling(nanos, HALF_COST_NANOS)


def scores_of(tests: Sequence[Measured], weights: Weights) -> Scores:
    """Raises `ValueError` without a test, and for weights that are none."""
    if not tests:
        raise ValueError("Without a test there is no score.")
    grades = [_bounded(test.quality) for test in tests]
    answered = [test for test in tests if test.answered]
    quality = _mean(grades)
    speed = _mean([speed_score(test.time_ms) if test.answered else WORST for test in tests])
    cost = _mean([cost_score(test.cost) if test.answered else WORST for test in tests])
    of_quality, of_speed, of_cost = weights.shares()
    error = standard_error(grades)
    return Scores(
        quality=quality,
        speed=speed,
        cost=cost,
        final=_bounded(of_quality * quality + of_speed * speed + of_cost * cost),
        quality_error=error,
        final_error=of_quality * error,
        passed=sum(passed(grade) for grade in grades),
        total=len(grades),
        avg_time_ms=_mean([test.time_ms for test in answered]),
        avg_cost=_mean([test.cost for test in answered]),
    )


def standard_error(grades: Sequence[float]) -> float:
    """Of their mean, with a pseudo-grade at each end of the scale. 50 without a grade, falling with their number."""
    spread = [*grades, WORST, BEST]
    mean = math.fsum(spread) / len(spread)
    variance = math.fsum((grade - mean) ** 2 for grade in spread) / len(spread)
    return min(math.sqrt(variance / max(1, len(grades))), (BEST - WORST) / 2)


def _falling(value: float, half: float) -> float:
    return BEST if value <= 0 else BEST / (1 + value / half)


def _bounded(score: float) -> float:
    """A grade that is no number is no good answer."""
    return min(BEST, max(WORST, score)) if math.isfinite(score) else WORST


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0
