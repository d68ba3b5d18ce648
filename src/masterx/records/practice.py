"""Practice: what was asked of a learner, how it was answered, and what is believed of them since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from masterx.records.performance import UserPerformance


class PracticeMode(StrEnum):
    PRACTICE = "practice"
    PLACEMENT = "placement"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """An item that waits for its answer. The item id and the seed give it again, on every machine."""

    id: str
    user_id: str
    subject: str
    skill: str
    item_id: str
    seed: int
    mode: PracticeMode
    asked_at: datetime
    hints_taken: int = 0
    session_id: str | None = None
    """The lesson in which it was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeResponse:
    """A graded answer. Its id is that of the question, so that there is one at most."""

    id: str
    user_id: str
    session_id: str | None = None
    subject: str
    skill: str
    item_id: str
    seed: int
    mode: PracticeMode
    asked_at: datetime
    answered_at: datetime
    answer: str
    verdict: str
    feedback: str
    score: float
    """0 to 1, after what hints take away."""
    hints_taken: int = 0
    seconds: float | None = None
    difficulty: float
    """Of the item as it was believed then, on the scale of theta."""
    theta_before: float
    theta_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerState:
    """What is believed of a learner in a subject."""

    user_id: str
    subject: str
    ability: str
    """As `learner.ability.Ability.to_text` writes it."""
    concepts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By skill: `ability` as above, and `responses`."""
    answers: int = 0
    practice_seconds: float = 0.0
    placement_started_at: datetime | None = None
    """None while no placement runs."""
    placed_at: datetime | None = None
    updated_at: datetime
    version: int = 0
    """Of the row that it was read from; 0 where there is none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptReview:
    """When a learner is to meet a concept again: FSRS' card."""

    user_id: str
    concept: str
    subject: str
    due_at: datetime
    last_review_at: datetime
    stability: float
    """Days until the chance to remember is 90 %."""
    difficulty: float
    """1 to 10."""
    learned: bool
    lapses: int = 0
    reviews: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDifficulty:
    """Of one item, learned from everybody's answers."""

    id: str
    """The item's."""
    difficulty: float
    difficulty_error: float
    responses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecord:
    """All that an answer changes, written together."""

    response: PracticeResponse
    state: LearnerState
    review: ConceptReview | None = None
    item: ItemDifficulty | None = None
    """As it is after this answer; `responses` counts it."""
    performance: UserPerformance | None = None
