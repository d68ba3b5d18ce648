"""All that one turn leaves behind: the store writes it whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from masterx.records.costs import CostEvent
from masterx.records.idempotency import IdempotencyClaim
from masterx.records.messages import Message
from masterx.records.sessions import Session
from masterx.records.users import EmotionalProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class WentOn:
    """What a question says of the answer before it."""

    answer_id: str
    continued: bool
    """Whether it is on the same topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    session: Session
    """As it was before the turn; ``opens_session`` says that it is not stored yet."""
    opens_session: bool
    question: Message
    answer: Message
    calls: tuple[CostEvent, ...]
    """Every call of the turn in order, failed ones too; the last one produced the answer."""
    claim: IdempotencyClaim | None = None
    """Completed with the turn, in the same transaction."""
    topic: str | None = None
    """The task category that the lesson is on now; None leaves it."""
    went_on: WentOn | None = None
    """Kept as `user_continued` of that answer."""
    emotional_profile: EmotionalProfile | None = None
    """The learner's, as this turn leaves it; None leaves it."""
    reservations: tuple[str, ...] = ()
    """Ids of what was held for the calls: given back in the same transaction."""
