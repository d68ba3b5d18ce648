"""Turn events as the API's shapes."""

from __future__ import annotations

from masterx.api.schemas import (
    AttemptBody,
    CalculatedBody,
    ChatAnswer,
    EmotionBody,
    LessonItemBody,
    RoutingBody,
    SessionBody,
    WeighedBody,
)
from masterx.records.messages import Completeness, Message
from masterx.records.money import to_dollars
from masterx.records.routing import Routing
from masterx.tutor.events import Done


def routing_body(routing: Routing) -> RoutingBody:
    return RoutingBody.model_construct(
        provider=routing.provider,
        model=routing.model,
        reason=routing.reason,
        candidates=list(routing.candidates),
        failed=[
            AttemptBody.model_construct(
                provider=attempt.provider, model=attempt.model, code=attempt.code, reason=attempt.reason
            )
            for attempt in routing.failed
        ],
        category=routing.category,
        mood=routing.mood,
        difficulty=routing.difficulty,
        dial=routing.dial,
        explored=routing.explored,
        weighed=[
            WeighedBody.model_construct(
                provider=each.provider,
                model=each.model,
                score=each.score,
                error=each.error,
                price=None if each.price is None else to_dollars(each.price),
                reason=each.reason,
            )
            for each in routing.weighed
        ],
    )


def chat_answer(done: Done) -> ChatAnswer:
    answer = done.answer
    routing = answer.routing or _unknown_routing(answer)
    return ChatAnswer.model_construct(
        session_id=answer.session_id,
        message_id=answer.id,
        question_id=done.question.id,
        content=answer.content,
        provider=answer.provider_used,
        model=answer.model_used,
        demo=routing.demo,
        completeness=answer.completeness or Completeness.COMPLETE,
        tokens_used=answer.tokens_used,
        usage_estimated=answer.usage_estimated,
        cost=None if answer.cost is None else to_dollars(answer.cost),
        response_time_ms=answer.response_time_ms,
        routing=routing_body(routing),
        emotion_state=EmotionBody.of(done.question.emotion_state),
        item=LessonItemBody.of(answer),
        calculated=CalculatedBody.of(answer.calculated),
        session=SessionBody.of(done.session),
    )


def _unknown_routing(answer: Message) -> Routing:
    """For an answer that came from elsewhere, such as an import: what is known of it."""
    provider = answer.provider_used or ""
    return Routing(provider=provider, model=answer.model_used or "", reason="not recorded", candidates=(provider,))
