from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.encoder.words import PLACES, WordModel, places


def model(offset: float = -1.0) -> WordModel:
    generator = np.random.default_rng(0)
    return WordModel(
        rarity=np.ones(PLACES, dtype=np.float16),
        weights=generator.integers(-127, 128, (PLACES, 2), dtype=np.int8),
        scale=np.array([0.01, 0.02], dtype=np.float32),
        offset=np.full(2, offset, dtype=np.float32),
    )


@given(st.text(max_size=300))
def test_every_place_exists(text: str) -> None:
    assert all(0 <= place < PLACES for place in places(text))


def test_words_neighbours_and_letter_groups_are_counted() -> None:
    once, twice = places("cat"), places("cat cat")
    # The word; <c ca at t>, <ca cat at>, <cat cat>, <cat>.
    assert sum(once.values()) == 1 + 4 + 3 + 2 + 1
    assert sum(twice.values()) == 2 * sum(once.values()) + 1


def test_case_does_not_matter() -> None:
    assert places("Why NOT") == places("why not")


@given(st.text(max_size=100))
def test_log_odds_are_finite_whatever_the_text(text: str) -> None:
    assert np.isfinite(model().logits(text)).all()


def test_no_text_has_the_offset() -> None:
    assert model(-2.0).logits("").tolist() == [-2.0, -2.0]


def test_a_file_comes_back_as_it_was(tmp_path: Path) -> None:
    original = model()
    path = tmp_path / "words.npz"
    np.savez_compressed(
        path, rarity=original.rarity, weights=original.weights, scale=original.scale, offset=original.offset
    )
    assert WordModel.load(path).logits("why not") == pytest.approx(original.logits("why not"))
