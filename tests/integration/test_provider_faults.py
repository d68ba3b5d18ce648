"""The SDK over real HTTP against a server that misbehaves: each fault ends in its typed error, in time."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr
from tests.fakes import wire
from tests.fakes.wire import Reply, Wire, answer, completion, delta, head, raw, serving

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
    ProviderInfo,
    StreamEvent,
    TextDelta,
)
from masterx.providers.openai_compatible import OpenAICompatible
from masterx.providers.remote import Connection
from masterx.records.usage import Usage

REQUEST = GenerationRequest(messages=(PromptMessage("user", "Why is the sky blue?"),), max_output_tokens=64)
SHORT = Deadlines(first_token=0.4, stall=0.4, total=0.8)
PATIENT = Deadlines(first_token=60, stall=60, total=120)
BY_PHASE = {
    None: PATIENT,
    "stall": Deadlines(first_token=10, stall=0.4, total=20),
    "total": Deadlines(first_token=10, stall=10, total=3),
}
"""Short only where a deadline is what the test waits for: a loaded machine is slow, not broken."""
SLACK = 20.0
"""On top of the longest deadline, for a machine with other work; it is waited for only by what would hang."""
GOOD_STREAM = (delta("Hello"), delta(" there"), delta(finish="stop"), wire.USAGE, wire.DONE)
USAGE = Usage(input_tokens=12, output_tokens=3)


def provider_at(base_url: str, *, max_tokens: str = "max_tokens", stream_usage: bool = True) -> OpenAICompatible:
    info = ProviderInfo(name="wire", model_name="asked-model", label="Wire", dialect="openai", price_id=None)
    return OpenAICompatible(
        info,
        Connection(
            base_url=base_url,
            key=SecretStr("sk-planted-key-0123456789"),
            max_tokens_field="max_completion_tokens" if max_tokens == "max_completion_tokens" else "max_tokens",
            stream_usage=stream_usage,
        ),
    )


@asynccontextmanager
async def asking(*replies: Reply) -> AsyncIterator[tuple[OpenAICompatible, Wire]]:
    """A provider at a server with these replies. Afterwards neither tasks nor connections are left."""
    before = asyncio.all_tasks()
    async with serving(*replies) as server:
        provider = provider_at(server.base_url)
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


async def outcome(provider: OpenAICompatible, kind: str, deadlines: Deadlines) -> list[StreamEvent] | Completion:
    async with asyncio.timeout(deadlines.total + SLACK):
        if kind == "complete":
            return await provider.complete(REQUEST, deadlines)
        return [event async for event in provider.stream(REQUEST, deadlines)]


def error_body(code: str | None = None, message: str = "sk-vendor-text") -> dict[str, object]:
    return {"error": {"message": message, "code": code, "type": "whatever", "param": None}}


ANY_KIND = pytest.mark.parametrize("kind", ["stream", "complete"])


@ANY_KIND
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(answer(error_body(), 400), ProviderRejected, id="400"),
        pytest.param(answer(error_body("invalid_api_key"), 401), ProviderAuthError, id="401"),
        pytest.param(answer(error_body(), 403), ProviderAuthError, id="403"),
        pytest.param(answer(error_body("model_not_found"), 404), ProviderRejected, id="404"),
        pytest.param(answer(error_body(), 413), ProviderRejected, id="413"),
        pytest.param(answer(error_body(), 422), ProviderRejected, id="422"),
        pytest.param(answer(error_body(), 429), ProviderRateLimited, id="429"),
        pytest.param(answer(error_body("insufficient_quota"), 429), ProviderAuthError, id="no credit"),
        pytest.param(answer(error_body(), 500), ProviderUnavailable, id="500"),
        pytest.param(answer(b"<html>", 502, "text/html"), ProviderUnavailable, id="502 page"),
        pytest.param(answer(b"", 529), ProviderUnavailable, id="529"),
        pytest.param(answer(b"", 302, Location="http://127.0.0.1:9/"), ProviderRejected, id="redirect"),
        pytest.param(answer(b"", content_type="application/json"), ProviderProtocolError, id="empty 200"),
        pytest.param(answer(b"", content_type="text/event-stream"), ProviderProtocolError, id="empty stream"),
        pytest.param(answer(b"<html>", content_type="text/html"), ProviderProtocolError, id="a page"),
        pytest.param(answer(b'{"choices": [', content_type="application/json"), ProviderProtocolError, id="half JSON"),
        pytest.param(answer(error_body()), ProviderError, id="error in a 200"),
        pytest.param(raw(), ProviderUnavailable, id="closed at once"),
        pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), ProviderProtocolError, id="not HTTP"),
        pytest.param(raw(head(length=1000) + b"data: "), ProviderError, id="shorter than it said"),
        pytest.param(raw(hang=True), ProviderTimeout, id="silence"),
        pytest.param(raw(head(), hang=True), ProviderTimeout, id="a head and silence"),
        pytest.param(
            answer(b"not gzip", content_type="text/event-stream", Content_Encoding="gzip"),
            ProviderProtocolError,
            id="bad gzip",
        ),
        pytest.param(
            raw(head(500, "text/plain"), *[b"x" * 65_536] * 200, hang=True), ProviderUnavailable, id="endless error"
        ),
    ],
)
async def test_faults_before_the_first_word(kind: str, reply: Reply, expected: type[ProviderError]) -> None:
    async with asking(reply) as (provider, _):
        with pytest.raises(expected) as caught:
            await outcome(provider, kind, deadlines_for(expected))

    shown = f"{caught.value!r} {caught.value.message} {caught.value.details}"
    assert caught.value.provider == "wire"
    assert "sk-" not in shown


@pytest.mark.parametrize(
    ("reply", "expected", "phase"),
    [
        pytest.param(raw(head(), delta("Hi")), ProviderBrokeOff, None, id="ends without finish reason"),
        pytest.param(raw(head(), delta("Hi"), wire.DONE), ProviderBrokeOff, None, id="done without finish reason"),
        pytest.param(raw(head(), delta("Hi"), delta(finish="error")), ProviderBrokeOff, None, id="finish: error"),
        pytest.param(raw(head(length=9999) + delta("Hi")), ProviderUnavailable, None, id="cut"),
        pytest.param(raw(head(), delta("Hi"), wire.event(b"{")), ProviderProtocolError, None, id="half a chunk"),
        pytest.param(raw(head(), delta("Hi"), delta(5)), ProviderProtocolError, None, id="content is a number"),
        pytest.param(raw(head(), delta("Hi"), wire.event(error_body())), ProviderUnavailable, None, id="error event"),
        pytest.param(raw(head(), delta("Hi"), hang=True), ProviderTimeout, "stall", id="stall"),
        pytest.param(
            raw(head(), delta("Hi"), *[b"d"] * 100, pause=0.05), ProviderTimeout, "stall", id="a trickle of bytes"
        ),
        pytest.param(
            raw(head(), delta("Hi"), *[b": ping\n\n"] * 100, pause=0.05), ProviderTimeout, "stall", id="only comments"
        ),
        pytest.param(raw(head(), *[delta("Hi")] * 100, pause=0.05), ProviderTimeout, "total", id="never done"),
        pytest.param(
            raw(head(), delta("Hi"), *[b"x" * 65_536] * 100), ProviderProtocolError, None, id="megabytes without end"
        ),
        pytest.param(
            raw(head(), *[delta("Hi" * 5_000)] * 300), ProviderProtocolError, None, id="more than was asked for"
        ),
    ],
)
async def test_faults_after_the_first_word(reply: Reply, expected: type[ProviderError], phase: str | None) -> None:
    events: list[StreamEvent] = []

    async def read(provider: OpenAICompatible) -> None:
        async for event in provider.stream(REQUEST, BY_PHASE[phase]):
            events.append(event)  # noqa: PERF401 - what came before the error counts

    async with asking(reply) as (provider, _), asyncio.timeout(BY_PHASE[phase].total + SLACK):
        with pytest.raises(expected) as caught:
            await read(provider)

    assert isinstance(events[0], TextDelta)
    assert not any(isinstance(event, Finished) for event in events)
    assert caught.value.details.get("phase") == phase


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(answer(completion(text=5)), ProviderProtocolError, id="content is a number"),
        pytest.param(answer(completion(text="")), ProviderProtocolError, id="no text"),
        pytest.param(answer(completion(text=None, finish="content_filter")), ProviderRejected, id="filtered"),
        pytest.param(answer(completion(finish=None)), ProviderBrokeOff, id="no finish reason"),
        pytest.param(raw(head(), *[b" " * 65_536] * 100), ProviderProtocolError, id="megabytes"),
        pytest.param(
            answer(gzip.compress(b" " * 10_000_000), Content_Encoding="gzip"), ProviderProtocolError, id="gzip bomb"
        ),
        pytest.param(raw(head(), *[b" "] * 100, pause=0.05), ProviderTimeout, id="a trickle"),
    ],
)
async def test_faults_of_a_whole_answer(reply: Reply, expected: type[ProviderError]) -> None:
    async with asking(reply) as (provider, _):
        with pytest.raises(expected):
            await outcome(provider, "complete", deadlines_for(expected))


def deadlines_for(expected: type[ProviderError]) -> Deadlines:
    return SHORT if expected is ProviderTimeout else PATIENT


@ANY_KIND
async def test_nobody_listens(kind: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        provider = provider_at(f"http://127.0.0.1:{unused.getsockname()[1]}/v1")
        with pytest.raises(ProviderUnavailable):
            await outcome(provider, kind, PATIENT)
    await provider.aclose()


@ANY_KIND
async def test_no_such_host(kind: str) -> None:
    provider = provider_at("http://no-such-host.invalid/v1")
    with pytest.raises(ProviderUnavailable):
        await outcome(provider, kind, PATIENT)
    await provider.aclose()


@ANY_KIND
async def test_a_server_that_speaks_no_tls(kind: str) -> None:
    async def speak_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(speak_plainly, "127.0.0.1", 0) as server:
        provider = provider_at(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        try:
            with pytest.raises(ProviderUnavailable):
                await outcome(provider, kind, PATIENT)
        finally:
            await provider.aclose()


@ANY_KIND
@pytest.mark.parametrize("retry_after", ["7", "0.5"])
async def test_retry_after_comes_through(kind: str, retry_after: str) -> None:
    async with asking(answer(error_body(), 429, Retry_After=retry_after)) as (provider, _):
        with pytest.raises(ProviderRateLimited) as caught:
            await outcome(provider, kind, PATIENT)

    assert caught.value.retry_after == float(retry_after)


async def test_a_good_stream() -> None:
    async with asking(raw(head(), *GOOD_STREAM)) as (provider, server):
        events = await outcome(provider, "stream", PATIENT)

    assert events == [
        TextDelta("Hello"),
        TextDelta(" there"),
        Finished(reason=FinishReason.STOP, model="wire-model", usage=USAGE),
    ]
    assert server.received[0].body["stream_options"] == {"include_usage": True}
    assert "authorization: bearer sk-planted-key-0123456789" in server.received[0].head.lower()


async def test_a_good_answer() -> None:
    async with asking(answer(completion(finish="length"))) as (provider, server):
        result = await outcome(provider, "complete", PATIENT)

    assert isinstance(result, Completion)
    assert (result.text, result.finished.reason, result.finished.usage) == ("Hello there", FinishReason.LENGTH, USAGE)
    assert server.received[0].body == {
        "model": "asked-model",
        "messages": [{"role": "user", "content": "Why is the sky blue?"}],
        "max_tokens": 64,
    }


async def test_reasoning_keeps_a_stream_alive_and_is_not_shown() -> None:
    thinking = wire.event({"choices": [{"delta": {"reasoning_content": "hmm"}}]})
    # Together they take longer than the deadline; between two of them a busy machine may halt for most of it.
    patience = Deadlines(first_token=2, stall=2, total=PATIENT.total)
    async with asking(raw(head(), *[thinking] * 10, *GOOD_STREAM, pause=0.2)) as (provider, _):
        events = await outcome(provider, "stream", patience)

    assert isinstance(events, list)
    assert events[:2] == [TextDelta("Hello"), TextDelta(" there")]


async def test_thoughts_written_into_the_answer_are_not_shown() -> None:
    pieces = [delta(text) for text in ("<thi", "nk>hm", "m</thi", "nk>", "\n\n", "Hello", " there")]
    async with asking(raw(head(), *pieces, delta(finish="stop"), wire.DONE)) as (provider, _):
        events = await outcome(provider, "stream", PATIENT)

    assert isinstance(events, list)
    assert events[:-1] == [TextDelta("Hello"), TextDelta(" there")]


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param(raw(head(), delta("Hi", finish="stop")), id="ends"),
        pytest.param(raw(head(), delta("Hi", finish="stop"), hang=True), id="hangs"),
        pytest.param(raw(head(), delta("Hi", finish="stop"), wire.event(b"{")), id="garbage"),
        pytest.param(raw(head(length=9999) + delta("Hi", finish="stop")), id="cut"),
    ],
)
async def test_what_happens_after_the_finish_reason_does_not_spoil_the_answer(tail: Reply) -> None:
    async with asking(tail) as (provider, _):
        events = await outcome(provider, "stream", PATIENT)

    assert events == [TextDelta("Hi"), Finished(reason=FinishReason.STOP, model="wire-model", usage=None)]


async def test_connections_are_used_again() -> None:
    def chunked(*events: bytes) -> Reply:
        body = b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in (*events, b"")) + b""
        start = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        return raw(start, body, cut=False)

    async with asking(chunked(*GOOD_STREAM), answer(completion()), chunked(*GOOD_STREAM)) as (provider, server):
        await outcome(provider, "stream", PATIENT)
        await outcome(provider, "complete", PATIENT)
        await outcome(provider, "stream", PATIENT)

    assert (len(server.received), server.connections) == (3, 1)


async def test_a_field_that_the_server_does_not_know_is_left_out_from_then_on() -> None:
    refusal = answer(error_body(message="Extra inputs are not permitted: stream_options"), 422)
    good = raw(head(), *GOOD_STREAM)
    async with asking(refusal, good, good) as (provider, server):
        await outcome(provider, "stream", PATIENT)
        await outcome(provider, "stream", PATIENT)

    assert ["stream_options" in received.body for received in server.received] == [True, False, False]


@ANY_KIND
async def test_the_other_name_of_the_token_limit_is_tried(kind: str) -> None:
    message = "Unsupported parameter: 'max_tokens' is not supported with this model."
    good = raw(head(), *GOOD_STREAM) if kind == "stream" else answer(completion())
    async with asking(answer(error_body(message=message), 400), good) as (provider, server):
        await outcome(provider, kind, PATIENT)

    first, second = (received.body for received in server.received)
    assert (first.get("max_tokens"), second.get("max_completion_tokens")) == (64, 64)
    assert "max_tokens" not in second


async def test_a_server_that_knows_neither_name_is_not_asked_for_ever() -> None:
    message = "unknown field: max_tokens or max_completion_tokens"
    async with asking(answer(error_body(message=message), 400)) as (provider, server):
        with pytest.raises(ProviderRejected):
            await outcome(provider, "complete", PATIENT)

    assert len(server.received) == 3


@pytest.mark.parametrize("how", ["close", "cancel"])
async def test_a_reader_who_leaves_closes_the_connection(how: str) -> None:
    async with asking(raw(head(), delta("Hi"), hang=True)) as (provider, server):
        stream = provider.stream(REQUEST, PATIENT)
        assert await anext(stream) == TextDelta("Hi")
        assert server.open_connections == 1
        if how == "cancel":
            waiting = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait({waiting})
            assert waiting.cancelled()
        await stream.aclose()
        async with asyncio.timeout(SLACK):
            await server.all_closed.wait()


async def test_cancelling_a_whole_answer_closes_the_connection() -> None:
    async with asking(raw(hang=True)) as (provider, server):
        waiting = asyncio.ensure_future(provider.complete(REQUEST, PATIENT))
        async with asyncio.timeout(SLACK):
            while not server.received:  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait({waiting})
        async with asyncio.timeout(SLACK):
            await server.all_closed.wait()
    assert waiting.cancelled()
