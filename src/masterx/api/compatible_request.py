"""OpenAI's chat completion request: what of it is honoured, what is refused, what makes no difference. Pure.

Clients send more than they need: fields that do not change what an answer is (`user`, `seed`, `store`, `metadata`,
`service_tier` and whatever comes next) pass. Those that would make another answer than the one asked for are refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import pydantic_core

from masterx.errors import InvalidInput
from masterx.providers.base import PromptMessage, Sampling

MOST_STOPS: Final = 4
MOST_TOKENS: Final = 1_000_000
_ROLES: Final[Mapping[str, Literal["system", "user", "assistant"]]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
_NEUTRAL: Final[Mapping[str, tuple[object, ...]]] = {
    "tools": ([],),
    "functions": ([],),
    "response_format": ({"type": "text"},),
    "modalities": (["text"], []),
    "audio": (),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "prediction": (),
    "web_search_options": (),
}
"""Fields that we cannot honour, and the values beside null that ask for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAsk:
    model: str
    messages: tuple[PromptMessage, ...]
    stream: bool
    include_usage: bool
    max_output_tokens: int | None
    sampling: Sampling
    session_id: str | None


def read_ask(body: bytes) -> ChatAsk:
    """Raises `InvalidInput`, which names the field in ``details["field"]`` and repeats no text."""
    try:
        fields = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError:
        # Not chained: the parser's message may quote what it read.
        raise _refused("body", "The body is not JSON of whole Unicode characters and finite numbers.") from None
    if not isinstance(fields, dict):
        raise _refused("body", "The body has to be a JSON object.")
    model = fields.get("model")
    if not isinstance(model, str) or not model:
        raise _refused("model", "Say which model: masterx, masterx/auto or masterx/<provider>.")
    for name, neutral in _NEUTRAL.items():
        value = fields.get(name)
        if value is not None and value not in neutral:
            raise _refused(name, f"{name} is not supported here.", code="unsupported_parameter")
    if fields.get("n") not in (None, 1):
        raise _refused("n", "n has to be 1: there is one answer.")
    metadata = fields.get("metadata")
    return ChatAsk(
        model=model,
        messages=_messages(fields.get("messages")),
        stream=_yes_no(fields, "stream"),
        include_usage=_include_usage(fields.get("stream_options")),
        max_output_tokens=_tokens(fields, "max_completion_tokens") or _tokens(fields, "max_tokens"),
        sampling=Sampling(
            temperature=_number(fields, "temperature", 2), top_p=_number(fields, "top_p", 1), stop=_stop(fields)
        ),
        session_id=_session(metadata),
    )


def _messages(value: object) -> tuple[PromptMessage, ...]:
    if not isinstance(value, list) or not value:
        raise _refused("messages", "messages has to be a list with one message at least.")
    messages = tuple(_message(number, message) for number, message in enumerate(value))
    if not any(message.role == "user" and message.content.strip() for message in messages):
        raise _refused("messages", "One message at least has to be the user's, and say something.")
    return messages


def _message(number: int, message: object) -> PromptMessage:
    place = f"messages[{number}]"
    if not isinstance(message, dict):
        raise _refused(place, "A message has to be an object with role and content.")
    role = message.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise _refused(f"{place}.role", "A role has to be system, developer, user or assistant.")
    if message.get("tool_calls") or message.get("function_call"):
        raise _refused(f"{place}.tool_calls", "Tools are not supported here.", code="unsupported_parameter")
    text = _content(f"{place}.content", message.get("content"), may_be_absent=role == "assistant")
    if "\0" in text:
        raise _refused(f"{place}.content", "A message has to be without NUL characters.")
    return PromptMessage(_ROLES[role], text)


def _content(place: str, content: object, *, may_be_absent: bool) -> str:
    if isinstance(content, str):
        return content
    if content is None and may_be_absent:
        return ""
    if not isinstance(content, list):
        raise _refused(place, "content has to be text, or a list of parts of type text.")
    texts = []
    for part in content:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise _refused(place, "Only parts of type text are supported here.", code="unsupported_parameter")
        texts.append(part["text"])
    return "".join(texts)


def _yes_no(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    if value is not None and not isinstance(value, bool):
        raise _refused(name, f"{name} has to be true or false.")
    return bool(value)


def _include_usage(options: object) -> bool:
    if options is None:
        return False
    if not isinstance(options, dict):
        raise _refused("stream_options", "stream_options has to be an object.")
    return _yes_no(options, "include_usage")


def _tokens(fields: Mapping[str, Any], name: str) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_TOKENS:
        raise _refused(name, f"{name} has to be a whole number from 1 to {MOST_TOKENS:,}.")
    return value


def _number(fields: Mapping[str, Any], name: str, most: int) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not _within(value, most):
        raise _refused(name, f"{name} has to be a number from 0 to {most}.")
    return float(value)


def _within(value: float, most: int) -> bool:
    return math.isfinite(value) and 0 <= value <= most


def _stop(fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = fields.get("stop")
    if value is None:
        return ()
    stops = [value] if isinstance(value, str) else value
    if (
        not isinstance(stops, list)
        or len(stops) > MOST_STOPS
        or not all(isinstance(stop, str) and 0 < len(stop) <= 200 for stop in stops)
    ):
        raise _refused("stop", f"stop has to be text or up to {MOST_STOPS} texts of 1 to 200 characters.")
    return tuple(stops)


def _session(metadata: object) -> str | None:
    """Metadata of any other form is somebody else's."""
    session = metadata.get("session_id") if isinstance(metadata, dict) else None
    return session if isinstance(session, str) and session else None


def _refused(field: str, message: str, *, code: str = "invalid_value") -> InvalidInput:
    return InvalidInput(message, details={"field": field, "code": code})
