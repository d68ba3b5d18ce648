"""Before a model is asked: whether this turn may go ahead, and what it starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from masterx.clock import Clock, new_id
from masterx.errors import Conflict, NotFound
from masterx.records.messages import Completeness, Message, MessageRole
from masterx.records.overviews import LearnerOverview
from masterx.records.sessions import Session
from masterx.records.users import (
    DEFAULT_MOOD_PREFERENCES,
    NO_PREFERENCES,
    EmotionalProfile,
    LearningPreferences,
    MoodPreferences,
    SubscriptionTier,
)
from masterx.store.goal_ports import OverviewStore
from masterx.store.ports import BudgetStore, CostStore, IdempotencyStore, MessageStore, SessionStore
from masterx.tutor.assessment import NOT_ASSESSED, Assessment
from masterx.tutor.claim import HeldClaim, claim_request
from masterx.tutor.events import Done
from masterx.tutor.perception import NOTHING, Perception
from masterx.tutor.title import lesson_title

HISTORY_MESSAGES = 40
"""How many recent messages are read; the token budget then decides how many are sent."""


class TurnStore(SessionStore, MessageStore, OverviewStore, IdempotencyStore, CostStore, BudgetStore, Protocol):
    """The ports that a turn needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRequest:
    user_id: str
    tier: SubscriptionTier | None = None
    """Whose budget it counts against, beside the learner's own."""
    message: str = ""
    """Clean text; see `records.text`. Empty when an answer is to go on."""
    continues: str | None = None
    """The partial answer that is to go on."""
    preferences: LearningPreferences = NO_PREFERENCES
    """The learner's, as they are known to whoever authorised them: no read of its own."""
    mood_preferences: MoodPreferences = DEFAULT_MOOD_PREFERENCES
    """Known in the same way, as is the next."""
    emotional_profile: EmotionalProfile | None = None
    shows_questions: bool = True
    """Whether whoever asks can show a question below the answer."""
    session_id: str | None = None
    earlier: Sequence[tuple[MessageRole, str]] = ()
    """What was said before in a lesson that is kept elsewhere, oldest first; only where a new session begins."""
    replaces: str | None = None
    idempotency_key: str | None = None
    fingerprint: str = ""
    """Of the whole body: the same key with another fingerprint is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTurn:
    """What was found out before the first model is asked."""

    request: TurnRequest
    asked_at: datetime
    started: float
    """Monotonic seconds."""
    claim: HeldClaim | None
    session: Session
    opens_session: bool
    history: Sequence[Message]
    """The newest messages before this one, oldest first."""
    question: str
    """What the learner asks, or asked when an answer goes on."""
    replaces: str | None
    """The earlier question whose place this one takes."""
    partial: str
    """What was answered already, where the answer goes on."""
    question_id: str
    answer_id: str
    perceived: Perception = NOTHING
    overview: LearnerOverview | None = None
    """What is known of the learner; None where the lesson was not read, as it is new."""
    assessed: Assessment = NOT_ASSESSED


async def open_turn(request: TurnRequest, store: TurnStore, clock: Clock) -> OpenTurn | Done:
    """`Done` when the idempotency key was answered before.

    Raises `NotFound` for a session or message that is not this learner's, `Conflict` for a message that was
    replaced already or an answer that is whole, `IdempotencyMismatch` and `RequestInProgress`.
    """
    started = clock.monotonic()
    claim: HeldClaim | None = None
    if request.idempotency_key is not None:
        claimed = await claim_request(request.user_id, request.idempotency_key, request.fingerprint, store, clock)
        if not isinstance(claimed, HeldClaim):
            return await _replay(claimed.session_id, claimed.message_id, request.user_id, store)
        claim = claimed
    try:
        recalled = await _recall(request, store, clock)
    except BaseException:
        if claim is not None:
            await claim.release()
        raise
    now = clock.now()
    return OpenTurn(
        request=request,
        asked_at=now,
        started=started,
        claim=claim,
        session=recalled.session,
        opens_session=recalled.opens_session,
        history=recalled.history,
        question=recalled.question,
        replaces=recalled.replaces,
        partial=recalled.partial,
        question_id=new_id(now),
        answer_id=new_id(now),
        perceived=recalled.perceived,
        overview=recalled.overview,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recalled:
    session: Session
    opens_session: bool = False
    history: Sequence[Message] = ()
    question: str
    replaces: str | None = None
    partial: str = ""
    perceived: Perception = NOTHING
    overview: LearnerOverview | None = None


async def _recall(request: TurnRequest, store: TurnStore, clock: Clock) -> _Recalled:
    if request.continues is not None:
        return await _recall_partial(request.continues, request, store)
    if request.session_id is None:
        if request.replaces is not None:
            raise NotFound("That message is in no session.", details={"field": "replaces"})
        now = clock.now()
        session = Session(
            id=new_id(now),
            user_id=request.user_id,
            started_at=now,
            last_activity_at=now,
            title=lesson_title(request.message),
        )
        earlier = tuple(_kept_elsewhere(session, role, text) for role, text in request.earlier[-HISTORY_MESSAGES:])
        return _Recalled(session=session, opens_session=True, history=earlier, question=request.message)
    found = await store.lesson_with_overview(
        request.session_id, request.user_id, clock.now(), limit=HISTORY_MESSAGES, before=request.replaces
    )
    if found is None:
        raise NotFound
    if request.replaces is not None:
        await _check_replaced(request.replaces, request, store)
    session, history, overview = found
    return _Recalled(
        session=session,
        history=history,
        question=request.message,
        replaces=request.replaces,
        overview=overview,
    )


def _kept_elsewhere(session: Session, role: MessageRole, text: str) -> Message:
    """Told to the model as part of the lesson, and not recorded."""
    return Message(
        id=new_id(session.started_at),
        session_id=session.id,
        user_id=session.user_id,
        role=role,
        content=text,
        timestamp=session.started_at,
    )


async def _recall_partial(answer_id: str, request: TurnRequest, store: TurnStore) -> _Recalled:
    """The exchange that goes on: its question is asked again, and the answer so far is known."""
    answer = await store.message(answer_id, request.user_id)
    if answer is None or answer.reply_to is None or request.session_id not in {None, answer.session_id}:
        raise NotFound
    session = await store.session(answer.session_id, request.user_id)
    question = await store.message(answer.reply_to, request.user_id)
    if session is None or question is None:
        raise NotFound
    if question.superseded_by is not None:
        raise Conflict("That answer was replaced already.", details={"replaced_by": question.superseded_by})
    if answer.completeness is Completeness.COMPLETE:
        raise Conflict("That answer is whole.", details={"field": "continues"})
    history = await store.messages(session.id, request.user_id, limit=HISTORY_MESSAGES, before=question.id)
    return _Recalled(
        session=session,
        history=history,
        question=question.content,
        replaces=question.id,
        partial=answer.content,
        perceived=Perception(emotion=question.emotion_state, embedding=question.embedding),
    )


async def _check_replaced(replaced_id: str, request: TurnRequest, store: TurnStore) -> None:
    """Before money is spent; recording the turn checks again."""
    replaced = await store.message(replaced_id, request.user_id)
    if replaced is None or replaced.session_id != request.session_id or replaced.role is not MessageRole.USER:
        raise NotFound
    if replaced.superseded_by is not None:
        raise Conflict("That message was replaced already.", details={"replaced_by": replaced.superseded_by})


async def _replay(session_id: str, message_id: str, user_id: str, store: TurnStore) -> Done:
    session = await store.session(session_id, user_id)
    answer = await store.message(message_id, user_id)
    question = None if answer is None or answer.reply_to is None else await store.message(answer.reply_to, user_id)
    if session is None or answer is None or question is None:
        raise NotFound("The answer to that request was deleted.")
    return Done(session=session, question=question, answer=answer, replayed=True)
