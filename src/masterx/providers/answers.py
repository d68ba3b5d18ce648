"""What every dialect makes of a provider's answer, and what an answer has to have. Pure: values in, values out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
from masterx.providers.base import Completion, Finished, FinishReason
from masterx.providers.thinking import ThinkingFilter, without_thinking
from masterx.records.usage import Usage

_MODEL_NAME_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One event of a stream, or a whole answer. Everything may be absent."""

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


def whole_answer(provider: str, answer: Chunk, *, asked_model: str) -> Completion:
    """Raises `ProviderBrokeOff` without a finish reason, and what `no_text` says without text."""
    text = without_thinking(answer.text)
    if answer.finish is None:
        raise ProviderBrokeOff(provider)
    if not text:
        raise no_text(provider, answer.finish)
    finished = Finished(reason=answer.finish, model=answer.model or asked_model, usage=answer.usage)
    return Completion(text=text, finished=finished)


def no_text(provider: str, finish: FinishReason) -> ProviderError:
    """The error for an answer that ended properly and says nothing."""
    if finish is FinishReason.REFUSED:
        return ProviderRejected(provider, "The provider's content filter refused the answer.")
    message = "The provider's answer has no text."
    if finish is FinishReason.LENGTH:
        message = "The model used up its token limit before it wrote any text."
    return ProviderProtocolError(provider, message, details={"fault": "empty", "finish_reason": finish.value})


def json_object(provider: str, data: bytes | str) -> dict[str, Any]:
    """Raises `ProviderProtocolError` for anything else."""
    try:
        payload = from_json(data)
    except ValueError:
        # Not chained: the parser's message quotes what it read.
        raise ProviderProtocolError(provider, details={"fault": "json"}) from None
    if not isinstance(payload, dict):
        raise ProviderProtocolError(provider, details={"fault": "not_an_object"})
    return payload


def reported_failure(provider: str, status: int | None) -> ProviderError:
    """The error for one that is told inside a 200, by the HTTP status that it stands for."""
    details = {"fault": "reported_in_answer"} | ({"status": status} if status else {})
    if status in {401, 402, 403}:
        return ProviderAuthError(provider, details=details)
    if status == 429:
        return ProviderRateLimited(provider, details=details)
    if status is not None and 400 <= status < 500:
        return ProviderRejected(provider, details=details)
    return ProviderUnavailable(provider, "The provider reported a failure.", details=details)


def clean_text(provider: str, text: object) -> str:
    """Raises `ProviderProtocolError` unless it is text; NUL, which no store takes, becomes U+FFFD."""
    if not isinstance(text, str):
        raise ProviderProtocolError(provider, details={"fault": "content_type"})
    return text.replace("\0", "\ufffd") if "\0" in text else text


def model_name(name: object) -> str | None:
    return name if isinstance(name, str) and 0 < len(name) <= _MODEL_NAME_LIMIT else None


def token_count(value: object) -> int | None:
    """A plausible number of tokens; a trillion would overflow a price before it were true."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= 1_000_000_000 else None


def usage_of(*, given: int | None, generated: int | None, cached: int | None, reasoning: int | None) -> Usage | None:
    """None unless both totals are there and make sense; the parts are bounded by their totals."""
    if given is None or generated is None or given + generated == 0:
        return None
    return Usage(
        input_tokens=given,
        output_tokens=generated,
        cached_input_tokens=min(cached or 0, given),
        reasoning_tokens=min(reasoning or 0, generated),
    )
