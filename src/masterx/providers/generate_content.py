"""Gemini's generateContent format: what is sent, and what comes back, read with distrust.

Pure: bytes in, values out. Source: the Gemini API reference (generateContent, streamGenerateContent,
GenerateContentResponse), and google.rpc.Status for errors.
"""

from __future__ import annotations

from typing import Any

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
from masterx.providers.conversations import alternating, system_prompt
from masterx.records.usage import Usage

_LENGTH = {"MAX_TOKENS", "CONTINUATION"}
_REFUSED = {
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MODEL_ARMOR",
    "PUP_LIMITED_DISABLED",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
}
_NONE = {"", "FINISH_REASON_UNSPECIFIED"}


def request_body(request: GenerationRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "contents": [
            {"role": "model" if turn.role == "assistant" else "user", "parts": [{"text": turn.content}]}
            for turn in alternating(request)
        ],
        "generationConfig": {"maxOutputTokens": request.max_output_tokens},
    }
    sampling = request.sampling
    if sampling.temperature is not None:
        body["generationConfig"]["temperature"] = sampling.temperature
    if sampling.top_p is not None:
        body["generationConfig"]["topP"] = sampling.top_p
    if sampling.stop:
        body["generationConfig"]["stopSequences"] = list(sampling.stop)
    if system := system_prompt(request):
        body["systemInstruction"] = {"parts": [{"text": system}]}
    return body


def vendor_code(body: object) -> str | None:
    """OpenAI's word for what an error says beside its status."""
    error = _error(body)
    reasons = [detail.get("reason") for detail in _details(error)]
    message = error.get("message")
    if "API_KEY_INVALID" in reasons:
        return "invalid_api_key"
    if isinstance(message, str) and "exceeds the maximum number of tokens" in message:
        return "context_length_exceeded"
    return None


def asked_to_wait(body: object) -> float | None:
    """Seconds, from google.rpc.RetryInfo: Gemini sends no Retry-After."""
    for detail in _details(_error(body)):
        delay = detail.get("retryDelay")
        if isinstance(delay, str) and delay.endswith("s"):
            try:
                seconds = float(delay[:-1])
            except ValueError:
                continue
            return seconds if 0 <= seconds < 1e9 else None
    return None


def read_chunk(provider: str, data: bytes) -> Chunk:
    """One event of a stream. Raises the `ProviderError` that an error stands for, and `ProviderProtocolError`."""
    payload = _payload(provider, data)
    candidate = _candidate(provider, payload)
    parts = _parts(provider, candidate)
    return Chunk(
        text="".join(_text(provider, part) for part in parts),
        thinking=any(part.get("thought") is True for part in parts),
        finish=FinishReason.REFUSED if _is_blocked(payload) else _finish(provider, candidate),
        model=model_name(payload.get("modelVersion")),
        usage=_usage(payload.get("usageMetadata")),
    )


def read_completion(provider: str, data: bytes, *, asked_model: str) -> Completion:
    """Raises as `read_chunk` does, and as `whole_answer` does. A whole answer is one event."""
    answer = read_chunk(provider, data)
    if answer == Chunk():
        raise ProviderProtocolError(provider, details={"fault": "no_message"})
    return whole_answer(provider, answer, asked_model=asked_model)


def _payload(provider: str, data: bytes) -> dict[str, Any]:
    payload = json_object(provider, data)
    if payload.get("error"):
        code = _error(payload).get("code")
        raise reported_failure(provider, code if isinstance(code, int) else None)
    return payload


def _error(body: object) -> dict[str, Any]:
    """Streams wrap the error in a list when nobody asked for events."""
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _details(error: dict[str, Any]) -> list[dict[str, Any]]:
    details = error.get("details")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []


def _candidate(provider: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The only one that we ask for; empty in events that carry something else."""
    candidates = payload.get("candidates")
    if not candidates:
        return {}
    if not isinstance(candidates, list) or not isinstance(candidates[0], dict):
        raise ProviderProtocolError(provider, details={"fault": "candidates"})
    return candidates[0]


def _parts(provider: str, candidate: dict[str, Any]) -> list[dict[str, Any]]:
    content = candidate.get("content") or {}
    parts = content.get("parts") or [] if isinstance(content, dict) else None
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise ProviderProtocolError(provider, details={"fault": "content_type"})
    return parts


def _text(provider: str, part: dict[str, Any]) -> str:
    """Nothing for thoughts, and for parts that are no text."""
    text = part.get("text")
    return "" if text is None or part.get("thought") is True else clean_text(provider, text)


def _is_blocked(payload: dict[str, Any]) -> bool:
    """Whether the question itself was refused; there is no candidate then."""
    feedback = payload.get("promptFeedback")
    return isinstance(feedback, dict) and bool(feedback.get("blockReason")) and not payload.get("candidates")


def _finish(provider: str, candidate: dict[str, Any]) -> FinishReason | None:
    reason = candidate.get("finishReason")
    if reason is None:
        return None
    if not isinstance(reason, str):
        raise ProviderProtocolError(provider, details={"fault": "finish_reason"})
    if reason in _NONE:
        return None
    if reason in _LENGTH:
        return FinishReason.LENGTH
    if reason in _REFUSED:
        return FinishReason.REFUSED
    if reason != "STOP":
        # OTHER, MALFORMED_RESPONSE and their like: the vendor says that this is not the answer it meant to give.
        raise ProviderBrokeOff(provider)
    return FinishReason.STOP


def _usage(usage: object) -> Usage | None:
    """Thoughts are not among the candidates' tokens here; what a cache held is among the prompt's."""
    if not isinstance(usage, dict):
        return None
    prompt = token_count(usage.get("promptTokenCount"))
    tools = token_count(usage.get("toolUsePromptTokenCount")) or 0
    written = token_count(usage.get("candidatesTokenCount"))
    thoughts = token_count(usage.get("thoughtsTokenCount"))
    if written is None and thoughts is None:
        return None
    return usage_of(
        given=None if prompt is None else prompt + tools,
        generated=(written or 0) + (thoughts or 0),
        cached=token_count(usage.get("cachedContentTokenCount")),
        reasoning=thoughts,
    )
