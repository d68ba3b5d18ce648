"""POST /api/v1/chat: one turn, as JSON or as a stream of events."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from masterx.api.bodies import StrictJsonRoute
from masterx.api.errors import request_id_of
from masterx.api.identity import CurrentIdentity
from masterx.api.rendering import chat_answer
from masterx.api.schemas import MAX_MESSAGE_LENGTH, ChatAnswer, ChatRequest, errors
from masterx.api.services import CurrentServices
from masterx.api.sse import TurnStream
from masterx.records.text import clean_text
from masterx.tutor.opening import TurnRequest

router = APIRouter(prefix="/api/v1", tags=["chat"], route_class=StrictJsonRoute)

EVENT_STREAM = "text/event-stream"

_STREAM_EXAMPLE = (
    'event: meta\ndata: {"session_id": "…", "message_id": "…", "provider": "groq", …}\n\n'
    'event: token\ndata: {"text": "Watch a pattern"}\n\n'
    'event: done\ndata: {"content": "Watch a pattern…", "completeness": "complete", …}\n\n'
)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Repeat a request with the same key and body and you get the same answer, charged once.",
    ),
]


@router.post(
    "/chat",
    response_model=ChatAnswer,
    responses={
        200: {
            "description": "The recorded turn; with `Accept: text/event-stream`, the events `meta`, `token`…, then "
            "`done` (after the turn is on disk) or `error`.",
            "content": {EVENT_STREAM: {"schema": {"type": "string"}, "example": _STREAM_EXAMPLE}},
        },
        **errors(401, 402, 404, 409, 413, 422, 503),
    },
)
async def chat(
    body: ChatRequest,
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Ask the tutor, or have it go on with an answer that is not whole. A `message` without `session_id` starts a
    new session.

    Closing the connection stops the answer; what was written until then is kept, marked `stopped`.
    """
    request.state.session_id = body.session_id
    turn = TurnRequest(
        user_id=identity.user_id,
        tier=identity.tier,
        message=""
        if body.message is None
        else clean_text(body.message, field="message", max_length=MAX_MESSAGE_LENGTH),
        continues=body.continues,
        preferences=identity.learning_preferences,
        mood_preferences=identity.mood_preferences,
        emotional_profile=identity.emotional_profile,
        session_id=body.session_id,
        replaces=body.replaces,
        idempotency_key=idempotency_key,
        fingerprint="" if idempotency_key is None else hashlib.sha256(body.model_dump_json().encode()).hexdigest(),
    )
    if EVENT_STREAM in request.headers.get("accept", ""):
        return TurnStream(await services.tutor.stream(turn), request_id_of(request))
    done = await services.tutor.answer(turn)
    return Response(chat_answer(done).model_dump_json(), media_type="application/json")
