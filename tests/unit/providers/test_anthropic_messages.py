from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from masterx.errors import (
    ProviderAuthError,
    ProviderBrokeOff,
    ProviderError,
    ProviderProtocolError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
)
from masterx.providers.answers import Chunk
from masterx.providers.anthropic_messages import MessageEvents, read_completion, request_body, vendor_code
from masterx.providers.base import FinishReason, GenerationRequest, PromptMessage
from masterx.records.usage import Usage


def read(*events: dict[str, Any]) -> list[Chunk]:
    reader = MessageEvents("p")
    return [reader.read(json.dumps(event).encode()) for event in events]


def completion(content: object, stop: object = "end_turn", **fields: Any) -> bytes:
    return json.dumps({"type": "message", "content": content, "stop_reason": stop, **fields}).encode()


def delta(**fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "delta": fields}


def test_a_request_without_instructions_has_no_system_field() -> None:
    request = GenerationRequest(messages=(PromptMessage("user", "Why?"),), max_output_tokens=64)
    assert request_body("m", request, stream=False) == {
        "model": "m",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "Why?"}],
    }


def test_tokens_of_cache_and_thought_are_parts_of_the_totals() -> None:
    start = {"input_tokens": 5, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 3, "output_tokens": 1}
    end = {"input_tokens": None, "output_tokens": 20, "output_tokens_details": {"thinking_tokens": 7}}
    *_, last = read(
        {"type": "message_start", "message": {"model": "m", "usage": start}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": end},
    )
    assert last.usage == Usage(input_tokens=12, output_tokens=20, cached_input_tokens=4, reasoning_tokens=7)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("tool_use", FinishReason.STOP),
        ("something new", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("pause_turn", FinishReason.LENGTH),
        ("refusal", FinishReason.REFUSED),
        (None, None),
    ],
)
def test_reasons(reason: str | None, expected: FinishReason | None) -> None:
    (chunk,) = read({"type": "message_delta", "delta": {"stop_reason": reason}})
    assert chunk.finish is expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (delta(type="text_delta", text="Hi"), Chunk(text="Hi")),
        (delta(type="text_delta", text="a\0b"), Chunk(text="a\ufffdb")),
        (delta(type="thinking_delta", thinking="hmm"), Chunk(thinking=True)),
        (delta(type="signature_delta", signature="x"), Chunk()),
        (delta(type="input_json_delta", partial_json="{"), Chunk()),
        ({"type": "content_block_start", "content_block": {"type": "text", "text": "Hi"}}, Chunk(text="Hi")),
        ({"type": "content_block_start", "content_block": {"type": "redacted_thinking"}}, Chunk(thinking=True)),
        ({"type": "content_block_stop"}, Chunk()),
        ({"type": "ping"}, Chunk()),
        ({"type": "invented tomorrow"}, Chunk()),
        ({"type": "message_stop"}, Chunk(last=True)),
    ],
)
def test_events(event: dict[str, Any], expected: Chunk) -> None:
    assert read(event) == [expected]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overloaded_error", ProviderUnavailable),
        ("rate_limit_error", ProviderRateLimited),
        ("authentication_error", ProviderAuthError),
        ("billing_error", ProviderAuthError),
        ("invalid_request_error", ProviderRejected),
        ("api_error", ProviderUnavailable),
        ("something new", ProviderUnavailable),
        (5, ProviderUnavailable),
    ],
)
def test_an_error_in_the_middle_of_a_stream(kind: object, expected: type[ProviderError]) -> None:
    with pytest.raises(expected):
        read({"type": "error", "error": {"type": kind, "message": "sk-secret"}})


@pytest.mark.parametrize(
    "event",
    [delta(type="text_delta", text=5), {"type": "content_block_delta"}, {"type": "message_start", "message": "x"}],
)
def test_what_cannot_be_read(event: dict[str, Any]) -> None:
    with pytest.raises(ProviderProtocolError):
        read(event)


def test_of_a_whole_answer_the_text_blocks_are_shown() -> None:
    blocks = [{"type": "thinking", "thinking": "hmm"}, {"type": "text", "text": "Hello"}, {"type": "text", "text": "!"}]
    answer = read_completion("p", completion(blocks, model="m-1"), asked_model="m")
    assert (answer.text, answer.finished.model, answer.finished.usage) == ("Hello!", "m-1", None)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (completion([{"type": "text", "text": "Hi"}], None), ProviderBrokeOff),
        (completion([]), ProviderProtocolError),
        (completion([], "refusal"), ProviderRejected),
        (completion("Hi"), ProviderProtocolError),
        (completion([5]), ProviderProtocolError),
        (completion([{"type": "text", "text": "Hi"}], 5), ProviderProtocolError),
        (b"[]", ProviderProtocolError),
    ],
)
def test_whole_answers_that_are_none(data: bytes, expected: type[ProviderError]) -> None:
    with pytest.raises(expected):
        read_completion("p", data, asked_model="m")


@pytest.mark.parametrize("body", [None, [], {"error": 5}, {"error": {"message": 5}}, {"error": {"message": "sk-x"}}])
def test_a_body_that_says_nothing_known(body: object) -> None:
    assert vendor_code(body) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.sampled_from(
    ["type", "delta", "message", "content_block", "content", "usage", "stop_reason", "text", "error"]
)
TYPES = st.sampled_from(["text_delta", "message_start", "message_delta", "content_block_delta", "content_block_start"])


@given(st.dictionaries(FIELDS, TYPES | JSON | st.dictionaries(FIELDS, TYPES | JSON, max_size=4), max_size=6))
@example({"type": "content_block_start", "content_block": {"type": []}})
@example({"content": [{"type": {}}]})
def test_whatever_comes_is_read_or_refused(payload: dict[str, Any]) -> None:
    data = json.dumps(payload).encode()
    with suppress(ProviderError):
        MessageEvents("p").read(data)
    with suppress(ProviderError):
        read_completion("p", data, asked_model="m")
    vendor_code(payload)
