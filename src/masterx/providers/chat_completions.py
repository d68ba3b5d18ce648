"""OpenAI's chat completion format: what is sent, and what comes back, read with distrust.

Pure: bytes in, values out. Sources: the API reference of OpenAI (Chat Completions, create and streaming), and the
pages of the vendors in `catalog.toml` for the reasons and fields that they add.
"""

from __future__ import annotations

from typing import Any, Literal

from masterx.errors import ProviderBrokeOff, ProviderProtocolError
from masterx.providers.answers import (
    Chunk,
    clean_text,
    json_object,
    model_name,
    reported_failure,
    token_count,
    usage_of,
    whole_answer,
)
from masterx.providers.base import Completion, FinishReason, GenerationRequest
from masterx.records.usage import Usage

MaxTokensField = Literal["max_tokens", "max_completion_tokens"]

DONE = b"[DONE]"
"""The data of the event that ends a stream."""

_LENGTH = {"length", "max_tokens", "model_length"}
_REFUSED = {"content_filter", "refusal", "safety", "sensitive"}
_FAILED = {"error", "network_error", "insufficient_system_resource"}


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
    sampling = request.sampling
    if sampling.temperature is not None:
        body["temperature"] = sampling.temperature
    if sampling.top_p is not None:
        body["top_p"] = sampling.top_p
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if stream:
        body["stream"] = True
        if stream_usage:
            body["stream_options"] = {"include_usage": True}
    return body


def read_chunk(provider: str, data: bytes | str) -> Chunk:
    """Raises the `ProviderError` that an error event stands for, and `ProviderProtocolError`."""
    if data == DONE:
        return Chunk(last=True)
    payload = _payload(provider, data)
    usage = _usage(payload.get("usage"))
    model = model_name(payload.get("model"))
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


def read_completion(provider: str, data: bytes, *, asked_model: str) -> Completion:
    """Raises as `read_chunk` does, and as `whole_answer` does."""
    payload = _payload(provider, data)
    choice = _choice(provider, payload)
    message = choice.get("message") if choice is not None else None
    if choice is None or not isinstance(message, dict):
        raise ProviderProtocolError(provider, details={"fault": "no_message"})
    text, refused = _text(provider, message)
    answer = Chunk(
        text=text,
        finish=_finish(provider, choice, refused=refused),
        model=model_name(payload.get("model")),
        usage=_usage(payload.get("usage")),
    )
    return whole_answer(provider, answer, asked_model=asked_model)


def _payload(provider: str, data: bytes | str) -> dict[str, Any]:
    payload = json_object(provider, data)
    if error := payload.get("error"):
        raise reported_failure(provider, _status(error))
    return payload


def _status(error: object) -> int | None:
    """Gateways put the status of the model behind them into ``code``."""
    code = error.get("code") if isinstance(error, dict) else None
    return int(code) if isinstance(code, int | str) and str(code).isascii() and str(code).isdigit() else None


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
    return clean_text(provider, content), False


def _part(provider: str, part: object) -> str:
    """Mistral's reasoning models answer in parts, of which those of type ``thinking`` are not the answer."""
    if not isinstance(part, dict):
        raise ProviderProtocolError(provider, details={"fault": "content_type"})
    if part.get("type") != "text":
        return ""
    return clean_text(provider, part.get("text"))


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


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    cached = token_count(_within(usage, "prompt_tokens_details", "cached_tokens"))
    if cached is None:
        cached = token_count(usage.get("prompt_cache_hit_tokens"))  # DeepSeek
    return usage_of(
        given=token_count(usage.get("prompt_tokens")),
        generated=token_count(usage.get("completion_tokens")),
        cached=cached,
        reasoning=token_count(_within(usage, "completion_tokens_details", "reasoning_tokens")),
    )


def _within(usage: dict[str, Any], group: str, field: str) -> object:
    inner = usage.get(group)
    return inner.get(field) if isinstance(inner, dict) else None
