"""Answers in OpenAI's form: a whole chat completion, or its chunks as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from masterx.api.compatible_errors import compatible_body, compatible_error
from masterx.errors import MasterXError, ShuttingDown
from masterx.providers.base import FinishReason
from masterx.records.usage import Usage

SESSION_HEADER: Final = "x-masterx-session"
_FINISH: Final = {FinishReason.STOP: "stop", FinishReason.LENGTH: "length", FinishReason.REFUSED: "content_filter"}
_DONE: Final = b"data: [DONE]\n\n"
_HEAD: Final[list[tuple[bytes, bytes]]] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


@dataclass(frozen=True, slots=True)
class Begun:
    session_id: str


@dataclass(frozen=True, slots=True)
class Piece:
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    reason: FinishReason
    usage: Usage | None


AnswerEvent = Begun | Piece | Ended
"""`Begun` only from lessons; any number of pieces; `Ended` last, when the answer is on record."""

Fail = Callable[[MasterXError], None]
"""Told of an error that ends a stream whose status was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What every part of one answer repeats."""

    id: str
    model: str
    """As the request names it."""
    created: int
    """Seconds since the epoch."""

    def head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def usage_body(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_input_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def completion_body(form: Form, text: str, ended: Ended) -> bytes:
    body = form.head("chat.completion") | {
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "logprobs": None,
                "finish_reason": _FINISH[ended.reason],
            }
        ],
        "usage": None if ended.usage is None else usage_body(ended.usage),
    }
    return json.dumps(body, ensure_ascii=False).encode()


class ChunkStream(Response):
    """An answer as it comes. A failure before its first word has its own status; one after it is a chunk with `error`,
    and no `[DONE]` follows.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[AnswerEvent, None], form: Form, *, include_usage: bool) -> None:
        self._events = events
        self._form = form
        self._include_usage = include_usage
        self._begun = self._ended = False
        self.background = None
        self.status_code = 200

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        telling = asyncio.create_task(self._tell(scope, receive, send), name="compatible-answer")
        leaving = asyncio.create_task(_left(receive), name="client-leaving")
        try:
            await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            # The server stops. The call is closed and on record before its client is told.
            await _ended_early(telling, leaving)
            await self._fail(ShuttingDown(), scope, receive, send)
            raise
        await _ended_early(telling, leaving)
        if not telling.cancelled():
            telling.result()

    async def _tell(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with aclosing(self._events) as events:
                async for event in events:
                    await self._send(event, send)
        except MasterXError as error:
            await self._fail(error, scope, receive, send)
        else:
            await send({"type": "http.response.body", "body": _DONE, "more_body": False})
        self._ended = True

    async def _fail(self, error: MasterXError, scope: Scope, receive: Receive, send: Send) -> None:
        if self._ended:
            return
        scope.setdefault("state", {})["failure"] = error
        if self._begun:
            await send({"type": "http.response.body", "body": _event(compatible_body(error)), "more_body": False})
        else:
            await compatible_error(error)(scope, receive, send)

    async def _send(self, event: AnswerEvent, send: Send) -> None:
        if not self._begun:
            self._begun = True
            head = [*_HEAD]
            if isinstance(event, Begun):
                head.append((SESSION_HEADER.encode(), event.session_id.encode()))
            await send({"type": "http.response.start", "status": 200, "headers": head})
            first = self._chunk({"role": "assistant", "content": "", "refusal": None})
            await send({"type": "http.response.body", "body": first, "more_body": True})
        match event:
            case Piece(text):
                body = self._chunk({"content": text})
            case Ended(reason, usage):
                body = self._chunk({}, _FINISH[reason])
                if self._include_usage:
                    told = None if usage is None else usage_body(usage)
                    body += _event(self._form.head("chat.completion.chunk") | {"choices": [], "usage": told})
            case Begun():
                return
        await send({"type": "http.response.body", "body": body, "more_body": True})

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        body = self._form.head("chat.completion.chunk") | {"choices": [choice]}
        return _event(body | {"usage": None} if self._include_usage else body)


async def _ended_early(*tasks: asyncio.Task[None]) -> None:
    """Without effect on one that is done."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _left(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(body: dict[str, Any]) -> bytes:
    """JSON has no raw line breaks."""
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()
