from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from masterx.memory.ranking import LEAST_SIMILARITY, REPETITION, chosen, score, similarities

AHEAD = np.array([1, 0, 0, 0, 0], dtype=np.float32)


@given(st.lists(st.tuples(*[st.floats(-1, 1)] * 4), min_size=1, max_size=40), st.integers(1, 5))
def test_what_is_chosen_is_near_enough_different_and_in_order(places: list[tuple[float, ...]], count: int) -> None:
    vectors = np.array([(*place, 0.1) for place in places], dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = similarities(vectors, AHEAD)
    ages, strong = np.zeros(len(vectors)), np.zeros(len(vectors), dtype=np.bool_)
    scores = score(similarity, ages, strong)
    rows = chosen(similarity, ages, strong, vectors, count, LEAST_SIMILARITY)
    assert len(rows) <= count
    assert all(similarity[row] >= LEAST_SIMILARITY for row in rows)
    assert list(scores[rows]) == sorted(scores[rows], reverse=True)
    for place, row in enumerate(rows):
        assert all(
            np.dot(vectors[row].astype(float), vectors[other].astype(float)) <= REPETITION + 1e-5
            for other in rows[:place]
        )
