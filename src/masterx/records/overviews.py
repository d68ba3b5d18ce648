"""What a turn has to know of a learner, read at once."""

from __future__ import annotations

from dataclasses import dataclass

from masterx.records.goals import Goal
from masterx.records.practice import ConceptReview, LearnerState, PracticeResponse

RECENT_ANSWERS = 40
MOST_DUE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerOverview:
    """Empty for a learner who has practised nothing."""

    states: tuple[LearnerState, ...] = ()
    """By subject."""
    recent: tuple[PracticeResponse, ...] = ()
    """The newest answers in all subjects, at most `RECENT_ANSWERS`, newest first."""
    due: tuple[ConceptReview, ...] = ()
    """At most `MOST_DUE`, the longest due first."""
    goals: tuple[Goal, ...] = ()
    """By subject."""


NOTHING_KNOWN = LearnerOverview()
