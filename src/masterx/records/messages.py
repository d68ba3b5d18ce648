"""One message of a lesson."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from masterx.records.checks import AnswerCheck
from masterx.records.lesson_items import LessonItem
from masterx.records.money import NanoDollars
from masterx.records.routing import Routing


class MessageRole(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


class Completeness(StrEnum):
    """Whether an answer is all that the model would have said."""

    COMPLETE = "complete"
    LENGTH = "length"
    """The model reached the token limit."""
    STOPPED = "stopped"
    """The learner stopped it or left."""
    BROKE_OFF = "broke_off"
    """The provider failed after the first token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionState:
    """How the learner was doing at a message. The names are those of `records.emotions`."""

    primary_emotion: str
    arousal: float
    """Calm to excited, -1 to 1."""
    valence: float
    """Unpleasant to pleasant, -1 to 1."""
    learning_readiness: str
    said: str | None = None
    """What the message said by itself, without what only behaviour over time tells."""
    certainty: float | None = None
    """0 to 1."""
    engagement: float | None = None
    """0 to 1."""
    intervention: str | None = None
    trend: str | None = None
    told: bool = False
    """The learner's own word, which took the place of what was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What the learner says of an answer; None where they say nothing."""

    quality_rating: int | None = None
    """1 to 5."""
    helpful: bool | None = None
    feedback_text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Fields from ``reply_to`` to ``calculated`` belong to answers and are None on a learner's message."""

    id: str
    session_id: str
    user_id: str
    role: MessageRole
    content: str
    timestamp: datetime
    superseded_by: str | None = None
    """The learner message (a retry or an edit) that took over from here; None on the current branch."""
    replaces: str | None = None
    """On a learner's message: the earlier one whose place it took."""
    reply_to: str | None = None
    provider_used: str | None = None
    model_used: str | None = None
    response_time_ms: int | None = None
    first_token_ms: int | None = None
    tokens_used: int | None = None
    cost: NanoDollars | None = None
    """None where the model has no known price, never a guess."""
    completeness: Completeness | None = None
    usage_estimated: bool | None = None
    routing: Routing | None = None
    item: LessonItem | None = None
    """A question to try, below the answer."""
    calculated: AnswerCheck | None = None
    """What calculation says of it; None where it says nothing."""
    emotion_state: EmotionState | None = None
    embedding: tuple[float, ...] | None = None
    quality_rating: int | None = None
    helpful: bool | None = None
    feedback_text: str | None = None
    user_continued: bool | None = None
    """Whether the learner went on with the topic; None where that is not known yet, or they ended the lesson."""
    category: str | None = None
    """The task category that it was asked for under."""
