"""A turn's events as server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from masterx.api.rendering import chat_answer, routing_body
from masterx.api.schemas import error_body
from masterx.tutor.events import Done, Failed, Started, Token, TurnEvent

HEARTBEAT_SECONDS = 5.0
"""Comment lines while nothing happens keep proxies from closing the connection."""

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def encode_events(events: AsyncIterator[TurnEvent], request_id: str) -> AsyncIterator[bytes]:
    """One chunk an event, and a comment line in each `HEARTBEAT_SECONDS` of silence."""
    pending: asyncio.Future[TurnEvent] | None = None
    try:
        while True:
            pending = asyncio.ensure_future(anext(events))
            while not pending.done():
                await asyncio.wait((pending,), timeout=HEARTBEAT_SECONDS)
                if not pending.done():
                    yield b": waiting\n\n"
            try:
                event = pending.result()
            except StopAsyncIteration:
                return
            yield encode_event(event, request_id)
    finally:
        if pending is not None and not pending.done():
            pending.cancel()


def encode_event(event: TurnEvent, request_id: str) -> bytes:
    match event:
        case Token(text):
            return _encode("token", json.dumps({"text": text}, ensure_ascii=False))
        case Started():
            routing = routing_body(event.routing)
            meta = {
                "session_id": event.session_id,
                "question_id": event.question_id,
                "message_id": event.message_id,
                "demo": event.routing.demo,
                "provider": event.routing.provider,
                "model": event.routing.model,
                "routing": routing.model_dump(),
            }
            return _encode("meta", json.dumps(meta, ensure_ascii=False))
        case Done():
            return _encode("done", chat_answer(event).model_dump_json())
        case Failed():
            return _encode("error", json.dumps(_failure(event, request_id), ensure_ascii=False))


def _failure(event: Failed, request_id: str) -> dict[str, Any]:
    kept = None if event.kept is None else chat_answer(event.kept).model_dump(mode="json")
    return {
        **error_body(event.error, request_id),
        "retryable": event.error.retryable,
        "retry_after": event.error.retry_after,
        "kept": kept,
    }


def _encode(name: str, data: str) -> bytes:
    """``data`` is JSON, which has no raw line breaks."""
    return f"event: {name}\ndata: {data}\n\n".encode()
