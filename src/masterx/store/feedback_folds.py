"""From the sums that every backend can make to what they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Final

from masterx.records.feedback_standing import FeedbackStanding


@dataclass(frozen=True, slots=True)
class AnswerSums:
    """In this order in a row of every backend.

    `…_weight` is the sum over learners of how much each counts, `…_sum` that of their means by this weight.
    """

    provider: str
    category: str
    answers: int
    learners: int
    ratings_given: int
    ratings_weight: int
    ratings_sum: float
    squares_sum: float
    """Of the means of squared ratings."""
    helpful_weight: int
    helpful_sum: float
    sessions: int
    sessions_weight: int
    answers_sum: float
    """Of the answers in a session."""
    continued_weight: int
    continued_sum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSums:
    weight: int
    completed_sum: float


_NO_SESSIONS: Final = SessionSums(weight=0, completed_sum=0.0)


def standings(
    since: datetime,
    until: datetime,
    answers: Iterable[AnswerSums],
    sessions: Mapping[tuple[str, str], SessionSums],
) -> list[FeedbackStanding]:
    """`sessions` by provider and category; in the order of `answers`."""
    return [
        _standing(since, until, each, sessions.get((each.provider, each.category), _NO_SESSIONS)) for each in answers
    ]


def _standing(since: datetime, until: datetime, sums: AnswerSums, ended: SessionSums) -> FeedbackStanding:
    mean = _mean(sums.ratings_sum, sums.ratings_weight)
    squares = _mean(sums.squares_sum, sums.ratings_weight)
    # Rounding can take the difference of two large sums below nothing.
    spread = None if mean is None or squares is None else sqrt(max(0.0, squares - mean * mean))
    in_a_session = _mean(sums.answers_sum, sums.sessions_weight)
    return FeedbackStanding(
        provider=sums.provider,
        category=sums.category,
        since=since,
        until=until,
        answers=sums.answers,
        learners=sums.learners,
        ratings_given=sums.ratings_given,
        ratings_count=sums.ratings_weight,
        ratings_mean=mean,
        ratings_spread=spread,
        helpful_count=sums.helpful_weight,
        helpful_share=_mean(sums.helpful_sum, sums.helpful_weight),
        sessions=sums.sessions,
        messages_per_session=None if in_a_session is None else 2 * in_a_session,
        continued_count=sums.continued_weight,
        continued_share=_mean(sums.continued_sum, sums.continued_weight),
        ended_count=ended.weight,
        completed_share=_mean(ended.completed_sum, ended.weight),
    )


def _mean(total: float, weight: int) -> float | None:
    return None if weight == 0 else total / weight
