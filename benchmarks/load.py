"""Requests over kept-alive connections for some seconds, from a process of its own.

    python -m benchmarks.load < plan.json

The plan is a `Plan` as JSON; one `Outcome` as JSON comes out. Each connection sends, waits for the whole answer, and
sends again. It is a bare protocol class, because the load must cost much less than what is measured: `cpu_seconds`
says what it used itself.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle
from typing import cast

import uvloop

LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
SESSION = re.compile(rb'"session_id":\s*"([0-9a-f-]{36})"')


@dataclass(frozen=True, kw_only=True)
class Plan:
    port: int
    path: str
    token: str
    bodies: Sequence[str]
    """JSON, sent one after another and then again from the first, whichever connection is free. With `lesson` above 1,
    a `session_id` from the answer before is put in after the first brace."""
    connections: int
    seconds: float
    lesson: int = 1
    """Turns in one session before the next is opened."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    requests: int
    failures: int
    seconds: float
    cpu_seconds: float
    p50_ms: float
    p95_ms: float
    first_failure: str = ""


@dataclass(kw_only=True)
class Tally:
    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Connection(asyncio.Protocol):
    def __init__(self, plan: Plan, tally: Tally, until: float, bodies: Iterator[bytes]) -> None:
        """`bodies` is shared with the other connections, and has no end."""
        self._plan, self._tally, self._until, self._bodies = plan, tally, until, bodies
        self._buffer = b""
        self._session = b""
        self._turn = 0
        self._head = (
            f"POST {plan.path} HTTP/1.1\r\nhost: 127.0.0.1:{plan.port}\r\n"
            f"authorization: Bearer {plan.token}\r\ncontent-type: application/json\r\naccept: application/json\r\n"
        ).encode()
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if time.perf_counter() < self._until:
            self._tally.failures.append(f"connection lost: {error}")
        self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = LENGTH.search(head)
        if length is None or len(body) < int(length[1]):
            return
        now = time.perf_counter()
        if head.startswith(b"HTTP/1.1 200"):
            self._tally.latencies.append(now - self._sent)
        else:
            self._tally.failures.append(self._buffer[:300].decode(errors="replace"))
        self._follow_session(body)
        self._buffer = b""
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def _send(self) -> None:
        body = next(self._bodies)
        if self._session:
            body = b'{"session_id": "%s", %s' % (self._session, body[1:])
        self._sent = time.perf_counter()
        self._transport.write(self._head + b"content-length: %d\r\n\r\n" % len(body) + body)

    def _follow_session(self, body: bytes) -> None:
        self._turn += 1
        if self._turn % self._plan.lesson == 0:
            self._session = b""
        elif not self._session and (found := SESSION.search(body)):
            self._session = found[1]


async def run(plan: Plan) -> Outcome:
    tally = Tally()
    loop = asyncio.get_running_loop()
    bodies = cycle([body.encode() for body in plan.bodies])
    started = time.perf_counter()

    def connection() -> Connection:
        return Connection(plan, tally, started + plan.seconds, bodies)

    connections = [
        (await loop.create_connection(connection, "127.0.0.1", plan.port))[1] for _ in range(plan.connections)
    ]
    await asyncio.gather(*(connection.closed for connection in connections))
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    latencies = sorted(tally.latencies) or [0.0]
    return Outcome(
        requests=len(tally.latencies),
        failures=len(tally.failures),
        seconds=seconds,
        cpu_seconds=used.ru_utime + used.ru_stime,
        p50_ms=1000 * latencies[len(latencies) // 2],
        p95_ms=1000 * latencies[int(len(latencies) * 0.95)],
        first_failure=tally.failures[0] if tally.failures else "",
    )


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(run(Plan(**json.load(sys.stdin)))))))
