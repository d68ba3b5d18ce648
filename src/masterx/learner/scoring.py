"""How good predictions are: what `masterx learner evaluate` prints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masterx.learner.irt import Floats
from masterx.learner.response_log import Integers

BINS = 10
_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    auc: float
    """How often a right answer was given the higher chance than a wrong one; NaN where all answers are alike."""
    log_loss: float
    """In nats a response."""
    calibration_error: float
    """Chance said less share right, absolute, over ten bins of equal width, by responses (Naeini et al. 2015)."""


def figures(correct: Integers, chances: Floats) -> Figures:
    return Figures(
        auc=area_under_curve(correct, chances),
        log_loss=log_loss(correct, chances),
        calibration_error=calibration_error(correct, chances),
    )


def area_under_curve(correct: Integers, chances: Floats) -> float:
    """Mann and Whitney's U over all pairs; ties count half."""
    right = int(correct.sum())
    wrong = len(correct) - right
    if not right or not wrong:
        return float("nan")
    _, places, counts = np.unique(chances, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[places][correct == 1].sum() - right * (right + 1) / 2) / (right * wrong))


def log_loss(correct: Integers, chances: Floats) -> float:
    inside = np.clip(chances, _SMALLEST, 1 - _SMALLEST)
    return float(-np.mean(np.where(correct == 1, np.log(inside), np.log1p(-inside))))


def calibration_error(correct: Integers, chances: Floats) -> float:
    bins = np.minimum((chances * BINS).astype(np.int64), BINS - 1)
    off = np.bincount(bins, weights=chances - correct, minlength=BINS)
    return float(np.abs(off).sum() / max(len(correct), 1))
