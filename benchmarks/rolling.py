"""Turns that a rolling restart loses: `python -m benchmarks.rolling`, from the repository's root.

50 turns a second, half of them streamed; nobody retries. Meanwhile

- `workers`: one `masterx serve --workers 2` is told by SIGHUP to exchange its workers, again and again; learners keep
  their connections;
- `hosts`: two servers on one database behind a proxy that asks them whether they are ready (`passing_proxy.py`)
  are stopped by SIGTERM and started again, one after the other, again and again. Each turn has a connection of its own,
  as from the proxies in `deploy/`, which keep no idle ones to servers.

A turn is lost when its answer is not 200, does not end as it should, or its connection breaks: exit status 1.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp
import uvloop

from benchmarks.databases import add_options, shared_settings
from benchmarks.passing_proxy import Proxy
from benchmarks.servers import (
    Server,
    free_port,
    process_tree,
    register_learner,
    running,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)

TURNS_A_SECOND = 50
WORDS, WORD_MS = 40, 15
PATIENCE_SECONDS = 60
DRAIN_SECONDS = 2
CONNECTIONS = 100


@dataclass(frozen=True, kw_only=True)
class Outcome:
    way: str
    turns: int
    lost: int
    why: dict[str, int]
    restarts: int
    """Of single processes."""
    p50_ms: float
    p95_ms: float
    seconds: float


class Tally:
    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.lost: Counter[str] = Counter()


async def take_turns(url: str, token: str, tally: Tally, stop: asyncio.Event, *, rate: float, kept: bool) -> None:
    """Turns begin at their time, however long others take; connections are ``kept`` or not."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, force_close=not kept)
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}, connector=connector) as client,
        asyncio.TaskGroup() as tasks,
    ):
        started, number = time.perf_counter(), 0
        while not stop.is_set():
            tasks.create_task(_take(client, f"{url}/api/v1/chat", tally, streamed=number % 2 == 0))
            number += 1
            await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))


async def _take(client: aiohttp.ClientSession, url: str, tally: Tally, *, streamed: bool) -> None:
    headers = {"Accept": "text/event-stream" if streamed else "application/json"}
    began = time.perf_counter()
    try:
        async with client.post(url, json={"message": "Why is the sky blue?"}, headers=headers) as response:
            text = await response.text()
    except (aiohttp.ClientError, OSError) as error:
        tally.lost[f"{type(error).__name__}: {error}"] += 1
        return
    if response.status != 200 or (streamed and "event: done" not in text):
        tally.lost[f"{response.status}: {text[-200:]}"] += 1
        return
    tally.latencies.append(1000 * (time.perf_counter() - began))


async def measure(way: str, folder: Path, environment: Mapping[str, str], *, rounds: int, rate: float) -> Outcome:
    tally, stop = Tally(), asyncio.Event()
    kept = way == "workers"
    opened = one_host(folder, environment) if kept else two_hosts(folder, environment)
    async with opened as (url, token, restart):
        started = time.perf_counter()
        turns = asyncio.create_task(take_turns(url, token, tally, stop, rate=rate, kept=kept))
        await asyncio.sleep(2)
        restarts = 0
        for _ in range(rounds):
            restarts += await restart()
            await asyncio.sleep(1)
        stop.set()
        await turns
        seconds = time.perf_counter() - started
    return Outcome(
        way=way,
        turns=len(tally.latencies) + tally.lost.total(),
        lost=tally.lost.total(),
        why=dict(tally.lost),
        restarts=restarts,
        p50_ms=round(statistics.median(tally.latencies), 1),
        p95_ms=round(statistics.quantiles(tally.latencies, n=20)[18], 1),
        seconds=round(seconds, 1),
    )


Restart = Callable[[], Awaitable[int]]
Opened = tuple[str, str, Restart]


@contextlib.asynccontextmanager
async def one_host(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Opened]:
    server = start_masterx(folder, "--workers", "2", port=free_port(), environment=environment)
    with running(server, "/api/v1/health/ready", PATIENCE_SECONDS):
        token = await asyncio.to_thread(register_learner, server)

        async def restart() -> int:
            before = set(process_tree(server.process.pid)[1:])
            server.process.send_signal(signal.SIGHUP)
            while set(process_tree(server.process.pid)[1:]) & before:  # noqa: ASYNC110 (they are other processes)
                await asyncio.sleep(0.1)
            return len(before)

        yield server.url, token, restart


@contextlib.asynccontextmanager
async def two_hosts(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Opened]:
    environment = dict(environment) | {"MASTERX_DRAIN_SECONDS": str(DRAIN_SECONDS)}
    ports = frozenset({free_port(), free_port()})
    servers = {port: start_masterx(folder, port=port, environment=environment) for port in ports}
    try:
        for server in servers.values():
            await asyncio.to_thread(server.wait_until_healthy, "/api/v1/health/ready", PATIENCE_SECONDS)
        token = await asyncio.to_thread(register_learner, next(iter(servers.values())))
        async with Proxy(list(ports)).running() as proxy:
            await proxy.until(ready=ports)

            async def restart() -> int:
                for port in ports:
                    await asyncio.to_thread(_stop, servers[port])
                    servers[port] = start_masterx(folder, port=port, environment=environment)
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        await proxy.until(ready=ports)
                return len(ports)

            yield f"http://127.0.0.1:{proxy.port}", token, restart
    finally:
        for server in servers.values():
            server.stop()


def _stop(server: Server) -> None:
    server.stop()
    assert server.process.returncode == 0, server.output[-2000:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--way", choices=("workers", "hosts"), action="append")
    parser.add_argument("--rounds", type=int, default=3, help="restarts of everything")
    parser.add_argument("--rate", type=float, default=TURNS_A_SECOND, help="turns a second")
    add_options(parser)
    options = parser.parse_args()
    outcomes = []
    for way in options.way or ("workers", "hosts"):
        with tempfile.TemporaryDirectory() as name, shared_settings(options) as shared:
            folder = Path(name)
            upstream = start_canned_upstream(folder, "--tokens", str(WORDS), "--delay-ms", str(WORD_MS))
            with running(upstream, "/journal", PATIENCE_SECONDS):
                environment = upstream_settings(upstream.url) | shared
                outcome = uvloop.run(measure(way, folder, environment, rounds=options.rounds, rate=options.rate))
        outcomes.append(outcome)
        print(json.dumps(asdict(outcome)))
        print(f"{way}: {outcome.lost} of {outcome.turns} turns lost over {outcome.restarts} restarts", flush=True)
    sys.exit(any(outcome.lost for outcome in outcomes))


if __name__ == "__main__":
    main()
