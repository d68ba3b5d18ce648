"""Calibrate on one log, predict another response by response: what `masterx learner evaluate` does."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from masterx.learner.ability import PRACTICE_DRIFT, TEST_DRIFT
from masterx.learner.calibration import Calibration, calibrated
from masterx.learner.cells import Cells, cells_of
from masterx.learner.factors import calibrated_factors, settled
from masterx.learner.history import FEATURES
from masterx.learner.irt import Floats
from masterx.learner.knowledge_tracing import fitted_knowledge
from masterx.learner.prediction_fitting import fitted_weights
from masterx.learner.response_log import Integers, ResponseLog
from masterx.learner.scoring import Figures, figures
from masterx.learner.skill_profile_fitting import fitted_dynamics
from masterx.learner.tracking import Learner, Model, model_of, with_weights

FOLDS = 3
PIECE = 40
"""Practice is calibrated in pieces of so many responses in a skill, within which ability nearly stands still."""
LEVEL_ROWS = 60_000
"""So many responses, of whole learners, tell whether a model says too much or too little."""
FEW = 5
"""Items with fewer responses than this go on learning."""

Progress = Callable[[str, float], None]
"""Told what is done now and its share, 0 to 1."""


class Mode(StrEnum):
    TEST = "test"
    PRACTICE = "practice"


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    figures: Figures
    microseconds: float
    """Of CPU time for one prediction and update."""
    chances: Floats
    """One for each row of the test log."""


def evaluated(
    train: ResponseLog,
    test: ResponseLog,
    mode: Mode,
    progress: Progress = lambda _what, _share: None,
    drift: float | None = None,
) -> Evaluation:
    """`drift` is the mode's where it is not given. The test log may hold learners, items and skills that are new."""
    test = aligned(test, train)
    train = replace(train, item_names=test.item_names, skill_names=test.skill_names)
    step = drift if drift is not None else PRACTICE_DRIFT if mode is Mode.PRACTICE else TEST_DRIFT
    model = trained(train, mode, step, progress)
    started = time.process_time()
    chances, _ = followed(model, test, lambda share: progress("predicting", share))
    spent = time.process_time() - started
    return Evaluation(figures(test.correct, chances), spent / max(len(test), 1) * 1e6, chances)


def trained(train: ResponseLog, mode: Mode, drift: float, progress: Progress) -> Model:
    """History weights come from predictions for learners whom the calibration had not seen, so that they know how much
    a prediction is worth.
    """
    fold = folds_of(train)
    features = np.empty((len(train), len(FEATURES)))
    calibrated_apart = False
    for number in range(FOLDS):
        held = fold == number
        if not held.any() or held.all():
            continue
        name = f"calibrating {number + 1} of {FOLDS + 1}"
        model = _calibrated(train.where(~held), mode, drift, lambda share, name=name: progress(name, share))  # type: ignore[misc]  # bound now
        _, found = followed(model, train.where(held), lambda share: progress("learning weights", share))
        features[held] = found
        calibrated_apart = True
    name = f"calibrating {FOLDS + 1} of {FOLDS + 1}"
    model = _calibrated(train, mode, drift, lambda share: progress(name, share))
    if not calibrated_apart:
        return model
    model = with_weights(model, fitted_weights(train, features))
    return _levelled(model, train) if mode is Mode.PRACTICE else model


def _levelled(model: Model, train: ResponseLog) -> Model:
    """The weights come from models that were calibrated on fewer learners, and of those fewer still have gone as far in
    practice: the last one may say too little or too much of everybody. Raised or lowered to what its learners answered.
    """
    sample = train.where(train.users <= train.users[min(LEVEL_ROWS, len(train)) - 1])
    chances, _ = followed(model, sample)
    said, was = float(chances.mean()), float(sample.correct.mean())
    shared = model.weights.shared.copy()
    shared[FEATURES.index("bias")] += (was - said) / float((chances * (1.0 - chances)).mean())
    return with_weights(model, replace(model.weights, shared=shared))


def followed(
    model: Model, log: ResponseLog, progress: Callable[[float], None] = lambda _: None
) -> tuple[Floats, Floats]:
    """The chance given to each response before it was known, and the features that it came from."""
    chances = np.empty(len(log))
    features = np.empty((len(log), len(FEATURES)))
    rows = zip(log.users.tolist(), log.items.tolist(), log.skills.tolist(), log.correct.tolist(), strict=True)
    learner, current = Learner(model), None
    for row, (user, item, skill, correct) in enumerate(rows):
        if user != current:
            learner, current = Learner(model), user
            progress(row / len(log))
        chances[row] = learner.predict(item, skill)
        features[row] = learner.features
        learner.update(item, skill, bool(correct))
    progress(1.0)
    return chances, features


def aligned(log: ResponseLog, to: ResponseLog) -> ResponseLog:
    """The same log with the other's codes of items and skills; names that are new come after them."""
    items, item_names = _recoded(log.items, log.item_names, to.item_names)
    skills, skill_names = _recoded(log.skills, log.skill_names, to.skill_names)
    return replace(log, items=items, skills=skills, item_names=item_names, skill_names=skill_names)


def folds_of(log: ResponseLog) -> Integers:
    """For each row, by a hash of its learner's name: the same for the same learners, whatever the order of the file."""
    by_user = [int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % FOLDS for name in log.user_names]
    return np.array(by_user, dtype=np.int64)[log.users]


def _recoded(codes: Integers, names: tuple[str, ...], known: tuple[str, ...]) -> tuple[Integers, tuple[str, ...]]:
    places = {name: place for place, name in enumerate(known)}
    for name in names:
        places.setdefault(name, len(places))
    return np.array([places[name] for name in names], dtype=np.int64)[codes], tuple(places)


def _calibrated(log: ResponseLog, mode: Mode, drift: float, progress: Callable[[float], None]) -> Model:
    cells = cells_of(log, PIECE if mode is Mode.PRACTICE else None)
    calibration = calibrated(cells, lambda share: progress(share / 3))
    few = _few(cells)
    _settle(calibration, few)
    if mode is Mode.PRACTICE:
        dynamics = fitted_dynamics(log, calibration, lambda share: progress((1 + 2 * share) / 3))
        names = (log.item_names, log.skill_names)
        model = model_of(calibration, dynamics, few.tolist(), drift, names, fitted_knowledge(log))
    else:
        loadings = calibrated_factors(cells, calibration, lambda share: progress((1 + 2 * share) / 3))
        loadings = settled(loadings, few)
        model = model_of(calibration, loadings, few.tolist(), drift, (log.item_names, log.skill_names))
    progress(1.0)
    return model


def _few(cells: Cells) -> Integers:
    met = np.bincount(cells.items, weights=cells.right + cells.wrong, minlength=cells.item_count)
    return np.flatnonzero(met < FEW)


def _settle(calibration: Calibration, few: Integers) -> None:
    """Items that are hardly known start as the middle of the others."""
    known = np.setdiff1d(np.arange(len(calibration.difficulties)), few)
    if len(known) and len(few):
        calibration.discriminations[few] = float(np.median(calibration.discriminations[known]))
        calibration.difficulties[few] = float(np.median(calibration.difficulties[known]))
