"""A model that sends one byte a second, beside turns that go elsewhere: `python -m benchmarks.trickle`.

Learners whose lessons belong to a provider that is well take turns; then they do the same while others' new lessons
hang on one that trickles, as many as given at once. Printed: when those are dropped (their deadline to the first word
is 10 s), and the p95 of the turns elsewhere as a multiple of their own, which has to stay under 2. Rounds alternate.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp
import uvloop

from benchmarks.faulty_upstream import FaultyUpstream
from benchmarks.servers import Server, free_port, register_learner, running, start_masterx

FIRST_WORD_SECONDS = 10
ANSWER_SECONDS = 0.2
LEARNERS = 4
"""Fewer than the failures that open a breaker: their first turns have to fail over."""
PATIENCE_SECONDS = 60
MOST_TIMES = 2.0
QUESTION = "Why is the sky blue?"
SESSION = re.compile(r'"session_id": "([0-9a-f-]{36})"')


@dataclass(frozen=True, kw_only=True)
class Outcome:
    hanging: int
    """At once."""
    dropped_after_s: tuple[float, float]
    """The first and the last, from the question to the end of the answer that another model gave."""
    own_p95_ms: float
    beside_p95_ms: float
    times: float
    turns: int
    failures: int


class Learners:
    def __init__(self, client: aiohttp.ClientSession, url: str) -> None:
        self._client = client
        self._url = f"{url}/api/v1/chat"
        self.sessions: list[str] = []
        self.failures = 0

    async def ask(self, session: str | None = None) -> tuple[float, str]:
        """Seconds, and the session."""
        body = {"message": QUESTION} | ({} if session is None else {"session_id": session})
        started = time.perf_counter()
        async with self._client.post(self._url, json=body) as answer:
            text = await answer.text()
        found = SESSION.search(text)
        if found is None or "event: done" not in text:
            self.failures += 1
        return time.perf_counter() - started, "" if found is None else found[1]

    async def ask_until(self, until: float, session: str, latencies: list[float]) -> None:
        while time.perf_counter() < until:
            latencies.append((await self.ask(session))[0])


async def measure(folder: Path, rounds: int, seconds: float, hanging: int) -> Outcome:
    trickling = FaultyUpstream(answer_seconds=ANSWER_SECONDS)
    well = FaultyUpstream(answer_seconds=ANSWER_SECONDS)
    own: list[float] = []
    beside: list[float] = []
    drops: list[float] = []
    async with trickling.running(), well.running():
        environment = trickling.settings("GROQ") | well.settings("OPENAI")  # asked by name
        environment["MASTERX_FIRST_TOKEN_SECONDS"] = str(FIRST_WORD_SECONDS)
        for number in range(rounds):
            place = folder / str(number)
            place.mkdir()
            server = start_masterx(place, port=free_port(), environment=environment)
            with running(server, "/api/v1/health/ready", PATIENCE_SECONDS):
                failures = await _round(server, trickling, (own, beside, drops), seconds, hanging)
    own_p95, beside_p95 = (1000 * statistics.quantiles(latencies, n=20)[18] for latencies in (own, beside))
    return Outcome(
        hanging=hanging,
        dropped_after_s=(round(min(drops), 2), round(max(drops), 2)),
        own_p95_ms=round(own_p95, 1),
        beside_p95_ms=round(beside_p95, 1),
        times=round(beside_p95 / own_p95, 2),
        turns=len(own) + len(beside),
        failures=failures,
    )


async def _round(
    server: Server,
    trickling: FaultyUpstream,
    latencies: tuple[list[float], list[float], list[float]],
    seconds: float,
    hanging: int,
) -> int:
    own, beside, drops = latencies
    token = await asyncio.to_thread(register_learner, server)
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as client:
        learners = Learners(client, server.url)
        trickling.is_down = True  # so that these lessons belong to the other one
        sessions = [(await learners.ask())[1] for _ in range(LEARNERS)]
        trickling.is_down = False
        until = time.perf_counter() + seconds
        await asyncio.gather(*(learners.ask_until(until, session, own) for session in sessions))

        trickling.trickles = True
        hangs = [asyncio.create_task(_timed(learners, drops)) for _ in range(hanging)]
        while trickling.trickling < hanging and not any(hang.done() for hang in hangs):  # noqa: ASYNC110 (in servers)
            await asyncio.sleep(0.05)
        until = time.perf_counter() + seconds
        await asyncio.gather(*(learners.ask_until(until, session, beside) for session in sessions))
        await asyncio.gather(*hangs)
        trickling.trickles = False
        return learners.failures


async def _timed(learners: Learners, drops: list[float]) -> None:
    drops.append((await learners.ask())[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seconds", type=float, default=4, help="of turns on their own, and beside those that hang, in each round"
    )
    parser.add_argument("--hanging", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        outcome = uvloop.run(measure(Path(name), options.rounds, options.seconds, options.hanging))
    print(json.dumps(asdict(outcome), indent=2))
    first, last = outcome.dropped_after_s
    print(
        f"dropped, and answered by another, after {first} to {last} s; the p95 of turns elsewhere is "
        f"{outcome.times} times their own"
    )
    sys.exit(outcome.times >= MOST_TIMES or bool(outcome.failures))


if __name__ == "__main__":
    main()
