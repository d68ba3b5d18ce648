from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.errors import InvalidInput
from masterx.learner.review import (
    AGAIN_AFTER,
    LONGEST_INTERVAL,
    RETENTION,
    Recall,
    Review,
    due,
    recall_of,
    replanned,
    retrievability,
    reviewed,
)

START = datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("score", "hints", "seconds", "recall"),
    [
        (0.0, 0, 10, Recall.AGAIN),
        (0.4, 2, 10, Recall.AGAIN),
        (1.0, 1, 10, Recall.HARD),
        (1.0, 0, 60, Recall.HARD),
        (0.5, 0, 10, Recall.HARD),
        (1.0, 0, 59, Recall.GOOD),
        (1.0, 0, None, Recall.GOOD),
    ],
)
def test_recall(score: float, hints: int, seconds: float | None, recall: Recall) -> None:
    assert recall_of(score, hints=hints, seconds=seconds, expected=30) is recall


def test_intervals_grow_with_good() -> None:
    review, now, intervals = None, START, []
    for _ in range(4):
        review = reviewed("fractions", review, Recall.GOOD, now)
        intervals.append(review.due - now)
        now = review.due
    assert intervals == sorted(set(intervals))
    assert intervals[0] >= timedelta(days=1)
    assert review is not None
    assert (review.reviews, review.lapses, review.learned) == (4, 0, True)


def test_forgetting_brings_it_back_soon() -> None:
    review = reviewed("fractions", None, Recall.GOOD, START)
    review = reviewed("fractions", review, Recall.GOOD, review.due)
    lapsed = reviewed("fractions", review, Recall.AGAIN, review.due)
    assert lapsed.due == review.due + AGAIN_AFTER
    assert lapsed.stability < review.stability
    assert (lapsed.lapses, lapsed.learned) == (1, False)
    relearned = reviewed("fractions", lapsed, Recall.GOOD, lapsed.due)
    assert relearned.learned
    assert relearned.due - lapsed.due < review.due - review.last_review


def test_hard_comes_back_sooner_than_good() -> None:
    first = reviewed("fractions", None, Recall.GOOD, START)
    hard, good = (reviewed("fractions", first, recall, first.due) for recall in (Recall.HARD, Recall.GOOD))
    assert hard.due < good.due


def test_a_higher_target_means_more_reviews() -> None:
    first = reviewed("fractions", None, Recall.GOOD, START)
    often, seldom = (reviewed("fractions", first, Recall.GOOD, first.due, target) for target in (0.95, 0.75))
    assert often.due < seldom.due


@given(
    st.floats(0.70, 0.97), st.lists(st.tuples(st.sampled_from(Recall), st.integers(0, 900)), min_size=1, max_size=12)
)
def test_a_plan_made_anew_is_the_one_that_the_target_would_have_made(
    target: float, history: list[tuple[Recall, int]]
) -> None:
    """To the day, as both round to whole days."""
    made: Review | None = None
    other: Review | None = None
    now = START
    for recall, hours in history:
        now += timedelta(hours=hours)
        made, other = reviewed("fractions", made, recall, now), reviewed("fractions", other, recall, now, target)
    assert made is not None
    assert other is not None
    assert abs(replanned(made, target).due - other.due) <= timedelta(seconds=1)
    assert replanned(made, RETENTION) == made


@pytest.mark.parametrize("target", [0.0, 0.69, 0.98, 1.0])
def test_a_target_out_of_range_is_refused(target: float) -> None:
    with pytest.raises(InvalidInput):
        reviewed("fractions", None, Recall.GOOD, START, target)


@given(st.lists(st.tuples(st.sampled_from(Recall), st.integers(0, 400 * 24)), min_size=1, max_size=30))
def test_any_history_has_a_date(history: list[tuple[Recall, int]]) -> None:
    review: Review | None = None
    now = START
    for recall, hours in history:
        now += timedelta(hours=hours)
        review = reviewed("fractions", review, recall, now)
        assert now < review.due <= now + LONGEST_INTERVAL
        assert review.stability > 0
        assert 1 <= review.difficulty <= 10
        assert 0 < retrievability(review, now + timedelta(days=30)) <= retrievability(review, now) <= 1
        assert review.learned is (recall is Recall.GOOD or review.learned)


def test_the_most_forgotten_comes_first() -> None:
    old = reviewed("old", None, Recall.GOOD, START - timedelta(days=40))
    recent = reviewed("recent", None, Recall.GOOD, START - timedelta(days=4))
    new = reviewed("new", None, Recall.GOOD, START)
    assert due([new, recent, old], START) == [old, recent]
