from __future__ import annotations

import numpy as np
import pytest

from masterx.encoder.scoring import correlation, label_f1


def test_f1_by_hand() -> None:
    scores = np.array([[0.9, 0.1], [0.6, 0.7], [0.2, 0.8]], dtype=np.float32)
    truth = np.array([[True, False], [False, True], [True, False]])
    assert label_f1(scores, truth, 0.5) == pytest.approx([1 / 2, 2 / 3])


def test_a_label_that_never_occurs_scores_nothing() -> None:
    assert label_f1(np.zeros((3, 1), dtype=np.float32), np.zeros((3, 1), dtype=bool), 0.5) == [0]


def test_correlation_by_hand() -> None:
    assert correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
    assert correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert correlation([1, 1, 1], [3, 2, 1]) == 0
