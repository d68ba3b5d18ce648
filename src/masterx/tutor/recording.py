"""From a generated answer to the rows that the turn leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from masterx.costs.prices import Prices
from masterx.errors import ProviderError
from masterx.records.checks import AnswerCheck
from masterx.records.costs import GENERAL, CostEvent, Pricing
from masterx.records.messages import Completeness, Message, MessageRole
from masterx.records.routing import Routing
from masterx.records.turns import TurnRecord, WentOn
from masterx.routing.attempt_rows import attempt_row
from masterx.routing.fallback import Attempt
from masterx.tutor.opening import OpenTurn


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """An answer with some text at least, before it is recorded."""

    text: str
    completeness: Completeness
    routing: Routing
    attempts: tuple[Attempt, ...]
    """In order; the last one wrote the text."""
    response_time_ms: int
    reservations: tuple[str, ...] = ()
    first_token_ms: int | None = None
    interruption: ProviderError | None = None
    calculated: AnswerCheck | None = None


def turn_record(opened: OpenTurn, generated: Generated, prices: Prices, now: datetime) -> TurnRecord:
    calls = ledger_rows(opened, generated.attempts, prices, answered=True)
    last = calls[-1]
    session, request, perceived = opened.session, opened.request, opened.perceived
    return TurnRecord(
        session=session,
        opens_session=opened.opens_session,
        question=Message(
            id=opened.question_id,
            session_id=session.id,
            user_id=request.user_id,
            role=MessageRole.USER,
            content=opened.question,
            timestamp=opened.asked_at,
            replaces=opened.replaces,
            emotion_state=perceived.emotion,
            embedding=perceived.embedding,
        ),
        answer=Message(
            id=opened.answer_id,
            session_id=session.id,
            user_id=request.user_id,
            role=MessageRole.ASSISTANT,
            content=generated.text,
            timestamp=now,
            reply_to=opened.question_id,
            provider_used=last.provider,
            model_used=last.model,
            response_time_ms=generated.response_time_ms,
            first_token_ms=generated.first_token_ms,
            tokens_used=last.total_tokens,
            cost=None if last.pricing is Pricing.UNPRICED else last.cost,
            completeness=generated.completeness,
            usage_estimated=last.usage_estimated,
            routing=generated.routing,
            item=opened.assessed.item if generated.completeness is Completeness.COMPLETE else None,
            calculated=generated.calculated,
            category=category_of(opened),
        ),
        calls=tuple(calls),
        topic=perceived.topic,
        went_on=went_on(opened),
        emotional_profile=perceived.emotional_profile,
        claim=None if opened.claim is None else opened.claim.claim,
        reservations=generated.reservations,
    )


def category_of(opened: OpenTurn) -> str:
    """The task category that a model is asked under."""
    return opened.perceived.topic or opened.session.current_topic or GENERAL


def went_on(opened: OpenTurn) -> WentOn | None:
    """Whether the learner follows the last answer up, or turns to another topic.

    None without an answer before, and where a question takes the place of an earlier one: that says nothing of the
    answer before it that is not known already.
    """
    if opened.opens_session or opened.replaces is not None or not opened.history:
        return None
    last, topic = opened.history[-1], opened.session.current_topic
    if last.role is not MessageRole.ASSISTANT:
        return None
    return WentOn(answer_id=last.id, continued=topic is None or category_of(opened) == topic)


def ledger_rows(opened: OpenTurn, attempts: Sequence[Attempt], prices: Prices, *, answered: bool) -> list[CostEvent]:
    """One row a call; the last one carries the answer's id when there is an answer."""
    return [
        attempt_row(
            prices,
            attempt,
            user_id=opened.request.user_id,
            tier=opened.request.tier,
            session_id=opened.session.id,
            message_id=opened.answer_id if answered and attempt is attempts[-1] else None,
            category=category_of(opened),
        )
        for attempt in attempts
    ]
