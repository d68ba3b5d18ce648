"""The two-parameter logistic model of an answer (Birnbaum, in Lord and Novick 1968, chapter 17).

An item has a discrimination a and a difficulty b; a learner of ability theta answers it right with probability
1 / (1 + exp(-a (theta - b))). Abilities and difficulties share one scale, on which learners are about N(0, 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DISCRIMINATIONS = (0.2, 4.0)
DIFFICULTIES = (-5.0, 5.0)
LARGEST_LOGIT = 30.0
"""Beyond it a probability is 0 or 1 to within 1e-13: enough, and exp() cannot overflow."""


def clamped(value: float, bounds: tuple[float, float]) -> float:
    """Not a number becomes the middle of the bounds."""
    low, high = bounds
    return min(max(value, low), high) if value == value else (low + high) / 2  # noqa: PLR0124 (NaN is not itself)


def logistic(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-clamped(logit, (-LARGEST_LOGIT, LARGEST_LOGIT))))


def logistics(logits: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-np.minimum(np.maximum(logits, -LARGEST_LOGIT), LARGEST_LOGIT)))
    return result


def logit(probability: float) -> float:
    """Clamped: 0 and 1 have finite logits."""
    inside = clamped(probability, (1e-6, 1 - 1e-6))
    return math.log(inside / (1.0 - inside))


@dataclass(frozen=True, slots=True)
class ItemParameters:
    """Values out of bounds are clamped: one bad calibration must not break every estimate after it."""

    discrimination: float = 1.0
    difficulty: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "discrimination", clamped(self.discrimination, DISCRIMINATIONS))
        object.__setattr__(self, "difficulty", clamped(self.difficulty, DIFFICULTIES))


def success_probability(theta: float, item: ItemParameters) -> float:
    return logistic(item.discrimination * (theta - item.difficulty))


def success_probabilities(thetas: Floats, item: ItemParameters) -> Floats:
    return logistics(item.discrimination * (thetas - item.difficulty))


def information(theta: float, item: ItemParameters) -> float:
    """Fisher's, about theta: a² p (1 - p) (Lord 1980, equation 5-9)."""
    probability = success_probability(theta, item)
    return item.discrimination**2 * probability * (1.0 - probability)


def difficulty_for(theta: float, probability: float, discrimination: float = 1.0) -> float:
    """Of the item that a learner of this ability answers right with this probability."""
    return clamped(theta - logit(probability) / clamped(discrimination, DISCRIMINATIONS), DIFFICULTIES)


def level(theta: float) -> float:
    """An ability or a difficulty on the scale from 0 to 1 that is stored and shown: 1 / (1 + exp(-theta)).

    Of an ability, it is the chance of a right answer to an average item (a = 1, b = 0).
    """
    return logistic(theta)


def theta_of(level_: float) -> float:
    """The other way round; 0 and 1 become the ends of a finite scale."""
    return clamped(logit(level_), DIFFICULTIES)
