"""Each dialect's official SDK over real HTTP: what is asked, what is read, and what never leaves the machine."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.fakes.dialects import ANTHROPIC, DIALECTS, GEMINI, INPUT_TOKENS, KEY, OUTPUT_TOKENS, Dialect
from tests.fakes.wire import Reply, Wire, answer, event, head, raw, serving

from masterx.errors import (
    ProviderAuthError,
    ProviderBrokeOff,
    ProviderError,
    ProviderProtocolError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from masterx.providers.base import (
    Completion,
    Deadlines,
    Finished,
    FinishReason,
    GenerationRequest,
    PromptMessage,
    StreamEvent,
    TextDelta,
)
from masterx.providers.registry import WarmProvider

QUESTION = "planted words of the learner"
REQUEST = GenerationRequest(
    messages=(
        PromptMessage("system", "Teach."),
        PromptMessage("user", "What is light?"),
        PromptMessage("assistant", "A wave."),
        PromptMessage("user", QUESTION),
    ),
    max_output_tokens=64,
)
PATIENT = Deadlines(first_token=60, stall=60, total=120)
SHORT = Deadlines(first_token=0.4, stall=0.4, total=0.8)
SLACK = 20.0

ANY_DIALECT = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
ANY_KIND = pytest.mark.parametrize("kind", ["stream", "complete"])


@asynccontextmanager
async def asking(dialect: Dialect, *replies: Reply) -> AsyncIterator[tuple[WarmProvider, Wire]]:
    """A provider at a server with these replies. Afterwards neither tasks nor connections are left."""
    before = asyncio.all_tasks()
    async with serving(*replies) as server:
        provider = dialect.provider(server.root)
        try:
            await provider.warm_up()
            yield provider, server
        finally:
            await provider.aclose()
        async with asyncio.timeout(SLACK):
            await server.all_closed.wait()
    async with asyncio.timeout(SLACK):
        while asyncio.all_tasks() - before:  # noqa: ASYNC110 - generators are closed by the loop in its own time
            await asyncio.sleep(0.01)


async def outcome(provider: WarmProvider, kind: str, deadlines: Deadlines = PATIENT) -> list[StreamEvent] | Completion:
    async with asyncio.timeout(deadlines.total + SLACK):
        if kind == "complete":
            return await provider.complete(REQUEST, deadlines)
        return [event async for event in provider.stream(REQUEST, deadlines)]


def end_of(result: list[StreamEvent] | Completion) -> tuple[str, Finished]:
    if isinstance(result, Completion):
        return result.text, result.finished
    *pieces, finished = result
    assert isinstance(finished, Finished)
    return "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)), finished


@ANY_DIALECT
@ANY_KIND
async def test_an_answer(dialect: Dialect, kind: str) -> None:
    good = (
        raw(head(), dialect.stream("Hello", " there"))
        if kind == "stream"
        else answer(dialect.whole("Hello there", dialect.stop))
    )
    async with asking(dialect, good) as (provider, _):
        text, finished = end_of(await outcome(provider, kind))

    assert text == "Hello there"
    assert finished.reason is FinishReason.STOP
    assert finished.model == dialect.model
    assert finished.usage is not None
    assert (finished.usage.input_tokens, finished.usage.output_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)


@ANY_KIND
async def test_what_anthropic_is_asked(kind: str) -> None:
    async with asking(ANTHROPIC, ANTHROPIC.reply(kind, "Hi")) as (provider, server):
        _, finished = end_of(await outcome(provider, kind))

    (received,) = server.received
    assert received.head.startswith("POST /v1/messages HTTP/1.1")
    assert received.body == {
        "model": ANTHROPIC.model,
        "max_tokens": 64,
        "system": "Teach.",
        "messages": [
            {"role": "user", "content": "What is light?"},
            {"role": "assistant", "content": "A wave."},
            {"role": "user", "content": QUESTION},
        ],
    } | ({"stream": True} if kind == "stream" else {})
    assert finished.usage is not None
    assert finished.usage.cached_input_tokens == 4


@ANY_KIND
async def test_what_gemini_is_asked(kind: str) -> None:
    async with asking(GEMINI, GEMINI.reply(kind, "Hi")) as (provider, server):
        _, finished = end_of(await outcome(provider, kind))

    (received,) = server.received
    method = "streamGenerateContent?alt=sse" if kind == "stream" else "generateContent"
    assert received.head.startswith(f"POST /v1beta/models/{GEMINI.model}:{method} HTTP/1.1")
    assert f"x-goog-api-key: {KEY}" in received.head
    assert received.body == {
        "contents": [
            {"role": "user", "parts": [{"text": "What is light?"}]},
            {"role": "model", "parts": [{"text": "A wave."}]},
            {"role": "user", "parts": [{"text": QUESTION}]},
        ],
        "systemInstruction": {"parts": [{"text": "Teach."}]},
        "generationConfig": {"maxOutputTokens": 64},
    }
    assert finished.usage is not None
    assert (finished.usage.cached_input_tokens, finished.usage.reasoning_tokens) == (4, 1)


@pytest.mark.parametrize(
    ("dialect", "ending", "path"),
    [
        (ANTHROPIC, "/v1", "/v1/messages"),
        (ANTHROPIC, "/", "/v1/messages"),
        (GEMINI, "/v1beta", "/v1beta/models/"),
        (GEMINI, "/", "/v1beta/models/"),
    ],
)
async def test_a_base_url_may_name_the_version_or_not(dialect: Dialect, ending: str, path: str) -> None:
    async with serving(dialect.reply("complete", "Hi")) as server:
        provider = dialect.provider(server.root + ending)
        await outcome(provider, "complete")
        await provider.aclose()

    assert server.received[0].head.split()[1].startswith(path)


@ANY_DIALECT
@ANY_KIND
@pytest.mark.parametrize("reason", ["length", "refused"])
async def test_other_ends(dialect: Dialect, kind: str, reason: str) -> None:
    word = dialect.length if reason == "length" else dialect.refused
    async with asking(dialect, dialect.reply(kind, "Hi", finish=word)) as (provider, _):
        text, finished = end_of(await outcome(provider, kind))

    assert (text, finished.reason) == ("Hi", FinishReason(reason))


@ANY_DIALECT
async def test_thoughts_keep_a_stream_alive_and_are_not_shown(dialect: Dialect) -> None:
    # Together they take longer than the deadline; between two of them a busy machine may halt for most of it.
    patience = Deadlines(first_token=2, stall=2, total=PATIENT.total)
    pieces = [dialect.opening, *[dialect.thought] * 10, dialect.word("Hi"), dialect.ending(dialect.stop)]
    async with asking(dialect, raw(head(), *pieces, pause=0.2)) as (provider, _):
        text, _ = end_of(await outcome(provider, "stream", patience))

    assert text == "Hi"


@ANY_DIALECT
@ANY_KIND
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (302, ProviderRejected),
        (400, ProviderRejected),
        (401, ProviderAuthError),
        (404, ProviderRejected),
        (429, ProviderRateLimited),
        (500, ProviderUnavailable),
        (529, ProviderUnavailable),
    ],
)
async def test_statuses(dialect: Dialect, kind: str, status: int, expected: type[ProviderError]) -> None:
    async with asking(dialect, answer(dialect.failure(status), status, Retry_After="7")) as (provider, server):
        with pytest.raises(expected) as caught:
            await outcome(provider, kind)

    assert len(server.received) == 1  # no SDK repeats by itself
    assert caught.value.retry_after == 7


@ANY_DIALECT
async def test_an_error_in_the_middle(dialect: Dialect) -> None:
    async with asking(dialect, raw(head(), dialect.opening, dialect.word("Hi"), event(dialect.failure(529)))) as (
        provider,
        _,
    ):
        with pytest.raises(ProviderUnavailable):
            await outcome(provider, "stream")


@ANY_KIND
@pytest.mark.parametrize(
    ("dialect", "status", "message", "expected", "words"),
    [
        (ANTHROPIC, 400, "prompt is too long: 213462 tokens > 200000", ProviderRejected, "too long"),
        (ANTHROPIC, 400, "Your credit balance is too low to access", ProviderAuthError, "no credit"),
        (
            GEMINI,
            400,
            "The input token count (1) exceeds the maximum number of tokens allowed",
            ProviderRejected,
            "too long",
        ),
    ],
)
async def test_what_only_the_text_of_an_error_says(
    dialect: Dialect, status: int, message: str, expected: type[ProviderError], words: str, kind: str
) -> None:
    body = dialect.failure(status)
    body["error"]["message"] = message
    async with asking(dialect, answer(body, status)) as (provider, _):
        with pytest.raises(expected) as caught:
            await outcome(provider, kind)

    assert words in caught.value.message


@ANY_KIND
async def test_a_wrong_key_and_a_wait_as_gemini_says_them(kind: str) -> None:
    wrong_key, wait = GEMINI.failure(400), GEMINI.failure(429)
    wrong_key["error"]["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    wait["error"]["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37.5s"}]
    async with asking(GEMINI, answer(wrong_key, 400), answer([wait], 429)) as (provider, _):
        with pytest.raises(ProviderAuthError):
            await outcome(provider, kind)
        with pytest.raises(ProviderRateLimited) as caught:
            await outcome(provider, kind)

    assert caught.value.retry_after == 37.5


@ANY_KIND
async def test_a_question_that_gemini_blocks(kind: str) -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 12}}
    async with asking(GEMINI, raw(head(), event(blocked)) if kind == "stream" else answer(blocked)) as (provider, _):
        with pytest.raises(ProviderRejected):
            await outcome(provider, kind)


@ANY_DIALECT
@ANY_KIND
async def test_an_answer_that_was_all_thought(dialect: Dialect, kind: str) -> None:
    body = dialect.opening + dialect.thought + dialect.ending(dialect.length)
    async with asking(
        dialect, raw(head(), body) if kind == "stream" else answer(dialect.whole("", dialect.length))
    ) as (provider, _):
        with pytest.raises(ProviderProtocolError, match="token limit"):
            await outcome(provider, kind)


@ANY_DIALECT
@ANY_KIND
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(answer(b"", content_type="text/event-stream"), ProviderProtocolError, id="empty"),
        pytest.param(answer(b"\xff\xfe{", 500, "application/json"), ProviderUnavailable, id="an error in no encoding"),
        pytest.param(answer(b"[1, 2]", content_type="application/json"), ProviderProtocolError, id="a list"),
        pytest.param(
            raw(head(500, "text/plain"), *[b"x" * 65_536] * 200, hang=True), ProviderUnavailable, id="endless error"
        ),
        pytest.param(raw(), ProviderUnavailable, id="closed at once"),
        pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), ProviderError, id="not HTTP"),
        pytest.param(raw(head(length=1000) + b"data: "), ProviderError, id="shorter than it said"),
        pytest.param(raw(hang=True), ProviderTimeout, id="silence"),
        pytest.param(raw(head(), *[b" " * 65_536] * 200), ProviderProtocolError, id="megabytes"),
    ],
)
async def test_faults(dialect: Dialect, kind: str, reply: Reply, expected: type[ProviderError]) -> None:
    async with asking(dialect, reply) as (provider, _):
        with pytest.raises(expected):
            await outcome(provider, kind, SHORT if expected is ProviderTimeout else PATIENT)


@ANY_DIALECT
@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        pytest.param(b"", ProviderBrokeOff, id="silent end"),
        pytest.param(event(b"{"), ProviderProtocolError, id="half an event"),
        pytest.param(event(b"[]"), ProviderProtocolError, id="a list"),
        pytest.param(b"x" * 2_000_000, ProviderProtocolError, id="megabytes"),
    ],
)
async def test_faults_after_the_first_word(dialect: Dialect, tail: bytes, expected: type[ProviderError]) -> None:
    async with asking(dialect, raw(head(), dialect.opening, dialect.word("Hi"), tail)) as (provider, _):
        with pytest.raises(expected):
            await outcome(provider, "stream")


@ANY_DIALECT
@pytest.mark.parametrize("wrong", [5, ["a"], {"a": 1}])
async def test_text_that_is_none(dialect: Dialect, wrong: object) -> None:
    async with asking(dialect, raw(head(), dialect.opening, dialect.word(wrong), dialect.ending(dialect.stop))) as (
        provider,
        _,
    ):
        with pytest.raises(ProviderProtocolError):
            await outcome(provider, "stream")


@ANY_DIALECT
async def test_leaving_closes_the_connection_at_once(dialect: Dialect) -> None:
    async with asking(dialect, raw(head(), dialect.opening, dialect.word("Hi"), hang=True)) as (provider, server):
        stream = provider.stream(REQUEST, PATIENT)
        assert await anext(stream) == TextDelta("Hi")
        await stream.aclose()
        async with asyncio.timeout(60):
            await server.all_closed.wait()


@ANY_DIALECT
async def test_connections_are_used_again(dialect: Dialect) -> None:
    async with asking(dialect, answer(dialect.whole("Hi", dialect.stop))) as (provider, server):
        for _ in range(3):
            await outcome(provider, "complete")

    assert (len(server.received), server.connections) == (3, 1)


@ANY_DIALECT
@ANY_KIND
async def test_no_key_and_no_text_in_errors_tracebacks_and_logs(
    dialect: Dialect, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    replies = [
        answer(dialect.failure(401), 401),
        answer(b"{sk-vendor-text", 200),
        raw(head(), dialect.opening, event(b"{sk-vendor-text")),
        raw(head(), dialect.opening, event(dialect.failure(529))),
        raw(),
    ]
    seen = []
    async with asking(dialect, *replies) as (provider, _):
        for _ in replies:
            with pytest.raises(ProviderError) as caught:
                await outcome(provider, kind)
            error = caught.value
            seen += [repr(error), repr(error.details), "".join(traceback.format_exception(error))]
        seen += [repr(provider), repr(vars(provider))]

    everything = "\n".join([*seen, caplog.text])
    for secret in (KEY, QUESTION, "sk-vendor-text"):
        assert secret not in everything


@pytest.mark.parametrize("dialect", [ANTHROPIC, GEMINI], ids=lambda dialect: dialect.name)
@ANY_KIND
async def test_variables_of_the_sdks_redirect_nothing(
    dialect: Dialect, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = "planted-for-others"
    for name in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "GOOGLE_API_KEY",
        "GEMINI_API_KEY",
        "GOOGLE_CLOUD_PROJECT",
    ):
        monkeypatch.setenv(name, planted)
    for name in ("ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL"):
        monkeypatch.setenv(name, f"http://{planted}.invalid")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", f"X-Gateway-Token: {planted}")
    for name in ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "v9")
    monkeypatch.setenv("GOOGLE_API_USE_MTLS_ENDPOINT", "always")
    async with asking(dialect, dialect.reply(kind, "Hi")) as (provider, server):
        await outcome(provider, kind)

    (received,) = server.received
    assert planted not in received.head
    assert KEY in received.head
    assert "v9" not in received.head
