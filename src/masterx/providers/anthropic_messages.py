"""Anthropic's Messages format: what is sent, and what comes back, read with distrust.

Pure: bytes in, values out. Sources: the API reference (Messages, streaming, errors) and the page on stop reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from masterx.errors import ProviderProtocolError
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
from masterx.providers.conversations import alternating, system_prompt
from masterx.records.usage import Usage

_FINISH = {
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    # The model wants to be called again to go on, which is what a learner can ask for.
    "pause_turn": FinishReason.LENGTH,
    "refusal": FinishReason.REFUSED,
}

STATUS_OF_ERROR = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The HTTP status that goes with a type of error, for those that come in the middle of a stream."""


def request_body(model: str, request: GenerationRequest, *, stream: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_output_tokens,
        "messages": [{"role": turn.role, "content": turn.content} for turn in alternating(request)],
    }
    if system := system_prompt(request):
        body["system"] = system
    sampling = request.sampling
    if sampling.temperature is not None:
        body["temperature"] = min(sampling.temperature, 1.0)  # Anthropic's scale ends there.
    if sampling.top_p is not None:
        body["top_p"] = sampling.top_p
    if sampling.stop:
        body["stop_sequences"] = list(sampling.stop)
    if stream:
        body["stream"] = True
    return body


def vendor_code(body: object) -> str | None:
    """OpenAI's word for what the text of an error says, where only the text says it."""
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    if not isinstance(message, str):
        return None
    if "prompt is too long" in message:
        return "context_length_exceeded"
    return "insufficient_quota" if "credit balance is too low" in message else None


class MessageEvents:
    """Reads the events of one stream. The first carries the prompt's tokens, the last but one the answer's."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._usage: dict[str, Any] = {}

    def read(self, data: bytes) -> Chunk:
        """Raises the `ProviderError` that an error event stands for, and `ProviderProtocolError`."""
        payload = _payload(self._provider, data)
        kind = payload.get("type")
        if kind == "content_block_delta":
            return _block(self._provider, payload.get("delta"))
        if kind == "content_block_start":
            return _block(self._provider, payload.get("content_block"))
        if kind == "message_delta":
            self._note_usage(payload)
            return Chunk(finish=_finish(self._provider, payload.get("delta")), usage=_usage(self._usage))
        if kind == "message_start":
            message = payload.get("message")
            if not isinstance(message, dict):
                raise ProviderProtocolError(self._provider, details={"fault": "no_message"})
            self._note_usage(message)
            return Chunk(model=model_name(message.get("model")))
        # Pings, ends of blocks and what is not invented yet.
        return Chunk(last=kind == "message_stop")

    def _note_usage(self, payload: Mapping[str, Any]) -> None:
        """The counts are running totals, and those that did not change may be absent or null."""
        usage = payload.get("usage")
        if isinstance(usage, dict):
            self._usage.update({name: count for name, count in usage.items() if count is not None})


def read_completion(provider: str, data: bytes, *, asked_model: str) -> Completion:
    """Raises as `MessageEvents.read` does, and as `whole_answer` does."""
    payload = _payload(provider, data)
    blocks = payload.get("content")
    if not isinstance(blocks, list):
        raise ProviderProtocolError(provider, details={"fault": "no_message"})
    usage = payload.get("usage")
    answer = Chunk(
        text="".join(_block(provider, block).text for block in blocks),
        finish=_finish(provider, payload),
        model=model_name(payload.get("model")),
        usage=_usage(usage) if isinstance(usage, dict) else None,
    )
    return whole_answer(provider, answer, asked_model=asked_model)


def _payload(provider: str, data: bytes) -> dict[str, Any]:
    payload = json_object(provider, data)
    if payload.get("type") == "error":
        error = payload.get("error")
        kind = error.get("type") if isinstance(error, dict) else None
        raise reported_failure(provider, STATUS_OF_ERROR.get(kind) if isinstance(kind, str) else None)
    return payload


def _block(provider: str, block: object) -> Chunk:
    """A block, its beginning, or a piece of it. Thoughts show that the model works; tools are never offered."""
    if not isinstance(block, dict):
        raise ProviderProtocolError(provider, details={"fault": "delta"})
    kind = block.get("type")
    if kind in ("text_delta", "text"):  # in a set, a list that came in its place could not be looked for
        return Chunk(text=clean_text(provider, block.get("text")))
    return Chunk(thinking="thinking" in str(kind))


def _finish(provider: str, holder: object) -> FinishReason | None:
    reason = holder.get("stop_reason") if isinstance(holder, dict) else None
    if reason is None:
        return None
    if not isinstance(reason, str):
        raise ProviderProtocolError(provider, details={"fault": "finish_reason"})
    # Whatever else they call it ("end_turn", "stop_sequence", "tool_use"), the model had said what it wanted.
    return _FINISH.get(reason, FinishReason.STOP)


def _usage(usage: Mapping[str, Any]) -> Usage | None:
    """Here ``input_tokens`` are those that no cache had to do with: what was read and written there comes on top."""
    fresh = token_count(usage.get("input_tokens"))
    read = token_count(usage.get("cache_read_input_tokens")) or 0
    written = token_count(usage.get("cache_creation_input_tokens")) or 0
    parts = usage.get("output_tokens_details")
    return usage_of(
        given=None if fresh is None else fresh + read + written,
        generated=token_count(usage.get("output_tokens")),
        cached=read,
        reasoning=token_count(parts.get("thinking_tokens")) if isinstance(parts, dict) else None,
    )
