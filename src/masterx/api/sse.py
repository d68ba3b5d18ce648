"""A turn's events as server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from masterx.api.rendering import chat_answer, routing_body
from masterx.api.schemas import EmotionBody, error_body
from masterx.tutor.events import Done, Failed, Started, Token, TurnEvent
from masterx.tutor.running import RunningTurn

HEARTBEAT_SECONDS = 5.0
"""Comment lines while nothing happens keep proxies from closing the connection."""

_HEAD: list[tuple[bytes, bytes]] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class TurnStream(Response):
    """Tells a turn to one client. When the client leaves, the turn is stopped; it records what it has."""

    media_type = "text/event-stream"

    def __init__(self, turn: RunningTurn, request_id: str) -> None:
        self.turn = turn
        self.request_id = request_id
        self.background = None
        self.status_code = 200

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        leaving = asyncio.create_task(self._stop_when_left(receive), name="client-leaving")
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
            ended = False
            while not ended:
                events = await self._next_events()
                ended = bool(events) and isinstance(events[-1], Done | Failed)
                if ended and isinstance(events[-1], Failed):
                    scope.setdefault("state", {})["failure"] = events[-1].error
                body = b"".join(encode_event(event, self.request_id) for event in events) or b": waiting\n\n"
                await send({"type": "http.response.body", "body": body, "more_body": not ended})
        finally:
            leaving.cancel()
            self.turn.stop()

    async def _next_events(self) -> list[TurnEvent]:
        """Empty after `HEARTBEAT_SECONDS` of silence."""
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                return await self.turn.next_events()
        except TimeoutError:
            return []

    async def _stop_when_left(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.turn.stop()


def encode_event(event: TurnEvent, request_id: str) -> bytes:
    match event:
        case Token(text):
            return _encode("token", json.dumps({"text": text}, ensure_ascii=False))
        case Started():
            routing, emotion = routing_body(event.routing), EmotionBody.of(event.emotion)
            meta = {
                "session_id": event.session_id,
                "question_id": event.question_id,
                "message_id": event.message_id,
                "demo": event.routing.demo,
                "provider": event.routing.provider,
                "model": event.routing.model,
                "routing": routing.model_dump(),
                "emotion_state": None if emotion is None else emotion.model_dump(),
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
