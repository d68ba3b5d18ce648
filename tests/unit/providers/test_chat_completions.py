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
from masterx.providers.chat_completions import read_chunk, read_completion, request_body
from masterx.records.usage import Usage

REQUEST = GenerationRequest(
    messages=(PromptMessage("system", "Teach."), PromptMessage("user", "Why?")), max_output_tokens=64
)


def chunk(delta: object, finish: object = None, **fields: Any) -> Chunk:
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return read_chunk("p", json.dumps({"choices": choices, **fields}).encode())


def completion(message: object, finish: object = "stop", **fields: Any) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": finish}], **fields}).encode()


def test_request_names_model_messages_and_limit() -> None:
    body = request_body("m", REQUEST, stream=False, stream_usage=True, max_tokens_field="max_completion_tokens")

    assert body == {
        "model": "m",
        "messages": [{"role": "system", "content": "Teach."}, {"role": "user", "content": "Why?"}],
        "max_completion_tokens": 64,
    }


@pytest.mark.parametrize("supported", [True, False])
def test_a_stream_asks_for_usage_where_the_vendor_takes_it(supported: bool) -> None:
    body = request_body("m", REQUEST, stream=True, stream_usage=supported, max_tokens_field="max_tokens")

    assert body["stream"] is True
    assert body.get("stream_options") == ({"include_usage": True} if supported else None)


def test_text_of_a_chunk() -> None:
    assert chunk({"content": "Hi"}, model="m-1") == Chunk(text="Hi", model="m-1")


@pytest.mark.parametrize("delta", [{}, None, {"role": "assistant"}, {"content": None}, {"content": ""}])
def test_chunks_without_text(delta: object) -> None:
    assert chunk(delta).text == ""


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_a_sign_of_life_and_not_text(field: str) -> None:
    assert chunk({field: "hmm", "content": None}) == Chunk(thinking=True)


def test_parts_of_a_reasoning_model_are_read_without_the_thinking() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hmm"}]}, {"type": "text", "text": "Hi"}]

    assert chunk({"content": parts}).text == "Hi"


def test_nul_cannot_be_stored_and_is_replaced() -> None:
    assert chunk({"content": "a\0b"}).text == "a\ufffdb"


@pytest.mark.parametrize(
    ("reported", "reason"),
    [
        ("stop", FinishReason.STOP),
        ("eos", FinishReason.STOP),
        ("tool_calls", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("model_length", FinishReason.LENGTH),
        ("MAX_TOKENS", FinishReason.LENGTH),
        ("content_filter", FinishReason.REFUSED),
        ("sensitive", FinishReason.REFUSED),
        (None, None),
        ("", None),
    ],
)
def test_finish_reasons(reported: str | None, reason: FinishReason | None) -> None:
    assert chunk({}, reported).finish is reason


@pytest.mark.parametrize("reported", ["error", "network_error", "insufficient_system_resource"])
def test_a_finish_reason_that_reports_a_failure_is_one(reported: str) -> None:
    with pytest.raises(ProviderBrokeOff):
        chunk({}, reported)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"choices": 5}',
        b'{"choices": [5]}',
        b'{"choices": [{"delta": "text"}]}',
        b'{"choices": [{"delta": {"content": 5}}]}',
        b'{"choices": [{"delta": {"content": {"a": 1}}}]}',
        b'{"choices": [{"delta": {"content": ["a"]}}]}',
        b'{"choices": [{"delta": {"content": [{"type": "text", "text": 5}]}}]}',
        b'{"choices": [{"delta": {}, "finish_reason": 5}]}',
        b'{"choices": [{"delta": {"content": "\\ud800"}}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_chunk_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProviderProtocolError):
        read_chunk("p", data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["choices", "delta", "message", "content", "finish_reason", "usage", "error", "code"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_read_or_refused_with_a_provider_error(payload: object) -> None:
    data = json.dumps(payload).encode()
    with suppress(ProviderError):
        read_chunk("p", data)
    with suppress(ProviderError):
        read_completion("p", data, asked_model="m")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, ProviderAuthError),
        ("402", ProviderAuthError),
        (429, ProviderRateLimited),
        (400, ProviderRejected),
        (502, ProviderUnavailable),
        ("rate_limit", ProviderUnavailable),
        (None, ProviderUnavailable),
        ("²", ProviderUnavailable),
    ],
)
def test_an_error_inside_a_200_keeps_its_meaning_and_loses_its_text(code: object, kind: type[ProviderError]) -> None:
    data = json.dumps({"error": {"message": "key sk-secret", "code": code}}).encode()

    with pytest.raises(kind) as caught:
        read_chunk("p", data)
    assert "sk-secret" not in f"{caught.value!r} {caught.value.details}"


def test_completion() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    answer = read_completion("p", completion({"content": "Hi"}, model="m-1", usage=usage), asked_model="m")

    assert (answer.text, answer.finished.reason, answer.finished.model) == ("Hi", FinishReason.STOP, "m-1")
    assert answer.finished.usage == Usage(input_tokens=10, output_tokens=7, cached_input_tokens=4, reasoning_tokens=3)


def test_thoughts_in_a_completion_are_dropped() -> None:
    data = completion({"content": "<think>hmm</think>\n\nHi"})

    assert read_completion("p", data, asked_model="m").text == "Hi"


def test_completion_without_model_or_usage() -> None:
    answer = read_completion("p", completion({"content": "Hi"}), asked_model="m")

    assert (answer.finished.model, answer.finished.usage) == ("m", None)


@pytest.mark.parametrize(
    "usage",
    [
        5,
        {},
        {"prompt_tokens": 1},
        {"prompt_tokens": "1", "completion_tokens": 1},
        {"prompt_tokens": -1, "completion_tokens": 1},
        {"prompt_tokens": True, "completion_tokens": 1},
        {"prompt_tokens": 2**70, "completion_tokens": 1},
        {"prompt_tokens": 1.5, "completion_tokens": 1},
        {"prompt_tokens": 0, "completion_tokens": 0},
    ],
)
def test_usage_that_makes_no_sense_counts_as_absent(usage: object) -> None:
    assert chunk({"content": "Hi"}, usage=usage).usage is None


def test_cached_and_reasoning_tokens_are_parts_of_their_totals() -> None:
    usage = chunk(
        {},
        usage={
            "prompt_tokens": 5,
            "completion_tokens": 3,
            "prompt_cache_hit_tokens": 9,
            "completion_tokens_details": {"reasoning_tokens": 99},
        },
    ).usage

    assert usage == Usage(input_tokens=5, output_tokens=3, cached_input_tokens=5, reasoning_tokens=3)


def test_a_refusal_is_text_with_its_own_reason() -> None:
    answer = read_completion("p", completion({"content": None, "refusal": "I cannot."}), asked_model="m")

    assert (answer.text, answer.finished.reason) == ("I cannot.", FinishReason.REFUSED)
    assert chunk({"refusal": "I cannot."}) == Chunk(text="I cannot.", refused=True)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (completion({"content": ""}), ProviderProtocolError),
        (completion({"content": " \n"}), ProviderProtocolError),
        (completion({"content": "<think>never ends"}, "length"), ProviderProtocolError),
        (completion({"content": None}, "tool_calls"), ProviderProtocolError),
        (completion({"content": ""}, "content_filter"), ProviderRejected),
        (completion({"content": "Hi"}, None), ProviderBrokeOff),
        (completion(None), ProviderProtocolError),
        (b'{"choices": []}', ProviderProtocolError),
        (b"{}", ProviderProtocolError),
    ],
)
def test_what_is_no_answer(data: bytes, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        read_completion("p", data, asked_model="m")
