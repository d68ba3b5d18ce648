"""Items' parameters from a log of responses, all at once: marginal maximum likelihood by EM, with priors.

Bock and Aitkin (1981) for the 2PL, with a normal prior on ln a and on the intercept as in Mislevy (1986), so that 18
learners or an item that everybody solves leave no parameter at infinity; each step of Newton's method is clamped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from masterx.learner.ability import GRID, Ability
from masterx.learner.cells import Cells
from masterx.learner.irt import DIFFICULTIES, DISCRIMINATIONS, Floats, ItemParameters, logistics

ROUNDS = 60
ENOUGH = 2e-3
"""EM stops when no parameter moves further."""
DISCRIMINATION_SPREAD = 0.5
"""Standard deviation of ln a before any response."""
INTERCEPT_SPREAD = 3.0
"""Of -a b."""
PRIOR_LEARNERS = 20.0
"""How many learners the assumption of a normal population is worth."""

_NODES: Floats = GRID[::2]
_NORMAL: Floats = np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum()

Progress = Callable[[float], None]
"""Told the share that is done, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """One entry for each item, and the population the learners came from, as a prior for the next one."""

    discriminations: Floats
    difficulties: Floats
    population: Ability

    def item(self, index: int) -> ItemParameters:
        return ItemParameters(float(self.discriminations[index]), float(self.difficulties[index]))


def calibrated(cells: Cells, progress: Progress = lambda _: None) -> Calibration:
    slopes, intercepts = np.ones(cells.item_count), _first_intercepts(cells)
    population = _NORMAL
    for round_ in range(ROUNDS):
        posterior = _posterior(cells, slopes, intercepts, population)
        right = cells.by_item(cells.right, posterior)
        met = right + cells.by_item(cells.wrong, posterior)
        population = posterior.sum(axis=0) + PRIOR_LEARNERS * _NORMAL
        population /= population.sum()
        before = np.concatenate([slopes, intercepts])
        for _ in range(2):
            slopes, intercepts = _maximised(slopes, intercepts, right, met)
        progress((round_ + 1) / ROUNDS)
        if float(np.abs(np.concatenate([slopes, intercepts]) - before).max(initial=0.0)) < ENOUGH:
            break
    weights = np.interp(GRID, _NODES, population)
    return Calibration(
        slopes, np.clip(-intercepts / slopes, *DIFFICULTIES), Ability(np.maximum(weights, 1e-12) / weights.sum())
    )


def _first_intercepts(cells: Cells) -> Floats:
    ones = np.ones((cells.learner_count, 1))
    right, wrong = cells.by_item(cells.right, ones)[:, 0], cells.by_item(cells.wrong, ones)[:, 0]
    result: Floats = np.log((right + 1.0) / (wrong + 1.0))
    return result


def _posterior(cells: Cells, slopes: Floats, intercepts: Floats, population: Floats) -> Floats:
    """Of each learner, on the nodes."""
    chance = logistics(slopes[:, None] * _NODES + intercepts[:, None])
    logs = cells.by_learner(cells.right, np.log(chance)) + cells.by_learner(cells.wrong, np.log1p(-chance))
    logs += np.log(population)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
    result: Floats = weights / weights.sum(axis=1, keepdims=True)
    return result


def _maximised(slopes: Floats, intercepts: Floats, right: Floats, met: Floats) -> tuple[Floats, Floats]:
    """One clamped step of Newton's method for every item."""
    chance = logistics(slopes[:, None] * _NODES + intercepts[:, None])
    surprise, weight = right - met * chance, met * chance * (1.0 - chance)
    slope_gradient = surprise @ _NODES - np.log(slopes) / (DISCRIMINATION_SPREAD**2 * slopes)
    gradient = surprise.sum(axis=1) - intercepts / INTERCEPT_SPREAD**2
    slope_curvature = weight @ _NODES**2 + 1.0 / (DISCRIMINATION_SPREAD * slopes) ** 2
    curvature = weight.sum(axis=1) + INTERCEPT_SPREAD**-2
    mixed = weight @ _NODES
    determinant = slope_curvature * curvature - mixed**2
    slope_step = (curvature * slope_gradient - mixed * gradient) / determinant
    step = (slope_curvature * gradient - mixed * slope_gradient) / determinant
    moved = np.clip(slopes + np.clip(slope_step, -0.5, 0.5), *DISCRIMINATIONS)
    limit = DIFFICULTIES[1] * moved
    return moved, np.clip(intercepts + np.clip(step, -1.0, 1.0), -limit, limit)
