"""How a provider does in a category by what learners say and do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt
from typing import Final

MOST_OF_ONE_LEARNER: Final = 5
"""A learner's mean counts for as many observations as there are, and for no more than this: whoever rates 500 answers
says no more than whoever rates five, and cannot decide alone."""
MOST_ANSWERS: Final = 100_000
"""Of a window with more, the newest are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackStanding:
    """Of the answers that a provider gave in a category, by the times of the answers.

    Counts named `…_count` are bounded for each learner by `MOST_OF_ONE_LEARNER`, and are what means and shares are
    worth as evidence. Means and shares weigh learners by them; they are None where the count is 0.
    Answers that broke off are not rated here: that they did is the breaker's business. What a retry or an edit put
    aside keeps its rating, and counts for nothing else.
    """

    provider: str
    category: str
    since: datetime
    until: datetime
    """Not included."""
    answers: int = 0
    """Those on a current branch."""
    learners: int = 0
    """Who rated."""
    ratings_given: int = 0
    """All of them."""
    ratings_count: int = 0
    ratings_mean: float | None = None
    """1 to 5."""
    ratings_spread: float | None = None
    """Standard deviation of one rating."""
    helpful_count: int = 0
    helpful_share: float | None = None
    sessions: int = 0
    """In which it answered."""
    messages_per_session: float | None = None
    """Questions and answers, of these answers alone."""
    continued_count: int = 0
    """Answers of which it is known whether the learner went on with the topic."""
    continued_share: float | None = None
    ended_count: int = 0
    """Sessions that began in the window, ended, and were answered by this provider last."""
    completed_share: float | None = None
    """Of these: ended by the learner, rather than left."""

    @property
    def ratings_error(self) -> float | None:
        """Standard error of the mean; None for fewer than two ratings."""
        if self.ratings_spread is None or self.ratings_count < 2:
            return None
        return self.ratings_spread / sqrt(self.ratings_count - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackDay:
    """Ratings of the answers that a provider gave in a category on one day of UTC, bounded in the same way."""

    day: date
    provider: str
    category: str
    ratings_count: int
    ratings_mean: float
