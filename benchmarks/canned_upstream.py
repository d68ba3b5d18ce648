"""A model server that always says the same, as cheaply as Python can: what is measured is whoever calls it.

It speaks the chat-completions dialect on loopback, streaming or not, and counts what it was asked:

    python -m benchmarks.canned_upstream --tokens 40 --delay-ms 5

prints `listening on PORT`. `GET /journal` answers `{"calls", "finished", "cut", "faults", "tokens", "markers"}`, where
tokens are those it reported, by marker, and markers counts the calls by the last `marker:NAME` in their text, so that
a turn that was paid for twice shows. With `--fault-every 5`, every fifth call is a fault: by turns a 500 and a cut.
Whoever has to be there before an answer ends asks with `marker:slowly-NAME`: the first such call takes long.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVarTuple, cast

import uvloop

Arguments = TypeVarTuple("Arguments")

STREAM = re.compile(rb'"stream":\s*true')
USAGE_WANTED = re.compile(rb'"include_usage":\s*true')
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
MARKER = re.compile(rb"marker:([A-Za-z0-9-]+)")
SLOWLY = "slowly-"
"""How the marker of a call begins whose words take `SLOWER` times as long; another call with that marker is as quick as
any."""
SLOWER = 100
INPUT_TOKENS = 120
MODEL = "gpt-4o-mini"
"""A name with a price, so that the caller's bookkeeping is part of what is measured."""


@dataclass(kw_only=True)
class Journal:
    calls: int = 0
    finished: int = 0
    """Answers that were sent to their end."""
    cut: int = 0
    """Streams whose reader left."""
    faults: int = 0
    """Calls that were made to fail."""
    tokens: Counter[str] = field(default_factory=Counter)
    """Input and output as reported at the end of answers, by marker; "" without one."""
    markers: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Script:
    """What is answered: built once, sent as it stands."""

    whole: bytes
    head: bytes
    pieces: tuple[bytes, ...]
    end: bytes
    end_with_usage: bytes
    tokens: int
    """Of a call that is answered, input and output."""
    fault_every: int
    """0: never."""
    delay: float
    """Seconds before each piece of a stream; a whole answer takes as long as all of its pieces."""


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


def _event(**fields: object) -> bytes:
    shared = {"id": "chatcmpl-canned", "object": "chat.completion.chunk", "created": 1_750_000_000}
    return _chunk(b"data: " + json.dumps(shared | {"model": MODEL} | fields).encode() + b"\n\n")


def _response(body: bytes, status: bytes = b"200 OK") -> bytes:
    head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % (status, len(body)) + body


def write_script(
    words: Sequence[str],
    delay: float,
    fault_every: int = 0,
    *,
    input_tokens: int = INPUT_TOKENS,
    output_tokens: int | None = None,
) -> Script:
    """A word is a token unless it is said how many they are."""
    tokens = len(words) if output_tokens is None else output_tokens
    usage = {
        "prompt_tokens": input_tokens,
        "completion_tokens": tokens,
        "total_tokens": input_tokens + tokens,
    }
    whole = {
        "id": "chatcmpl-canned",
        "object": "chat.completion",
        "created": 1_750_000_000,
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "".join(words)},
                "finish_reason": "stop",
            }
        ],
        "usage": usage,
    }
    deltas = [{"role": "assistant", "content": words[0]}, *({"content": word} for word in words[1:])]
    stop = _event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    done = _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
    return Script(
        whole=_response(json.dumps(whole).encode()),
        head=b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
        pieces=tuple(_event(choices=[{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas),
        end=stop + done,
        end_with_usage=stop + _event(choices=[], usage=usage) + done,
        tokens=input_tokens + tokens,
        fault_every=fault_every,
        delay=delay,
    )


class CannedUpstream(asyncio.Protocol):
    """One connection, kept alive; requests on it are answered in turn."""

    def __init__(self, script: Script, journal: Journal) -> None:
        self._script = script
        self._journal = journal
        self._buffer = b""
        self._marker = ""
        self._delay = script.delay
        self._pending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._journal.cut += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = LENGTH.search(head)
        expected = int(length[1]) if length else 0
        if len(rest) < expected:
            return
        self._buffer = rest[expected:]
        if head.startswith(b"POST"):
            self._answer(rest[:expected])
        elif head.startswith(b"GET /journal"):
            self._transport.write(_response(json.dumps(vars(self._journal)).encode()))
        else:
            self._transport.write(_response(b'{"error": {"message": "not here"}}', b"404 Not Found"))

    def _answer(self, body: bytes) -> None:
        journal, script = self._journal, self._script
        journal.calls += 1
        markers = MARKER.findall(body)
        self._marker = markers[-1].decode() if markers else ""
        self._delay = script.delay
        if markers:
            journal.markers[self._marker] += 1
            if self._marker.startswith(SLOWLY) and journal.markers[self._marker] == 1:
                self._delay *= SLOWER
        streamed = STREAM.search(body) is not None
        if script.fault_every and journal.calls % script.fault_every == 0:
            self._fail(streamed)
            return
        if not streamed:
            self._later(len(script.pieces), self._finish, script.whole, True)
            return
        usage_wanted = USAGE_WANTED.search(body) is not None
        end = script.end_with_usage if usage_wanted else script.end
        if not script.delay:
            self._finish(script.head + b"".join(script.pieces) + end, usage_wanted)
            return
        self._transport.write(script.head)
        self._later(1, self._next_piece, 0, end, usage_wanted)

    def _later(self, delays: int, step: Callable[[*Arguments], None], *arguments: *Arguments) -> None:
        if self._delay:
            loop = asyncio.get_running_loop()
            self._pending = loop.call_later(delays * self._delay, step, *arguments)
        else:
            step(*arguments)

    def _fail(self, streamed: bool) -> None:
        """Every other time before the first word, else after a quarter of them."""
        journal, script = self._journal, self._script
        journal.faults += 1
        if journal.faults % 2:
            self._transport.write(_response(b'{"error": {"message": "out of order"}}', b"500 Internal Server Error"))
            return
        part = script.head + b"".join(script.pieces[: len(script.pieces) // 4]) if streamed else script.whole[:-20]
        self._transport.write(part)
        self._transport.close()

    def _next_piece(self, number: int, end: bytes, usage_wanted: bool) -> None:
        if number == len(self._script.pieces):
            self._finish(end, usage_wanted)
            return
        self._transport.write(self._script.pieces[number])
        self._later(1, self._next_piece, number + 1, end, usage_wanted)

    def _finish(self, data: bytes, usage_told: bool) -> None:
        self._pending = None
        self._transport.write(data)
        self._journal.finished += 1
        if usage_told:
            self._journal.tokens[self._marker] += self._script.tokens


async def serve(port: int, script: Script) -> None:
    journal = Journal()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: CannedUpstream(script, journal), "127.0.0.1", port, backlog=1024)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--tokens", type=int, default=40, help="words in the answer")
    parser.add_argument("--delay-ms", type=float, default=0, help="before each word of a stream")
    parser.add_argument("--fault-every", type=int, default=0, help="make every so-manieth call fail; 0: none")
    options = parser.parse_args()
    words = [f"word{number} " for number in range(options.tokens)]
    script = write_script(words, options.delay_ms / 1000, options.fault_every)
    uvloop.run(serve(options.port, script))


if __name__ == "__main__":
    main()
