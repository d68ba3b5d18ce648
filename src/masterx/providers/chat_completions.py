"""OpenAI's chat completion format: what is sent, and what comes back, read with distrust.

Pure: bytes in, values out. Sources: the API reference of OpenAI (Chat Completions, create and streaming), and the
pages of the vendors in `catalog.toml` for the reasons and fields that they add.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import from_json

from masterx.errors import (
    ProviderAuthError,
    ProviderBrokeOff,
    ProviderError,
    ProviderProtocolError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
)
from masterx.providers.base import Completion, Finished, FinishReason, GenerationRequest
from masterx.providers.thinking import ThinkingFilter, without_thinking
from masterx.records.usage import Usage

MaxTokensField = Literal["max_tokens", "max_completion_tokens"]

DONE = b"[DONE]"

_LENGTH = {"length", "max_tokens", "model_length"}
_REFUSED = {"content_filter", "refusal", "safety", "sensitive"}
_FAILED = {"error", "network_error", "insufficient_system_resource"}
_MODEL_NAME_LIMIT = 200


class FieldRefused(Exception):
    """The server does not know a field of the request that we can do without."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def request_body(
    model: str,
    request: GenerationRequest,
    *,
    stream: bool,
    stream_usage: bool,
    max_tokens_field: MaxTokensField,
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        max_tokens_field: request.max_output_tokens,
    }
    if stream:
        body["stream"] = True
        if stream_usage:
            body["stream_options"] = {"include_usage": True}
    return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One event of a stream. Everything may be absent."""

    text: str = ""
    thinking: bool = False
    """It carried reasoning, which is a sign of life and not part of the answer."""
    refused: bool = False
    """The text is a refusal; the finish reason comes in a later event and does not say so."""
    last: bool = False
    """The end marker."""
    finish: FinishReason | None = None
    model: str | None = None
    usage: Usage | None = None


def read_chunk(provider: str, data: bytes | str) -> Chunk:
    """Raises the `ProviderError` that an error event stands for, and `ProviderProtocolError`."""
    payload = _mapping(provider, data)
    usage = _usage(payload.get("usage"))
    model = _model(payload)
    choice = _choice(provider, payload)
    if choice is None:
        return Chunk(model=model, usage=usage)
    delta = choice.get("delta")
    if delta is None:
        delta = {}
    if not isinstance(delta, dict):
        raise ProviderProtocolError(provider, details={"fault": "delta"})
    text, refused = _text(provider, delta)
    return Chunk(
        text=text,
        refused=refused,
        thinking=bool(delta.get("reasoning_content") or delta.get("reasoning")),
        finish=_finish(provider, choice, refused=refused),
        model=model,
        usage=usage,
    )


class Answer:
    """What a stream has told so far."""

    def __init__(self, provider: str, asked_model: str) -> None:
        self._provider = provider
        self._model = asked_model
        self._finish: FinishReason | None = None
        self._refused = False
        self._has_text = False
        self._has_events = False
        self._thinking = ThinkingFilter()
        self.usage: Usage | None = None

    def take(self, chunk: Chunk) -> str:
        """Note what it says; the text of it, or held back before it, that is for the reader."""
        self._has_events = True
        self._refused = self._refused or chunk.refused
        self._finish = self._finish or chunk.finish
        self._model = chunk.model or self._model
        self.usage = chunk.usage or self.usage
        text = self._thinking.feed(chunk.text) if chunk.text else ""
        if chunk.finish is not None:
            text += self._thinking.finish()
        self._has_text = self._has_text or bool(text)
        return text

    def require_whole(self) -> None:
        """Raises `ProviderBrokeOff` without a finish reason, and what `no_text` says without text."""
        if not self._has_events:
            raise ProviderProtocolError(self._provider, details={"fault": "empty"})
        if self._finish is None:
            raise ProviderBrokeOff(self._provider)
        if not self._has_text:
            raise no_text(self._provider, self._finish)

    def finished(self) -> Finished:
        reason = FinishReason.REFUSED if self._refused else self._finish or FinishReason.STOP
        return Finished(reason=reason, model=self._model, usage=self.usage)


def read_completion(provider: str, data: bytes, *, asked_model: str) -> Completion:
    """Raises as `read_chunk` does, and `ProviderBrokeOff` when there is no finish reason."""
    payload = _mapping(provider, data)
    choice = _choice(provider, payload)
    message = choice.get("message") if choice is not None else None
    if choice is None or not isinstance(message, dict):
        raise ProviderProtocolError(provider, details={"fault": "no_message"})
    content, refused = _text(provider, message)
    text = without_thinking(content)
    finish = _finish(provider, choice, refused=refused)
    if finish is None:
        raise ProviderBrokeOff(provider)
    if not text:
        raise no_text(provider, finish)
    finished = Finished(reason=finish, model=_model(payload) or asked_model, usage=_usage(payload.get("usage")))
    return Completion(text=text, finished=finished)


def no_text(provider: str, finish: FinishReason) -> ProviderError:
    """The error for an answer that ended properly and says nothing."""
    if finish is FinishReason.REFUSED:
        return ProviderRejected(provider, "The provider's content filter refused the answer.")
    return ProviderProtocolError(
        provider, "The provider's answer has no text.", details={"fault": "empty", "finish_reason": finish.value}
    )


def _mapping(provider: str, data: bytes | str) -> dict[str, Any]:
    try:
        payload = from_json(data)
    except ValueError:
        # Not chained: the parser's message quotes what it read.
        raise ProviderProtocolError(provider, details={"fault": "json"}) from None
    if not isinstance(payload, dict):
        raise ProviderProtocolError(provider, details={"fault": "not_an_object"})
    if payload.get("error"):
        raise _reported_error(provider, payload["error"])
    return payload


def _reported_error(provider: str, error: object) -> ProviderError:
    """An error inside a 200. Gateways put the status of the model behind them into ``code``."""
    code = error.get("code") if isinstance(error, dict) else None
    status = int(code) if isinstance(code, int | str) and str(code).isascii() and str(code).isdigit() else None
    details = {"fault": "reported_in_answer"} | ({"status": status} if status else {})
    if status in {401, 402, 403}:
        return ProviderAuthError(provider, details=details)
    if status == 429:
        return ProviderRateLimited(provider, details=details)
    if status is not None and 400 <= status < 500:
        return ProviderRejected(provider, details=details)
    return ProviderUnavailable(provider, "The provider reported a failure.", details=details)


def _choice(provider: str, payload: dict[str, Any]) -> dict[str, Any] | None:
    choices = payload.get("choices")
    if not choices:
        return None
    if not isinstance(choices, list) or not isinstance(choices[0], dict):
        raise ProviderProtocolError(provider, details={"fault": "choices"})
    return choices[0]


def _text(provider: str, message: dict[str, Any]) -> tuple[str, bool]:
    """The answer's text, and whether it is a refusal."""
    refusal = message.get("refusal")
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(_part(provider, part) for part in content)
    if not content and isinstance(refusal, str) and refusal:
        return refusal, True
    if content is None:
        return "", False
    if not isinstance(content, str):
        raise ProviderProtocolError(provider, details={"fault": "content_type"})
    return (content.replace("\0", "\ufffd") if "\0" in content else content), False


