"""Learners' feedback in dots, words and shares: every mean with its error, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from masterx.records.feedback_standing import FeedbackDay, FeedbackStanding
from masterx.web.figures import count, percent
from masterx.web.tables import Key

SPANS = (7, 30, 90)
"""Days."""
TREND_WIDTH, TREND_HEIGHT = 120, 32
SCALE_WIDTH = 96
LOWEST, HIGHEST = 1, 5
_DOT = 4
"""Room for a dot on either side."""


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """Between two days that follow each other; none where a day between has no rating."""

    start: Dot
    end: Dot


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackView:
    standing: FeedbackStanding
    rating: str
    """With its error."""
    at: float
    """Of the mean on its scale."""
    low: float
    high: float
    ratings: str
    raters: str
    spread: str
    helpful: str
    continued: str
    completed: str
    messages: str
    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]
    trend: str
    """In words."""


SORTED_BY: Mapping[str, Key] = {
    "category": lambda view: (view.standing.category, view.standing.provider),
    "rating": lambda view: view.standing.ratings_mean,
    "ratings": lambda view: view.standing.ratings_given,
    "helpful": lambda view: view.standing.helpful_share,
    "continued": lambda view: view.standing.continued_share,
    "answers": lambda view: view.standing.answers,
}


def feedback_views(
    standings: Iterable[FeedbackStanding], days: Sequence[FeedbackDay], first: date, last: date
) -> list[FeedbackView]:
    return [
        _view(
            each, [day for day in days if (day.provider, day.category) == (each.provider, each.category)], first, last
        )
        for each in standings
    ]


def _view(each: FeedbackStanding, days: Sequence[FeedbackDay], first: date, last: date) -> FeedbackView:
    mean, error = each.ratings_mean, each.ratings_error
    reach = error or 0.0
    placed = [(day.day, Dot(_along(day.day, first, last), _up(day.ratings_mean))) for day in days]
    return FeedbackView(
        standing=each,
        rating="–" if mean is None else f"{mean:.1f}" if error is None else f"{mean:.1f} ± {error:.1f}",
        at=0.0 if mean is None else _scaled(mean),
        low=0.0 if mean is None else _scaled(max(LOWEST, mean - reach)),
        high=0.0 if mean is None else _scaled(min(HIGHEST, mean + reach)),
        ratings=count(each.ratings_given) if each.ratings_given else "none",
        raters=_raters(each),
        spread="–" if each.ratings_spread is None or each.ratings_count < 2 else f"{each.ratings_spread:.1f}",
        helpful=_share(each.helpful_share, each.helpful_count),
        continued=_share(each.continued_share, each.continued_count),
        completed=_share(each.completed_share, each.ended_count),
        messages="–" if each.messages_per_session is None else f"{each.messages_per_session:.1f}",
        dots=tuple(dot for _, dot in placed),
        lines=tuple(Line(one, other) for (start, one), (end, other) in pairwise(placed) if (end - start).days == 1),
        trend=_in_words(days),
    )


def _raters(each: FeedbackStanding) -> str:
    return "" if not each.learners else "1 learner" if each.learners == 1 else f"{count(each.learners)} learners"


def _share(share: float | None, of: int) -> str:
    return "–" if share is None else f"{percent(share)} of {count(of)}"


def _scaled(rating: float) -> float:
    return round(_DOT + (rating - LOWEST) / (HIGHEST - LOWEST) * (SCALE_WIDTH - 2 * _DOT), 1)


def _up(rating: float) -> float:
    return round(TREND_HEIGHT - _DOT - (rating - LOWEST) / (HIGHEST - LOWEST) * (TREND_HEIGHT - 2 * _DOT), 1)


def _along(day: date, first: date, last: date) -> float:
    length = max(1, (last - first).days)
    return round(_DOT + (day - first).days / length * (TREND_WIDTH - 2 * _DOT), 1)


def _in_words(days: Sequence[FeedbackDay]) -> str:
    if not days:
        return "No ratings"
    if len(days) == 1:
        return f"Rated on one day: {days[0].ratings_mean:.1f}"
    return (
        f"From {days[0].ratings_mean:.1f} on {_day(days[0].day)} to {days[-1].ratings_mean:.1f} on {_day(days[-1].day)}"
    )


@dataclass(frozen=True, slots=True)
class DayRow:
    day: str
    provider: str
    category: str
    rating: str
    count: int


def day_rows(days: Sequence[FeedbackDay]) -> list[DayRow]:
    """The newest first."""
    return [
        DayRow(_day(each.day), each.provider, each.category, f"{each.ratings_mean:.1f}", each.ratings_count)
        for each in reversed(days)
    ]


def summary(standings: Sequence[FeedbackStanding], length: int) -> str:
    """One sentence over all of it."""
    answers = sum(each.answers for each in standings)
    given = sum(each.ratings_given for each in standings)
    if not answers:
        return f"Nothing was answered in the last {length} days."
    said = f"{count(answers)} {'answer' if answers == 1 else 'answers'} in the last {length} days"
    if not given:
        return f"{said}, none of them rated."
    weight = sum(each.ratings_count for each in standings)
    mean = sum(each.ratings_count * (each.ratings_mean or 0.0) for each in standings) / weight if weight else 0.0
    return f"{said}, {count(given)} {'rating' if given == 1 else 'ratings'}, {mean:.1f} of 5 on the mean."


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
