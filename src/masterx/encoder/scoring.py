"""How well readings agree with labels: F1 of each label and Pearson's correlation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def label_f1(
    scores: NDArray[np.float32], truth: NDArray[np.bool_], thresholds: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """F1 of each column; 0 for a label that is neither true nor chosen anywhere."""
    chosen = scores >= thresholds
    right = (chosen & truth).sum(0)
    result: NDArray[np.float64] = 2 * right / np.maximum(chosen.sum(0) + truth.sum(0), 1)
    return result


def correlation(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Pearson's r; 0 where one side does not vary."""
    left, right = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    left, right = left - left.mean(), right - right.mean()
    norm = float(np.sqrt((left @ left) * (right @ right)))
    return float(left @ right) / norm if norm else 0.0
