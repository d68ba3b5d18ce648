"""An HTTP server that sends exactly the bytes that a test wrote, as slowly as it says.

For the faults that a well-behaved server cannot be asked for: an empty 200, a byte a second, endless bodies, a
connection cut in the middle of an event.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Received:
    head: str
    body: dict[str, Any]


@dataclass
class Wire:
    """What the server was sent, and what it will answer; the last reply repeats."""

    port: int = 0
    replies: deque[Reply] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    """Ever opened."""
    open_connections: int = 0
    all_closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while no connection is open."""

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"

    def reply(self, *replies: Reply) -> None:
        self.replies = deque(replies)


@asynccontextmanager
async def serving(*replies: Reply) -> AsyncIterator[Wire]:
    wire = Wire(replies=deque(replies))

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire.connections += 1
        wire.open_connections += 1
        wire.all_closed.clear()
        try:
            while True:
                wire.received.append(await _read_request(reader))
                reply = wire.replies.popleft() if len(wire.replies) > 1 else wire.replies[0]
                answering = asyncio.ensure_future(reply(writer))
                # A caller that goes away ends the answer, as it would with a real server.
                leaving = asyncio.ensure_future(_peek_end(reader))
                try:
                    await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
                    if not answering.done():
                        return
                    answering.result()
                finally:
                    for task in (answering, leaving):
                        task.cancel()
                    await asyncio.gather(answering, leaving, return_exceptions=True)
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            wire.open_connections -= 1
            if wire.open_connections == 0:
                wire.all_closed.set()

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    wire.all_closed.set()
    try:
        yield wire
    finally:
        server.close()
        await wire.all_closed.wait()


async def _peek_end(reader: asyncio.StreamReader) -> None:
    """Returns when the other side has closed; no client here sends ahead."""
    while not reader.at_eof():  # noqa: ASYNC110 - reading would take the first byte of the next request
        await asyncio.sleep(0.01)


async def _read_request(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lengths = [int(line.split(":")[1]) for line in head.lower().splitlines() if line.startswith("content-length")]
    return Received(head, json.loads(await reader.readexactly(lengths[0])) if lengths else {})


def raw(*pieces: bytes, pause: float = 0.0, hang: bool = False, cut: bool = True) -> Reply:
    """These bytes, with a pause between pieces; then hang, or close the connection unless told not to."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        for place, piece in enumerate(pieces):
            if place and pause:
                await asyncio.sleep(pause)
            writer.write(piece)
            await writer.drain()
        if hang:
            await asyncio.Event().wait()
        if cut:
            writer.close()

    return reply


def head(
    status: int = 200, content_type: str = "text/event-stream", *, length: int | None = None, **headers: str
) -> bytes:
    """A response head; without a length the body ends with the connection."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {content_type}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines.append("Connection: close" if length is None else f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer(payload: object, status: int = 200, content_type: str = "application/json", **headers: str) -> Reply:
    """A whole response; bytes go out as they are, anything else as JSON. The connection stays open."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return raw(head(status, content_type, length=len(body), **headers) + body, cut=headers.get("Connection") == "close")


def event(payload: object) -> bytes:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return b"data: " + data + b"\n\n"


def delta(text: object = None, finish: str | None = None, **fields: Any) -> bytes:
    """An event of a chat completion stream."""
    content = {} if text is None else {"content": text}
    return event(
        {"model": "wire-model", "choices": [{"index": 0, "delta": content, "finish_reason": finish}], **fields}
    )


def completion(text: object = "Hello there", finish: str | None = "stop", **fields: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "model": "wire-model",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
        **fields,
    }


USAGE = event({"model": "wire-model", "choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 3}})
DONE = event(b"[DONE]")
