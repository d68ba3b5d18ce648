"""A learner's profile: a few hidden abilities beside the one that is shown, for what one number cannot say.

The multidimensional 2PL (Reckase 2009): the logit of a right answer is an item's loadings times the learner's profile
plus its intercept. Loadings are calibrated by variational EM (Jaakkola and Jordan 2000, with a bound on the logistic
function). Online, a profile is a normal distribution whose moments along the item's direction are matched after each
answer (assumed density filtering, Minka 2001): exact but for the shape.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from masterx.learner.calibration import Calibration, Progress
from masterx.learner.cells import Cells
from masterx.learner.irt import Floats, logistics
from masterx.learner.response_log import Integers

FACTORS = 4
ROUNDS = 80
ENOUGH = 4e-3
LOADING_PRECISION = 10.0
"""Of the normal prior, about 0, on the loadings beyond the first: a profile has to earn its place."""
_FIRST_PRECISION = 0.5
_INTERCEPT_PRECISION = 0.05

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_SQUARES = _NODES**2


@dataclass(frozen=True, slots=True, eq=False)
class FactorModel:
    """One row of loadings and one intercept for each item."""

    loadings: Floats
    intercepts: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    mean: Floats
    covariance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """What a profile says of one item; kept between the prediction and the update."""

    success: float
    direction: Floats
    deviation: float
    chances: Floats


def unknown(factors: int = FACTORS) -> Profile:
    return Profile(np.zeros(factors), np.eye(factors))


def outlook(profile: Profile, loadings: Floats, intercept: float) -> Outlook:
    direction = profile.covariance @ loadings
    deviation = math.sqrt(max(float(direction @ loadings), 1e-9))
    chances = logistics(float(profile.mean @ loadings) + intercept + deviation * _NODES)
    return Outlook(float(chances @ _WEIGHTS), direction, deviation, chances)


def updated(profile: Profile, seen: Outlook, correct: bool, drift: float = 0.0) -> Profile:
    """After the answer to the item of that outlook. `drift` is added before the next one, as in `ability.updated`."""
    weights = (seen.chances if correct else 1.0 - seen.chances) * _WEIGHTS
    weights = weights / weights.sum()
    shift = float(weights @ _NODES)
    spread = float(weights @ _SQUARES) - shift**2
    mean = profile.mean + seen.direction * (shift / seen.deviation)
    shrunk = (1.0 - spread) / seen.deviation**2
    covariance = profile.covariance - shrunk * (seen.direction[:, None] * seen.direction)
    if drift > 0:
        covariance = covariance + drift**2 * np.eye(len(mean))
    return Profile(mean, covariance)


def calibrated_factors(cells: Cells, start: Calibration, progress: Progress = lambda _: None) -> FactorModel:
    """From the responses, beginning with the 2PL of the same."""
    loadings = _first_loadings(cells, start)
    intercepts = -start.discriminations * start.difficulties
    met, half = cells.right + cells.wrong, 0.5 * (cells.right - cells.wrong)
    bounds = np.ones(len(met))
    for round_ in range(ROUNDS):
        before = loadings
        mean, second = _profiles(cells, met * _bound(bounds), half, loadings, intercepts)
        squares = (loadings[:, :, None] * loadings[:, None, :]).reshape(len(loadings), -1)
        expected = cells.products(second.reshape(len(second), -1), squares) + intercepts[cells.items] ** 2
        expected += 2.0 * intercepts[cells.items] * cells.products(mean, loadings)
        bounds = np.sqrt(np.maximum(expected, 1e-8))
        loadings, intercepts = _regressed(cells, met * _bound(bounds), half, mean, second)
        progress((round_ + 1) / ROUNDS)
        if float(np.abs(loadings - before).max(initial=0.0)) < ENOUGH:
            break
    return FactorModel(np.clip(loadings, -5.0, 5.0), np.clip(intercepts, -8.0, 8.0))


def settled(model: FactorModel, few: Integers) -> FactorModel:
    """Items that are hardly known, as the middle of the others."""
    known = np.setdiff1d(np.arange(len(model.intercepts)), few)
    if len(known) and len(few):
        model.loadings[few] = np.median(model.loadings[known], axis=0)
        model.intercepts[few] = float(np.median(model.intercepts[known]))
    return model


def _bound(distance: Floats) -> Floats:
    """Jaakkola and Jordan's lambda, of positive arguments."""
    safe = np.maximum(distance, 1e-6)
    result: Floats = np.tanh(safe / 2) / (4 * safe)
    return result


def _first_loadings(cells: Cells, start: Calibration) -> Floats:
    """The 2PL's discriminations; the others begin near 0, from a fixed seed, and find their place."""
    rng = np.random.default_rng(1)
    loadings = rng.normal(0.0, 0.2, (cells.item_count, FACTORS))
    loadings[:, 0] = start.discriminations
    return loadings


def _profiles(
    cells: Cells, weights: Floats, half: Floats, loadings: Floats, intercepts: Floats
) -> tuple[Floats, Floats]:
    """Posterior mean and second moment of every learner."""
    count = loadings.shape[1]
    squares = (loadings[:, :, None] * loadings[:, None, :]).reshape(len(loadings), -1)
    precision = np.eye(count) + 2.0 * cells.by_learner(weights, squares).reshape(-1, count, count)
    covariance = np.linalg.inv(precision)
    pull = cells.by_learner(half - 2.0 * weights * intercepts[cells.items], loadings)
    mean = np.einsum("nij,nj->ni", covariance, pull)
    return mean, covariance + mean[:, :, None] * mean[:, None, :]


def _regressed(cells: Cells, weights: Floats, half: Floats, mean: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Ridge regression of each item on the profiles: loadings and intercepts."""
    learners, count = mean.shape
    moments = np.ones((learners, count + 1, count + 1))
    moments[:, :count, :count] = second
    moments[:, :count, count] = moments[:, count, :count] = mean
    precision = np.diag([_FIRST_PRECISION, *[LOADING_PRECISION] * (count - 1), _INTERCEPT_PRECISION])
    left = 2.0 * cells.by_item(weights, moments.reshape(learners, -1)).reshape(-1, count + 1, count + 1) + precision
    right = cells.by_item(half, np.concatenate([mean, np.ones((learners, 1))], axis=1))
    right[:, 0] += _FIRST_PRECISION
    solved = np.linalg.solve(left, right[:, :, None])[:, :, 0].astype(np.float64)
    return solved[:, :count], solved[:, count]
