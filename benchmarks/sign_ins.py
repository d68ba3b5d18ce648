"""What 50 sign-ins at once do to the turns of others: `python -m benchmarks.sign_ins`, from the repository's root.

A real server with a canned model. Learners take turns, a few at a time; then the same while 50 people sign in at once,
again and again, each with an account of their own. What is printed last is the ratio of the turns' 95th percentiles;
it has to stay under 2. Rounds alternate and the medians count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from benchmarks.servers import (
    ROOT,
    Server,
    free_port,
    register_learner,
    running,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)

AT_ONCE = 50
LEARNERS = 4
"""Turns in flight at a time."""
WORDS, WORD_MS = 20, 5
"""The model's answer: a tenth of a second, which is fast for a model and so hard on the ratio."""
PASSWORD = "a long enough passphrase 42"


@dataclass
class Round:
    turns_ms: list[float] = field(default_factory=list)
    sign_ins_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.turns_ms, n=20)[18]


async def take_turns(client: httpx2.AsyncClient, token: str, result: Round, until: float) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    while time.perf_counter() < until:
        started = time.perf_counter()
        answer = await client.post("/api/v1/chat", json={"message": "Why is the sky blue?"}, headers=headers)
        assert answer.status_code == 200, answer.text
        result.turns_ms.append(1000 * (time.perf_counter() - started))


async def sign_in(client: httpx2.AsyncClient, number: int, result: Round) -> None:
    started = time.perf_counter()
    body = {"email": f"person{number}@example.org", "password": PASSWORD}
    answer = await client.post("/api/v1/auth/login", json=body)
    result.statuses[answer.status_code] += 1
    result.sign_ins_ms.append(1000 * (time.perf_counter() - started))


async def crowd(client: httpx2.AsyncClient, result: Round, until: float) -> None:
    """All at once; when the last one is in, all at once again."""
    while time.perf_counter() < until:
        await asyncio.gather(*(sign_in(client, number, result) for number in range(AT_ONCE)))


def open_client(url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=url, timeout=60, limits=httpx2.Limits(max_connections=None))


async def sign_in_for(url: str, seconds: float) -> Round:
    result = Round()
    async with open_client(url) as client:
        await crowd(client, result, time.perf_counter() + seconds)
    return result


async def measure(server: Server, tokens: list[str], seconds: float, *, crowded: bool) -> Round:
    """The crowd comes from a process of its own: what it costs to be 50 people must not slow the one that measures."""
    result = Round()
    command = [sys.executable, "-m", "benchmarks.sign_ins", "--crowd", server.url, "--seconds", str(seconds)]
    others = (
        await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE) if crowded else None
    )
    if others is not None:
        assert others.stdout is not None
        await others.stdout.readline()  # It is about to begin.
    async with open_client(server.url) as client:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(take_turns(client, token, result, until) for token in tokens))
    if others is not None:
        output, _ = await others.communicate()
        told = json.loads(output)
        result.sign_ins_ms = told["sign_ins_ms"]
        result.statuses = Counter({int(status): count for status, count in told["statuses"].items()})
    return result


async def compare(server: Server, rounds: int, seconds: float) -> tuple[list[Round], list[Round]]:
    tokens = [register_learner(server, f"learner{number}@example.org") for number in range(LEARNERS)]
    async with httpx2.AsyncClient(base_url=server.url, timeout=60) as client:
        for number in range(AT_ONCE):
            body = {"email": f"person{number}@example.org", "name": "Person", "password": PASSWORD}
            assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201
    await measure(server, tokens, 2, crowded=True)
    alone, together = [], []
    for _ in range(rounds):
        alone.append(await measure(server, tokens, seconds, crowded=False))
        together.append(await measure(server, tokens, seconds, crowded=True))
    return alone, together


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--crowd", metavar="URL", help="only sign in there, and print what came of it")
    options = parser.parse_args()
    if options.crowd:
        print("ready", flush=True)
        result = asyncio.run(sign_in_for(options.crowd, options.seconds))
        print(json.dumps({"sign_ins_ms": result.sign_ins_ms, "statuses": result.statuses}))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        upstream = start_canned_upstream(folder, "--tokens", str(WORDS), "--delay-ms", str(WORD_MS))
        with running(upstream, "/journal", patience=30):
            server = start_masterx(folder, port=free_port(), environment=upstream_settings(upstream.url))
            with running(server, "/api/v1/health", patience=60):
                alone, together = asyncio.run(compare(server, options.rounds, options.seconds))
    own = statistics.median(one.p95 for one in alone)
    crowded = statistics.median(one.p95 for one in together)
    waits = [wait for one in together for wait in one.sign_ins_ms]
    figures = {
        "turns_alone_p95_ms": round(own, 1),
        "turns_beside_sign_ins_p95_ms": round(crowded, 1),
        "sign_ins_per_second": round(len(waits) / (options.rounds * options.seconds), 1),
        "sign_ins_p95_ms": round(statistics.quantiles(waits, n=20)[18]),
        "sign_in_statuses": dict(sum((one.statuses for one in together), Counter())),
        "ratio": round(crowded / own, 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