def _part(provider: str, part: object) -> str:
    """Mistral's reasoning models answer in parts, of which those of type ``thinking`` are not the answer."""
    if not isinstance(part, dict):
        raise ProviderProtocolError(provider, details={"fault": "content_type"})
    if part.get("type") != "text":
        return ""
    text = part.get("text")
    if not isinstance(text, str):
        raise ProviderProtocolError(provider, details={"fault": "content_type"})
    return text


def _finish(provider: str, choice: dict[str, Any], *, refused: bool) -> FinishReason | None:
    reason = choice.get("finish_reason")
    if reason is None or reason == "":
        return None
    if not isinstance(reason, str):
        raise ProviderProtocolError(provider, details={"fault": "finish_reason"})
    reason = reason.lower()
    if reason in _FAILED:
        raise ProviderBrokeOff(provider)
    if refused or reason in _REFUSED:
        return FinishReason.REFUSED
    # Whatever else they call it ("stop", "eos", "end_turn", "tool_calls"), the model had said what it wanted.
    return FinishReason.LENGTH if reason in _LENGTH else FinishReason.STOP


def _model(payload: dict[str, Any]) -> str | None:
    model = payload.get("model")
    return model if isinstance(model, str) and 0 < len(model) <= _MODEL_NAME_LIMIT else None


def _usage(usage: object) -> Usage | None:
    """None unless both totals are there and make sense; the parts are bounded by their totals."""
    if not isinstance(usage, dict):
        return None
    given = _count(usage.get("prompt_tokens"))
    generated = _count(usage.get("completion_tokens"))
    if given is None or generated is None or given + generated == 0:
        return None
    cached = _count(_within(usage, "prompt_tokens_details", "cached_tokens"))
    if cached is None:
        cached = _count(usage.get("prompt_cache_hit_tokens"))  # DeepSeek
    reasoning = _count(_within(usage, "completion_tokens_details", "reasoning_tokens"))
    return Usage(
        input_tokens=given,
        output_tokens=generated,
        cached_input_tokens=min(cached or 0, given),
        reasoning_tokens=min(reasoning or 0, generated),
    )


def _within(usage: dict[str, Any], group: str, field: str) -> object:
    inner = usage.get(group)
    return inner.get(field) if isinstance(inner, dict) else None


def _count(value: object) -> int | None:
    """A plausible number of tokens; a trillion would overflow a price before it were true."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= 1_000_000_000 else None
