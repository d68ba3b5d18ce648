from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
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
from masterx.providers.base import FinishReason, GenerationRequest, PromptMessage
from masterx.providers.generate_content import asked_to_wait, read_chunk, read_completion, request_body, vendor_code
from masterx.records.usage import Usage


def candidate(*parts: object, finish: object = None, **fields: Any) -> bytes:
    told: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}}
    if finish is not None:
        told["finishReason"] = finish
    return json.dumps({"candidates": [told], **fields}).encode()


def test_a_request_without_instructions_has_no_system_field() -> None:
    request = GenerationRequest(messages=(PromptMessage("user", "Why?"),), max_output_tokens=64)
    assert request_body(request) == {
        "contents": [{"role": "user", "parts": [{"text": "Why?"}]}],
        "generationConfig": {"maxOutputTokens": 64},
    }


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"promptTokenCount": 12}, None),
        ({"promptTokenCount": 12, "candidatesTokenCount": 3}, Usage(input_tokens=12, output_tokens=3)),
        (
            {"promptTokenCount": 12, "thoughtsTokenCount": 5, "cachedContentTokenCount": 4},
            Usage(input_tokens=12, output_tokens=5, reasoning_tokens=5, cached_input_tokens=4),
        ),
        (
            {"promptTokenCount": 12, "toolUsePromptTokenCount": 8, "candidatesTokenCount": 3, "thoughtsTokenCount": 5},
            Usage(input_tokens=20, output_tokens=8, reasoning_tokens=5),
        ),
        ({"promptTokenCount": -1, "candidatesTokenCount": 3}, None),
        ({"promptTokenCount": 12, "candidatesTokenCount": True}, None),
        ("x", None),
    ],
)
def test_usage(usage: object, expected: Usage | None) -> None:
    assert read_chunk("p", candidate({"text": "a"}, usageMetadata=usage)).usage == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("STOP", FinishReason.STOP),
        ("MAX_TOKENS", FinishReason.LENGTH),
        ("CONTINUATION", FinishReason.LENGTH),
        ("SAFETY", FinishReason.REFUSED),
        ("RECITATION", FinishReason.REFUSED),
        ("SPII", FinishReason.REFUSED),
        ("FINISH_REASON_UNSPECIFIED", None),
        ("", None),
        (None, None),
    ],
)
def test_reasons(reason: str | None, expected: FinishReason | None) -> None:
    assert read_chunk("p", candidate({"text": "a"}, finish=reason)).finish is expected


@pytest.mark.parametrize("reason", ["OTHER", "MALFORMED_RESPONSE", "something new"])
def test_reasons_that_are_failures(reason: str) -> None:
    with pytest.raises(ProviderBrokeOff):
        read_chunk("p", candidate({"text": "a"}, finish=reason))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (candidate({"text": "a"}, {"text": "b\0"}), Chunk(text="ab\ufffd")),
        (candidate({"text": "hmm", "thought": True}), Chunk(thinking=True)),
        (candidate({"functionCall": {}}), Chunk()),
        (candidate({"text": "a"}, modelVersion="m-1"), Chunk(text="a", model="m-1")),
        (b'{"candidates": [{"finishReason": "STOP"}]}', Chunk(finish=FinishReason.STOP)),
        (b'{"candidates": [{"content": {"role": "model"}}]}', Chunk()),
        (b'{"promptFeedback": {"blockReason": "SAFETY"}}', Chunk(finish=FinishReason.REFUSED)),
        (b'{"promptFeedback": {"safetyRatings": []}}', Chunk()),
        (b"{}", Chunk()),
    ],
)
def test_events(data: bytes, expected: Chunk) -> None:
    assert read_chunk("p", data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[1]",
        b'{"candidates": 5}',
        b'{"candidates": [5]}',
        b'{"candidates": [{"content": "x"}]}',
        b'{"candidates": [{"content": {"parts": "x"}}]}',
        candidate(5),
        candidate({"text": 5}),
        candidate({"text": "a"}, finish=5),
    ],
)
def test_what_cannot_be_read(data: bytes) -> None:
    with pytest.raises(ProviderProtocolError):
        read_chunk("p", data)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (403, ProviderAuthError),
        (429, ProviderRateLimited),
        (400, ProviderRejected),
        (503, ProviderUnavailable),
        ("x", ProviderUnavailable),
    ],
)
def test_an_error_in_the_middle_of_a_stream(code: object, expected: type[ProviderError]) -> None:
    with pytest.raises(expected):
        read_chunk("p", json.dumps({"error": {"code": code, "message": "sk-secret"}}).encode())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (candidate({"text": "Hi"}), ProviderBrokeOff),
        (candidate(finish="STOP"), ProviderProtocolError),
        (candidate(finish="SAFETY"), ProviderRejected),
        (b'{"promptFeedback": {"blockReason": "OTHER"}}', ProviderRejected),
        (b"{}", ProviderProtocolError),
    ],
)
def test_whole_answers_that_are_none(data: bytes, expected: type[ProviderError]) -> None:
    with pytest.raises(expected):
        read_completion("p", data, asked_model="m")


@pytest.mark.parametrize(
    ("delay", "expected"), [("37s", 37.0), ("0.5s", 0.5), ("-1s", None), ("infs", None), ("s", None), (5, None)]
)
def test_the_wait_that_an_error_asks_for(delay: object, expected: float | None) -> None:
    assert asked_to_wait({"error": {"details": [{"retryDelay": delay}]}}) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.sampled_from(
    ["candidates", "content", "parts", "text", "finishReason", "usageMetadata", "promptFeedback", "error", "details"]
)
NESTED = st.recursive(
    JSON,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(FIELDS, NESTED, max_size=5))
def test_whatever_comes_is_read_or_refused(payload: dict[str, Any]) -> None:
    data = json.dumps(payload).encode()
    with suppress(ProviderError):
        read_chunk("p", data)
    with suppress(ProviderError):
        read_completion("p", data, asked_model="m")
    vendor_code(payload)
    asked_to_wait(payload)
