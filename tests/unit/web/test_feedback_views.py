from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START

from masterx.records.feedback_standing import FeedbackDay, FeedbackStanding
from masterx.web.feedback_views import SCALE_WIDTH, TREND_HEIGHT, TREND_WIDTH, day_rows, feedback_views, summary

FIRST = date(2026, 3, 8)
LAST = FIRST + timedelta(days=7)


def standing(**changes: Any) -> FeedbackStanding:
    fields: dict[str, Any] = {"provider": "groq", "category": "math", "since": START, "until": START, **changes}
    return FeedbackStanding(**fields)


def day(after: int, mean: float) -> FeedbackDay:
    return FeedbackDay(
        day=FIRST + timedelta(days=after), provider="groq", category="math", ratings_count=2, ratings_mean=mean
    )


def test_what_nobody_rated_says_so() -> None:
    (view,) = feedback_views([standing(answers=3)], [], FIRST, LAST)
    assert (view.rating, view.ratings, view.helpful, view.trend) == ("–", "none", "–", "No ratings")
    assert summary([standing(answers=1)], 7) == "1 answer in the last 7 days, none of them rated."
    assert summary([], 30) == "Nothing was answered in the last 30 days."


def test_a_mean_comes_with_its_error_and_what_it_is_worth() -> None:
    rated = standing(answers=40, learners=3, ratings_given=30, ratings_count=10, ratings_mean=4.0, ratings_spread=0.9)
    (view,) = feedback_views([rated], [], FIRST, LAST)
    assert (view.rating, view.ratings, view.raters, view.spread) == ("4.0 ± 0.3", "30", "3 learners", "0.9")
    assert view.low < view.at < view.high
    assert summary([rated], 7) == "40 answers in the last 7 days, 30 ratings, 4.0 of 5 on the mean."


def test_days_that_follow_each_other_are_joined() -> None:
    days = [day(0, 4.0), day(1, 3.0), day(5, 5.0)]
    (view,) = feedback_views([standing()], days, FIRST, LAST)
    assert (len(view.dots), len(view.lines)) == (3, 1)
    assert view.trend == "From 4.0 on 8 Mar to 5.0 on 13 Mar"
    assert [row.day for row in day_rows(days)] == ["13 Mar", "9 Mar", "8 Mar"]


@given(mean=st.floats(1, 5), spread=st.floats(0, 2), count=st.integers(1, 1000), after=st.integers(0, 7))
def test_nothing_is_drawn_outside_of_its_scale(mean: float, spread: float, count: int, after: int) -> None:
    rated = standing(ratings_given=count, ratings_count=count, ratings_mean=mean, ratings_spread=spread)
    (view,) = feedback_views([rated], [day(after, mean)], FIRST, LAST)
    assert 0 <= view.low <= view.at <= view.high <= SCALE_WIDTH
    assert all(0 <= dot.x <= TREND_WIDTH and 0 <= dot.y <= TREND_HEIGHT for dot in view.dots)
