from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from masterx.encoder.words import PLACES, WORD, WordModel, places


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
    found = places(text)
    assert ((found >= 0) & (found < PLACES)).all()


def spelled_out(text: str) -> list[int]:
    """The features one by one, as the module describes them."""
    words = WORD.findall(text.lower())
    features = words + [f"{left} {right}" for left, right in pairwise(words)]
    for marked in (f"<{word}>" for word in words):
        features += [
            f"~{marked[start:end]}"
            for start in range(len(marked))
            for end in range(start + 2, len(marked) + 1)
            if end - start <= 5
        ]
    return [crc32(feature.encode()) % PLACES for feature in features]


@given(st.text(max_size=300))
@example("Ça va? I don't know")
def test_words_neighbours_and_letter_groups_are_found_as_often_as_they_are_there(text: str) -> None:
    assert Counter(places(text).tolist()) == Counter(spelled_out(text))


@given(st.text(min_size=1, max_size=100))
def test_a_feature_counts_by_the_logarithm_of_how_often_it_is_met(text: str) -> None:
    words = model()
    counts = Counter(spelled_out(text))
    value = np.array([1 + np.log(count) for count in counts.values()])
    value /= max(float(np.linalg.norm(value)), 1e-9)
    expected = value @ words.weights[list(counts)] * words.scale + words.offset if counts else words.offset
    assert words.opinion(text) == pytest.approx(expected, abs=1e-4)


def test_case_does_not_matter() -> None:
    assert places("Why NOT").tolist() == places("why not").tolist()


@given(st.text(max_size=100))
def test_log_odds_are_finite_whatever_the_text(text: str) -> None:
    assert np.isfinite(model().opinion(text)).all()


def test_no_text_has_the_offset() -> None:
    assert model(-2.0).opinion("").tolist() == [-2.0, -2.0]


def test_a_file_comes_back_as_it_was(tmp_path: Path) -> None:
    original = model()
    path = tmp_path / "words.npz"
    np.savez_compressed(
        path, rarity=original.rarity, weights=original.weights, scale=original.scale, offset=original.offset
    )
    assert WordModel.load(path).opinion("why not") == pytest.approx(original.opinion("why not"))
