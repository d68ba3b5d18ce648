"""Everything that can go wrong at a provider, for every dialect: who plays it, and where a provider finds it.

What llmock can play, llmock plays; the rest comes from `tests.fakes.wire`.
"""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

from llmock.pytest_plugin import LLMock
from tests.fakes.dialects import ANTHROPIC, GEMINI, OPENAI, Dialect
from tests.fakes.wire import Reply, answer, event, head, raw, serving

WORDS = tuple(f"word{number} " for number in range(60))
TEXT = "".join(WORDS).strip()
LONG = 30.0
"""Seconds that no deadline of a test allows."""

_OPENING_EVENTS = {"openai": 1, "anthropic": 3, "gemini": 0}
"""What llmock sends before the first word."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One row of the matrix. Each way of playing it is None where another one plays it."""

    name: str
    script: Callable[[LLMock, Dialect], object] | None = None
    """What llmock is told, for both kinds of answer unless `whole` is given."""
    stream: Callable[[Dialect], Reply] | None = None
    whole: Callable[[Dialect], Reply] | None = None
    address: Callable[[], AsyncIterator[str]] | None = None
    """An address where there is no server that answers."""
    words: int = 0
    """How many come before it in a stream; then the partial answer is kept."""
    silent: bool = False
    """Whether nothing tells of it but a deadline."""


@asynccontextmanager
async def playing(fault: Fault, dialect: Dialect, kind: str, llmock: LLMock) -> AsyncIterator[str]:
    """The base URL, without the dialect's path, of a server with this fault."""
    reply = fault.stream if kind == "stream" else fault.whole
    if fault.address is not None:
        async with asynccontextmanager(fault.address)() as address:
            yield address
    elif reply is not None:
        async with serving(reply(dialect)) as server:
            yield server.root
    else:
        # llmock's addresses say the provider before the path; what it is told holds until it is reset.
        yield llmock.base_url(dialect.name).removesuffix(dialect.path)


def _mid_stream(kind: str, words: int) -> Callable[[LLMock, Dialect], object]:
    def script(llmock: LLMock, dialect: Dialect) -> object:
        # With a pause before each word: a reset connection takes with it what the reader has not fetched yet.
        llmock.pace(15)
        after = _OPENING_EVENTS[dialect.name] + words
        faults = {
            "disconnect": llmock.disconnect,
            "truncate": llmock.truncate,
            "corrupt": llmock.corrupt,
        }
        if kind == "stall":
            return llmock.stall(after_chunks=after, seconds=LONG, times=None, provider=dialect.name)
        return faults[kind](after_chunks=after, times=None, provider=dialect.name)

    return script


def _fails(status: int, retry_after: float | None = None) -> Callable[[LLMock, Dialect], object]:
    return lambda llmock, dialect: llmock.fail(status, times=None, retry_after=retry_after, provider=dialect.name)


def _whole(dialect: Dialect) -> bytes:
    return json.dumps(dialect.whole(TEXT, dialect.stop)).encode()


def _part(share: float, *, hang: bool = False) -> Callable[[Dialect], Reply]:
    """A whole answer of which only a part comes."""

    def reply(dialect: Dialect) -> Reply:
        body = _whole(dialect)
        return raw(
            head(content_type="application/json", length=len(body)) + body[: int(len(body) * share)],
            hang=hang,
            cut=True,
        )

    return reply


def _drop_by_drop(data: bytes) -> Reply:
    pieces = [data[start:end] for start, end in pairwise(range(20))]
    return raw(head(), *pieces, pause=1.0)


async def _refused() -> AsyncIterator[str]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"


async def _no_such_name() -> AsyncIterator[str]:
    yield "http://no-such-host.invalid"


async def _dropped_packets() -> AsyncIterator[str]:
    """A queue of connections that is full: the kernel leaves those who knock without an answer."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = []
        try:
            for _ in range(4):
                knocking = socket.socket()
                knocking.setblocking(False)
                knocking.connect_ex(deaf.getsockname())
                waiting.append(knocking)
            yield f"http://127.0.0.1:{deaf.getsockname()[1]}"
        finally:
            for knocking in waiting:
                knocking.close()


FAULTS = (
    Fault(name="429 with Retry-After", script=_fails(429, retry_after=20)),
    Fault(
        name="429 without Retry-After",
        stream=lambda dialect: answer(dialect.failure(429), 429),
        whole=lambda dialect: answer(dialect.failure(429), 429),
    ),
    Fault(name="500", script=_fails(500)),
    Fault(name="529", script=_fails(529)),
    Fault(name="connection refused", address=_refused),
    Fault(name="no such host", address=_no_such_name),
    Fault(name="packets dropped while connecting", address=_dropped_packets, silent=True),
    Fault(
        name="slow first word",
        script=lambda llmock, dialect: llmock.delay(LONG, times=None, provider=dialect.name),
        silent=True,
    ),
    Fault(
        name="empty 200",
        stream=lambda _: answer(b"", content_type="text/event-stream"),
        whole=lambda _: answer(b""),
    ),
    Fault(
        name="wrong type",
        stream=lambda dialect: raw(head(), dialect.opening, dialect.word(5)),
        whole=lambda dialect: answer(dialect.whole(5, dialect.stop)),
    ),
    Fault(
        name="a web page",
        stream=lambda _: answer(b"<html>sign in</html>", content_type="text/html"),
        whole=lambda _: answer(b"<html>sign in</html>", content_type="text/html"),
    ),
    Fault(
        name="malformed JSON",
        stream=lambda dialect: raw(head(), dialect.opening, event(b'{"a": ')),
        whole=lambda dialect: answer(_whole(dialect)[:-1]),
    ),
    Fault(
        name="malformed chunk",
        script=_mid_stream("corrupt", 3),
        whole=lambda dialect: answer(_whole(dialect).replace(b":", b";", 3)),
        words=3,
    ),
    Fault(name="cut after 1 token", script=_mid_stream("disconnect", 1), whole=_part(0.3), words=1),
    Fault(name="cut after 40 tokens", script=_mid_stream("disconnect", 40), whole=_part(0.9), words=40),
    Fault(name="stall", script=_mid_stream("stall", 3), whole=_part(0.5, hang=True), words=3, silent=True),
    Fault(
        name="silent end",
        script=_mid_stream("truncate", 3),
        whole=lambda dialect: answer(dialect.whole(TEXT, None)),
        words=3,
    ),
    Fault(
        name="1 byte a second",
        stream=lambda dialect: _drop_by_drop(dialect.stream(*WORDS)),
        whole=lambda dialect: _drop_by_drop(_whole(dialect)),
        silent=True,
    ),
    Fault(
        name="megabytes",
        stream=lambda dialect: raw(head(), dialect.opening, *[b" " * 65_536] * 200),
        whole=lambda _: raw(head(content_type="application/json"), *[b" " * 65_536] * 200),
    ),
    Fault(
        name="megabytes after 3 tokens",
        stream=lambda dialect: raw(head(), dialect.opening, *map(dialect.word, WORDS[:3]), *[b"x" * 65_536] * 200),
        whole=lambda dialect: raw(head(content_type="application/json"), _whole(dialect)[:-1], *[b" " * 65_536] * 200),
        words=3,
    ),
)

DIALECTS = (OPENAI, ANTHROPIC, GEMINI)
