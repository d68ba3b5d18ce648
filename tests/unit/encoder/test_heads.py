from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.model_facts import small_facts

from masterx.encoder import heads
from masterx.encoder.heads import Outputs, TextOutputs


def outputs(*labels: tuple[float, float, float]) -> Outputs:
    """One piece for each, with embeddings along different axes."""
    count = len(labels)
    return Outputs(
        np.eye(count, 384, dtype=np.float32),
        np.array(labels, dtype=np.float32),
        np.arange(3 * count, dtype=np.float32).reshape(count, 3),
        np.zeros((count, 6), dtype=np.float32),
        np.zeros((count, 8), dtype=np.float32),
        np.arange(count, dtype=np.float32)[:, None],
    )


def of_text(*labels: float) -> TextOutputs:
    return heads.joined(outputs((labels[0], labels[1], labels[2])), [7])


def test_one_piece_stays_as_it_is() -> None:
    one = of_text(1, 2, 3)
    assert (one.labels, one.dimensions) == ([1, 2, 3], [0, 1, 2])
    assert one.embedding.tolist() == [1] + 383 * [0]


def test_pieces_count_by_their_length() -> None:
    both = heads.joined(outputs((0, 0, 0), (0, 0, 0)), [30, 10])
    assert both.dimensions == pytest.approx([0.75, 1.75, 2.75])
    assert both.embedding[:2] == pytest.approx(np.array([3, 1]) / np.sqrt(10))


def test_one_upset_piece_of_many_is_not_lost() -> None:
    calm = heads.joined(outputs(*[(-5, -5, 5)] * 9, (-5, 4, -5)), [10] * 10)
    assert calm.labels[1] > 0


def test_distress_in_one_piece_of_many_is_not_lost() -> None:
    assert heads.joined(outputs(*[(0, 0, 0)] * 9), [20] * 9).distress == 8


@given(st.lists(st.tuples(*[st.floats(-30, 30)] * 3), min_size=1, max_size=6), st.data())
def test_a_joined_label_lies_between_its_pieces(rows: list[tuple[float, float, float]], data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.integers(1, 99), min_size=len(rows), max_size=len(rows)))
    pieces = outputs(*rows)
    together, apart = heads.sigmoid(np.array(heads.joined(pieces, lengths).labels)), heads.sigmoid(pieces.labels)
    assert (together >= apart.min(0) - 1e-5).all()
    assert (together <= apart.max(0) + 1e-5).all()


@given(st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3))
def test_at_least_one_label_is_chosen(scores: list[float]) -> None:
    facts = small_facts()
    chosen = heads.chosen_labels(scores, facts)
    above = {name for name, score, limit in zip(facts.labels, scores, facts.thresholds, strict=True) if score >= limit}
    assert set(chosen) == above or (not above and len(chosen) == 1)


def test_labels_come_in_the_order_of_their_margin() -> None:
    assert heads.chosen_labels([0.6, 0.9, 0.1], small_facts()) == ("fear", "joy")


def test_calibration_is_a_line_in_log_odds() -> None:
    probabilities = heads.calibrated([0.0, 2.0, -1.0], small_facts())
    assert list(probabilities) == ["joy", "fear", "neutral"]
    assert list(probabilities.values()) == pytest.approx([0.5, 0.5, 1 / (1 + np.exp(1.5))])


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=3))
def test_dimensions_stay_within_bounds(values: list[float]) -> None:
    assert all(-1 <= value <= 1 for value in heads.dimension_values(values, small_facts()))


def test_a_text_without_tokens_is_neutral_and_general() -> None:
    facts = small_facts()
    none = heads.blank(facts)
    assert heads.chosen_labels([heads.logistic(logit) for logit in none.labels], facts) == ("neutral",)
    assert heads.dimension_values(none.dimensions, facts) == pytest.approx((0, 0, 0))
    shares = heads.shares(none.categories, facts.categories, 1.0)
    assert max(shares, key=shares.__getitem__) == "general"
    assert sum(shares.values()) == pytest.approx(1)


def test_without_emotion_meaning_and_category_stay() -> None:
    read = of_text(3, 3, -3)
    quiet = heads.without_emotion(read, small_facts())
    assert quiet.embedding is read.embedding
    assert quiet.categories is read.categories
    assert heads.chosen_labels([heads.logistic(logit) for logit in quiet.labels], small_facts()) == ("neutral",)


shares = st.floats(0, 1)


@given(shares, st.tuples(shares, shares, shares))
def test_words_have_their_share_of_labels_and_dimensions(share: float, of_each: tuple[float, float, float]) -> None:
    facts = small_facts(word_share=share, dimension_word_shares=of_each)
    network, opinion = of_text(1, 2, 3), np.array([-1, 0, 4, 5, 6, 7])
    mixed = heads.with_opinion(network, opinion.tolist(), facts)
    assert mixed.labels == pytest.approx((1 - share) * np.array(network.labels) + share * opinion[:3], abs=1e-5)
    of = np.array(of_each)
    assert mixed.dimensions == pytest.approx((1 - of) * np.array(network.dimensions) + of * opinion[3:], abs=1e-5)
    assert mixed.embedding is network.embedding


def test_words_without_dimensions_leave_them() -> None:
    facts = small_facts(word_share=0.5, dimension_word_shares=(0.3, 0.3, 0.3))
    network = of_text(1, 2, 3)
    assert heads.with_opinion(network, [0.0] * 3, facts).dimensions is network.dimensions
