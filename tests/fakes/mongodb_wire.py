"""Between a MongoDB driver and its server: lets everything through, and answers in the server's place when told to."""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import bson

_HEADER = struct.Struct("<iiii")
_MESSAGE = 2013
"""OP_MSG, the only kind that drivers send after the first greeting."""
_BODY_AT = _HEADER.size + 4 + 1
"""After the flags and the kind of the first section, which is the command."""

NOT_WRITABLE_PRIMARY = 10_107
OUT_OF_DISK_SPACE = 14_031


@dataclass
class Fault:
    command: str
    code: int | None
    """That the server's answer is to have; None cuts the connection."""
    times: int
    after: bool
    """The server gets the command and does it; only its answer is lost."""


@dataclass
class MongoWire:
    server_port: int
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    answers: Callable[[dict[str, Any]], Awaitable[dict[str, Any] | None]] | None = None
    """What is said to a command in the server's place; None leaves it to the server."""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1_000_000))
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def url(self, database: str) -> str:
        """`directConnection`: a driver that looked around would find the server itself.

        It asks how the server is twice a second: a real one that steps down says so by itself, this one knows nothing.
        """
        options = "directConnection=true&serverMonitoringMode=poll&heartbeatFrequencyMS=500"
        return f"mongodb://127.0.0.1:{self.port}/{database}?{options}"

    def fail(self, command: str, code: int | None, *, times: int = 1, after: bool = False) -> None:
        self.faults.append(Fault(command, code, times, after))

    def _fault_for(self, command: str) -> Fault | None:
        for fault in self.faults:
            if fault.command == command and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Both ways at once: a server that is asked to may send several answers, as it does to a driver's monitor."""
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        self._open |= {writer, server_writer}
        late: dict[int, Fault] = {}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._ask(reader, writer, server_writer, late))
                both.create_task(self._answer(server_reader, writer, late))
        except* (asyncio.IncompleteReadError, ConnectionError):
            pass  # one of the two has gone; so does the other
        finally:
            for each in (writer, server_writer):
                self._open.discard(each)
                each.close()

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        server: asyncio.StreamWriter,
        late: dict[int, Fault],
    ) -> None:
        while True:
            message = await _read(reader)
            (_, number, _, _) = _HEADER.unpack_from(message)
            body = _body(message)
            fault = self._fault_for(next(iter(body), ""))
            answer = None if self.answers is None or not body else await self.answers(body)
            if answer is not None:
                writer.write(self._message(number, answer))
            elif fault is None or fault.after:
                if fault is not None:
                    late[number] = fault
                server.write(message)
            elif fault.code is None:
                raise ConnectionResetError
            else:
                writer.write(self._refusal(number, fault.code))

    async def _answer(self, server: asyncio.StreamReader, writer: asyncio.StreamWriter, late: dict[int, Fault]) -> None:
        while True:
            answer = await _read(server)
            (_, _, number, _) = _HEADER.unpack_from(answer)
            fault = late.pop(number, None)
            if fault is not None and fault.code is None:
                raise ConnectionResetError
            writer.write(answer if fault is None else self._refusal(number, fault.code or 0))

    def _refusal(self, number: int, code: int) -> bytes:
        return self._message(number, {"ok": 0.0, "code": code, "errmsg": "as the test wants", "codeName": "Test"})

    def _message(self, number: int, answer: dict[str, Any]) -> bytes:
        body = bson.encode(answer)
        header = _HEADER.pack(_BODY_AT + len(body), next(self._numbers), number, _MESSAGE)
        return header + bytes(4) + b"\x00" + body

    def cut_all(self) -> None:
        for each in list(self._open):
            each.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(_HEADER.size)
    (length, _, _, _) = _HEADER.unpack(head)
    return head + await reader.readexactly(length - _HEADER.size)


def _body(message: bytes) -> dict[str, Any]:
    """The command, its name first; empty for another kind of message."""
    (_, _, _, kind) = _HEADER.unpack_from(message)
    if kind != _MESSAGE or message[_BODY_AT - 1] != 0:
        return {}
    (size,) = struct.unpack_from("<i", message, _BODY_AT)
    body: dict[str, Any] = bson.decode(message[_BODY_AT : _BODY_AT + size])
    return body


@asynccontextmanager
async def mongo_wire(server_port: int) -> AsyncIterator[MongoWire]:
    wire = MongoWire(server_port)
    listener = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.port = listener.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        listener.close()
        wire.cut_all()
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await listener.wait_closed()
