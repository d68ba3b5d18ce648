"""How able a learner is in a subject: the whole posterior on a grid, so that an update is a product of two vectors.

Expected a posteriori estimation (Bock and Mislevy 1982): the estimate is the posterior's mean, its standard error the
posterior's standard deviation. The prior is stated by whoever starts one; N(0, 1) where nothing is known.
"""

from __future__ import annotations

import base64
import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from masterx.errors import InvalidInput
from masterx.learner.irt import Floats, ItemParameters, level, success_probabilities

LOWEST, HIGHEST, POINTS = -6.0, 6.0, 81
GRID: Floats = np.linspace(LOWEST, HIGHEST, POINTS)
STEP = (HIGHEST - LOWEST) / (POINTS - 1)

TEST_DRIFT = 0.0
"""During a test nobody learns or forgets."""
PRACTICE_DRIFT = 0.15
"""How far ability wanders from one response in practice to the next: a standard deviation."""

_LEAST_LIKELIHOOD = 1e-12
"""Keeps a posterior above zero everywhere after any answers."""


@dataclass(frozen=True, slots=True, eq=False)
class Ability:
    """`weights` are the posterior's on `GRID`: not negative, adding up to 1."""

    weights: Floats

    @property
    def theta(self) -> float:
        return float(self.weights @ GRID)

    @property
    def standard_error(self) -> float:
        return math.sqrt(max(float(self.weights @ _SQUARES) - self.theta**2, 0.0))

    @property
    def level(self) -> float:
        """0 to 1; see `irt.level`."""
        return level(self.theta)

    def success_probability(self, item: ItemParameters) -> float:
        """Averaged over the posterior: near 0.5 while little is known, unlike that of the estimate alone."""
        return float(self.weights @ success_probabilities(GRID, item))

    def chance_above(self, theta: float) -> float:
        """That ability is at least this; a grid point counts for the interval around it."""
        share = np.minimum(np.maximum((GRID - theta) / STEP + 0.5, 0.0), 1.0)
        return float(self.weights @ share)

    def to_text(self) -> str:
        """For the store: 81 floats of 32 bits in base64."""
        return base64.b64encode(self.weights.astype("<f4").tobytes()).decode("ascii")


_SQUARES: Floats = GRID**2


def prior(mean: float = 0.0, deviation: float = 1.0) -> Ability:
    """Normal, cut to the grid. A deviation below half a step of the grid is taken as that."""
    distance = (GRID - min(max(mean, LOWEST), HIGHEST)) / max(deviation, STEP / 2)
    return _normalised(np.exp(-0.5 * distance**2))


def updated(ability: Ability, item: ItemParameters, score: float, drift: float = TEST_DRIFT) -> Ability:
    """After one graded answer. `score` is 0 to 1; a part of it counts as so much of an answer in the likelihood.

    `drift` is the deviation of the random walk between this response and the one before.
    """
    if not 0.0 <= score <= 1.0:
        raise InvalidInput(f"A score is from 0 to 1, not {score!r}.")
    right = success_probabilities(GRID, item)
    if score == 1.0:
        likelihood = right
    elif score == 0.0:
        likelihood = 1.0 - right
    else:
        likelihood = right**score * (1.0 - right) ** (1.0 - score)
    return _normalised(drifted(ability, drift).weights * np.maximum(likelihood, _LEAST_LIKELIHOOD))


def estimated(
    answers: Iterable[tuple[ItemParameters, float]], start: Ability | None = None, drift: float = TEST_DRIFT
) -> Ability:
    """After all these answers, each an item and its score, in order."""
    ability = prior() if start is None else start
    for item, score in answers:
        ability = updated(ability, item, score, drift)
    return ability


def drifted(ability: Ability, drift: float) -> Ability:
    """Wider by a random walk of this deviation; the grid's ends hold what would leave it."""
    return ability if drift <= 0 else Ability(_walk(round(drift, 4)) @ ability.weights)


def from_text(text: str) -> Ability:
    """What `Ability.to_text` wrote. Raises InvalidInput for anything else."""
    try:
        weights = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4").astype(np.float64)
    except ValueError as error:
        raise InvalidInput("That is not a stored ability.") from error
    if weights.shape != (POINTS,) or not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() <= 0:
        raise InvalidInput("That is not a stored ability.")
    return _normalised(weights)


def _normalised(weights: Floats) -> Ability:
    return Ability(weights / weights.sum())


@functools.lru_cache(maxsize=64)
def _walk(drift: float) -> Floats:
    """Columns: where the mass of a grid point goes."""
    kernel = np.exp(-0.5 * ((GRID[:, None] - GRID[None, :]) / max(drift, STEP / 4)) ** 2)
    result: Floats = kernel / kernel.sum(axis=0, keepdims=True)
    return result
