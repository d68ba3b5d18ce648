"""What a provider that flaps costs everybody: `python -m benchmarks.flapping`, from the repository's root.

Two providers; learners take turns in new lessons, so that each asks the first one first. Twice as long as given: once
while both are well, once while the first is up and down by turns (down: it takes a second, then fails). The rounds
alternate. Printed: how much longer the average turn takes, over all turns; it has to be 5 % at most.
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
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp
import uvloop

from benchmarks.faulty_upstream import FaultyUpstream
from benchmarks.servers import Server, free_port, register_learner, running, start_masterx

ANSWER_SECONDS = 1.0
FAILS_AFTER_SECONDS = 1.0
UP_SECONDS, DOWN_SECONDS = 20.0, 20.0
RATE = 3.0
"""Turns a second."""
MOST_EXTRA = 0.05
PATIENCE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Outcome:
    turns: int
    well_ms: float
    flapping_ms: float
    extra: float
    """Of the average turn, as a part of it."""
    first_answered: int
    failures_met: int
    errors: dict[str, int]


async def turns_for(server: Server, token: str, seconds: float, errors: Counter[str]) -> list[float]:
    """Milliseconds of each."""
    latencies: list[float] = []
    async with (
        aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {token}"}, connector=aiohttp.TCPConnector(limit=0)
        ) as client,
        asyncio.TaskGroup() as tasks,
    ):

        async def take() -> None:
            started = time.perf_counter()
            async with client.post(f"{server.url}/api/v1/chat", json={"message": "Why is the sky blue?"}) as answer:
                await answer.read()
            if answer.status == 200:
                latencies.append(1000 * (time.perf_counter() - started))
            else:
                errors[f"status {answer.status}"] += 1

        started = time.perf_counter()
        for number in range(int(seconds * RATE)):
            await asyncio.sleep(max(0.0, started + number / RATE - time.perf_counter()))
            tasks.create_task(take())
    return latencies


async def flap(upstream: FaultyUpstream) -> None:
    while True:
        upstream.is_down = True
        await asyncio.sleep(DOWN_SECONDS)
        upstream.is_down = False
        await asyncio.sleep(UP_SECONDS)


async def measure(folder: Path, rounds: int, seconds: float) -> Outcome:
    errors: Counter[str] = Counter()
    well: list[float] = []
    flapping: list[float] = []
    first = FaultyUpstream(answer_seconds=ANSWER_SECONDS, fails_after_seconds=FAILS_AFTER_SECONDS)
    second = FaultyUpstream(answer_seconds=ANSWER_SECONDS)
    async with first.running(), second.running():
        environment = first.settings("GROQ") | second.settings("OPENAI")  # asked by name
        server = start_masterx(folder, port=free_port(), environment=environment)
        with running(server, "/api/v1/health/ready", PATIENCE_SECONDS):
            token = await asyncio.to_thread(register_learner, server)
            await turns_for(server, token, 2, Counter())
            for _ in range(rounds):
                well += await turns_for(server, token, seconds, errors)
                flapper = asyncio.create_task(flap(first))
                flapping += await turns_for(server, token, seconds, errors)
                flapper.cancel()
                first.is_down = False
    return Outcome(
        turns=len(well) + len(flapping),
        well_ms=round(statistics.fmean(well), 1),
        flapping_ms=round(statistics.fmean(flapping), 1),
        extra=round(statistics.fmean(flapping) / statistics.fmean(well) - 1, 4),
        first_answered=first.answered,
        failures_met=first.failed,
        errors=dict(errors),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=180, help="of each half of a round")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        outcome = uvloop.run(measure(Path(name), options.rounds, options.seconds))
    print(json.dumps(asdict(outcome), indent=2))
    print(f"a provider that flaps makes the average turn {outcome.extra:+.1%} longer")
    sys.exit(outcome.extra > MOST_EXTRA or bool(outcome.errors))


if __name__ == "__main__":
    main()
