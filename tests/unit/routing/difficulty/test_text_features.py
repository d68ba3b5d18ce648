from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.routing.difficulty import text_features
from masterx.routing.difficulty.text_features import SHAPES, Words, product, shape, similarity, terms, weighed, words_in

TEXTS = ["a cat sat", "a cat ran", "the dog ran", "a dog sat down", "numbers 12 and 7.5"]


def test_terms_are_words_marks_and_pairs() -> None:
    assert terms("A cat, a cat.") == {
        "a": 2,
        "cat": 2,
        ",": 1,
        ".": 1,
        "a cat": 2,
        "cat ,": 1,
        ", a": 1,
        "cat .": 1,
    }


def test_similarity_is_the_cosine_of_the_rows() -> None:
    counted = [terms(text) for text in TEXTS]
    words = Words.learn(counted)
    dense = np.zeros((len(TEXTS), len(words.places)))
    for number, counts in enumerate(counted):
        places, values = words.row(counts)
        dense[number, places] = values
    assert similarity(words, counted, counted) == pytest.approx(dense @ dense.T, abs=1e-6)
    assert np.diag(similarity(words, counted[:4], counted[:4])) == pytest.approx(1.0)


def test_common_terms_and_rare_ones_add_up_to_the_same() -> None:
    counted = [terms(f"{text} {number % 3}") for number, text in enumerate(TEXTS * 30)]
    words = Words.learn(counted)
    by_both = similarity(words, counted, counted)
    rows = [words.row(counts) for counts in counted]
    expected = [[_dot(one, other) for other in rows] for one in rows]
    assert by_both == pytest.approx(np.array(expected), abs=1e-5)
    assert len(counted) > text_features.COMMON_FROM


def _dot(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> float:
    left = dict(zip(one[0].tolist(), one[1].tolist(), strict=True))
    return float(sum(left.get(place, 0.0) * value for place, value in zip(*map(np.ndarray.tolist, other), strict=True)))


def test_a_word_that_nobody_knows_is_like_nothing() -> None:
    words = Words.learn([terms(text) for text in TEXTS])
    assert similarity(words, [terms("xylophone")], [terms(text) for text in TEXTS]).tolist() == [[0.0] * 5]


@given(st.text(max_size=2_000))
def test_every_text_has_a_finite_shape(text: str) -> None:
    figures = shape(text)
    assert len(figures) == SHAPES
    assert all(math.isfinite(figure) for figure in figures)


@given(st.text(st.characters(max_codepoint=127), max_size=300) | st.text(max_size=300))
def test_digits_capitals_and_marks_are_those_of_unicode(text: str) -> None:
    """However they are counted."""
    length = max(1, len(text))
    marks = sum(not each.isalnum() and not each.isspace() for each in text)
    expected = [sum(map(str.isdigit, text)), sum(map(str.isupper, text)), marks]
    assert [round(share * length) for share in shape(text)[3:6]] == expected


@given(st.text("ab c", max_size=40), st.dictionaries(st.sampled_from("abc"), st.floats(1, 9)))
def test_the_words_that_are_known_have_unit_length_and_no_order(text: str, rarity: dict[str, float]) -> None:
    found = weighed(words_in(text), rarity)
    assert set(found) == set(words_in(text)) & set(rarity)
    if found:
        assert sum(value * value for value in found.values()) == pytest.approx(1.0)
    assert weighed(words_in(" ".join(text.split()[::-1])), rarity) == pytest.approx(found)
    weights = {"a": 1.0, "b": -2.0, "c": 0.5}
    known = {word: (rare, weights[word]) for word, rare in rarity.items()}
    assert product(words_in(text), known) == pytest.approx(sum(value * weights[word] for word, value in found.items()))
