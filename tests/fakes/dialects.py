"""What a server of each dialect says, as bytes for `tests.fakes.wire`, and the provider that is to read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from tests.fakes.wire import Reply, answer, event, head, raw

from masterx.providers.base import ProviderInfo
from masterx.providers.registry import SPEAKERS, WarmProvider
from masterx.providers.remote import Connection

KEY = "sk-planted-key-0123456789"
INPUT_TOKENS, OUTPUT_TOKENS = 12, 3


@dataclass(frozen=True, kw_only=True)
class Dialect:
    name: str
    model: str
    price_id: str
    path: str
    """What a base URL of this dialect ends with, after host and port."""
    opening: bytes
    """The events before the first word."""
    word: Callable[[object], bytes]
    """An event with text, which a test may replace by something that is none."""
    thought: bytes
    ending: Callable[[str], bytes]
    """The events after the last word, with the dialect's own finish reason."""
    whole: Callable[[object, str | None], dict[str, Any]]
    failure: Callable[[int], dict[str, Any]]
    """The body of an error, in the middle of a stream as well."""
    stop: str
    length: str
    refused: str

    def provider(self, base_url: str, *, name: str = "wire") -> WarmProvider:
        """``base_url`` without the dialect's path."""
        info = ProviderInfo(
            name=name, model_name=self.model, label=name.title(), dialect=self.name, price_id=self.price_id
        )
        return SPEAKERS[self.name](info, Connection(base_url=base_url + self.path, key=SecretStr(KEY)))

    def stream(self, *words: str, finish: str | None = None) -> bytes:
        """A good stream, all of it."""
        return self.opening + b"".join(self.word(word) for word in words) + self.ending(finish or self.stop)

    def reply(self, kind: str, *words: str, finish: str | None = None) -> Reply:
        """A good answer, streamed or whole."""
        if kind == "stream":
            return raw(head(), self.stream(*words, finish=finish))
        return answer(self.whole("".join(words), finish or self.stop))


def _openai_chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    return event({"model": "gpt-4o", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


OPENAI = Dialect(
    name="openai",
    model="gpt-4o",
    price_id="openai",
    path="/v1",
    opening=_openai_chunk({"role": "assistant", "content": ""}),
    word=lambda text: _openai_chunk({"content": text}),
    thought=_openai_chunk({"reasoning_content": "hmm"}),
    ending=lambda finish: (
        _openai_chunk({}, finish)
        + event({"model": "gpt-4o", "choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 3}})
        + event(b"[DONE]")
    ),
    whole=lambda text, finish: {
        "model": "gpt-4o",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3},
    },
    failure=lambda status: {"error": {"message": "sk-vendor-text", "type": "whatever", "code": None}},
    stop="stop",
    length="length",
    refused="content_filter",
)


def _anthropic_event(payload: dict[str, Any]) -> bytes:
    return f"event: {payload['type']}\ndata: {json.dumps(payload)}\n\n".encode()


def _anthropic_delta(delta: dict[str, Any]) -> bytes:
    return _anthropic_event({"type": "content_block_delta", "index": 0, "delta": delta})


def _anthropic_message(content: list[dict[str, Any]], finish: str | None, output: int) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-3-5-haiku-20241022",
        "content": content,
        "stop_reason": finish,
        "stop_sequence": None,
        "usage": {
            "input_tokens": 5,
            "cache_read_input_tokens": 4,
            "cache_creation_input_tokens": 3,
            "output_tokens": output,
        },
    }


_ANTHROPIC_TYPES = {401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}

ANTHROPIC = Dialect(
    name="anthropic",
    model="claude-3-5-haiku-20241022",
    price_id="anthropic",
    path="",
    opening=_anthropic_event({"type": "message_start", "message": _anthropic_message([], None, 1)})
    + _anthropic_event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    + _anthropic_event({"type": "ping"}),
    word=lambda text: _anthropic_delta({"type": "text_delta", "text": text}),
    thought=_anthropic_delta({"type": "thinking_delta", "thinking": "hmm"}),
    ending=lambda finish: (
        _anthropic_event({"type": "content_block_stop", "index": 0})
        + _anthropic_event(
            {"type": "message_delta", "delta": {"stop_reason": finish}, "usage": {"output_tokens": OUTPUT_TOKENS}}
        )
        + _anthropic_event({"type": "message_stop"})
    ),
    whole=lambda text, finish: _anthropic_message([{"type": "text", "text": text}], finish, OUTPUT_TOKENS),
    failure=lambda status: {
        "type": "error",
        "error": {"type": _ANTHROPIC_TYPES.get(status, "api_error"), "message": "sk-vendor-text"},
    },
    stop="end_turn",
    length="max_tokens",
    refused="refusal",
)


def _gemini(part: dict[str, Any] | None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [] if part is None else [part]}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "modelVersion": "gemini-2.0-flash",
        "usageMetadata": {"promptTokenCount": INPUT_TOKENS},
        **fields,
    }


_GEMINI_USAGE = {
    "promptTokenCount": 12,
    "cachedContentTokenCount": 4,
    "candidatesTokenCount": 2,
    "thoughtsTokenCount": 1,
}

GEMINI = Dialect(
    name="gemini",
    model="gemini-2.0-flash",
    price_id="google",
    path="",
    opening=event(_gemini(None)),
    word=lambda text: event(_gemini({"text": text})),
    thought=event(_gemini({"text": "hmm", "thought": True})),
    ending=lambda finish: event(_gemini(None, finish, usageMetadata=_GEMINI_USAGE)),
    whole=lambda text, finish: _gemini({"text": text}, finish, usageMetadata=_GEMINI_USAGE),
    failure=lambda status: {
        "error": {"code": status, "message": "sk-vendor-text", "status": "WHATEVER", "details": []}
    },
    stop="STOP",
    length="MAX_TOKENS",
    refused="SAFETY",
)

DIALECTS = (OPENAI, ANTHROPIC, GEMINI)
