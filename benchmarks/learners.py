"""A population of learners against a server with a canned model: `python -m benchmarks.learners`, or `make load`.

Learners come, read, ask, ask again, stop answers, rate and leave, as `benchmarks/population.py` says, from a seed.
About `--learners` of them are there at a time, `--pace` times as fast as people are. Prints turns/s, how long the first
word and the whole answer took beyond what the model takes for itself, errors, and the server's CPU and memory.

    make load ARGS="--learners 200 --seconds 60 --workers 2"
    make load ARGS="--database mongodb://127.0.0.1:27017/?replicaSet=rs0"
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import aiohttp
import uvloop

from benchmarks.databases import add_options, shared_settings
from benchmarks.population import Kind, Population
from benchmarks.servers import (
    Server,
    free_port,
    register_learner,
    running,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)

WORDS, WORD_MS = 40, 25
ANSWER_SECONDS = WORDS * WORD_MS / 1000
ACCOUNTS = 50
"""Registered beforehand; more learners than that share them, each with lessons of their own."""
WARM_UP_SECONDS = 10
"""Before what counts: until then those who were there at once have not begun yet."""
REPORT_SECONDS = 2.0
PATIENCE_SECONDS = 60
QUESTIONS = ("Why is the sky blue?", "Can you explain it once more, with an example?", "And what if x is negative?")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    workers: int
    database: str
    learners: float
    """Present on average."""
    seconds: float
    turns: int
    turns_per_second: float
    first_word_ms: tuple[float, float, float]
    """50th, 95th, 99th percentile, less what the model takes for it."""
    answer_ms: tuple[float, float, float]
    """The same for whole answers."""
    other_requests: int
    other_ms: tuple[float, float, float]
    errors: dict[str, int]
    cpu_ms_per_turn: float
    """Of the server's processes, everything that was asked of it included."""
    cores: float
    memory_mib: int
    """The most that was seen."""


@dataclass
class Tally:
    first_words: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    present: int = 0
    presence: list[int] = field(default_factory=list)
    memory: int = 0

    def clear(self) -> None:
        """What comes from now on counts; who is there stays."""
        for measured in (self.first_words, self.answers, self.others, self.presence):
            measured.clear()
        self.errors.clear()


class Learner:
    def __init__(
        self, client: aiohttp.ClientSession, url: str, token: str, tally: Tally, chance: random.Random
    ) -> None:
        self._client, self._url, self._tally, self._chance = client, url, tally, chance
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: str | None = None
        self._question: str | None = None
        self._answer: str | None = None

    async def take(self, population: Population) -> None:
        self._tally.present += 1
        try:
            for step in population.lesson(self._chance):
                await asyncio.sleep(step.after_seconds)
                try:
                    await self._do(step.kind)
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    self._tally.errors[type(error).__name__] += 1
        finally:
            self._tally.present -= 1

    async def _do(self, kind: Kind) -> None:
        match kind:
            case Kind.OPEN:
                for path in ("/sign-in", "/api/v1/users/me", "/api/v1/sessions?limit=30"):
                    await self._other("GET", path)
            case Kind.RATE if self._answer is not None:
                await self._other("POST", f"/api/v1/messages/{self._answer}/feedback", {"helpful": True})
            case Kind.ASK | Kind.RETRY | Kind.STOP:
                await self._ask(kind)

    async def _other(self, method: str, path: str, body: dict[str, bool] | None = None) -> None:
        started = time.perf_counter()
        async with self._client.request(method, self._url + path, json=body, headers=self._headers) as response:
            await response.read()
        self._count(response.status)
        self._tally.others.append(1000 * (time.perf_counter() - started))

    async def _ask(self, kind: Kind) -> None:
        body = {"message": self._chance.choice(QUESTIONS)}
        if self._session is not None:
            body["session_id"] = self._session
            if kind is Kind.RETRY and self._question is not None:
                body["replaces"] = self._question
        headers = self._headers | {"Accept": "text/event-stream"}
        started, event, ended = time.perf_counter(), "", False
        async with self._client.post(f"{self._url}/api/v1/chat", json=body, headers=headers) as response:
            if response.status != 200:
                self._count(response.status)
                return
            async for line in response.content:
                if line.startswith(b"event: "):
                    event = line[7:].decode().strip()
                elif event == "meta" and line.startswith(b"data: "):
                    told = json.loads(line[6:])
                    self._session, self._question = told["session_id"], told["question_id"]
                    self._answer = told["message_id"]
                    self._tally.first_words.append(1000 * (time.perf_counter() - started) - WORD_MS)
                    if kind is Kind.STOP:
                        response.close()
                        return
                ended = ended or event == "done"
        if ended:
            self._tally.answers.append(1000 * (time.perf_counter() - started - ANSWER_SECONDS))
        else:
            self._tally.errors["no end"] += 1

    def _count(self, status: int) -> None:
        if status >= 400:
            self._tally.errors[f"status {status}"] += 1


async def load(server: Server, tokens: Sequence[str], options: argparse.Namespace) -> Outcome:
    tally, chance = Tally(), random.Random(options.seed)
    population = Population(pace=options.pace)
    lessons: set[asyncio.Task[None]] = set()
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(60)) as client:
        learners = (
            Learner(client, server.url, token, tally, random.Random(chance.random()))
            for token in itertools.cycle(tokens)
        )

        async def come() -> None:
            for pause in population.arrivals(chance, options.learners, ANSWER_SECONDS):
                await asyncio.sleep(pause)
                _begin(lessons, next(learners), population)

        for _ in range(options.learners):  # who is there already is somewhere in the middle
            _begin(lessons, next(learners), population)
        coming = asyncio.create_task(come())
        await _watch(server, tally, WARM_UP_SECONDS, "warming up")
        tally.clear()
        started, cpu = time.perf_counter(), server.cpu_seconds()
        await _watch(server, tally, options.seconds, "measuring")
        seconds, cpu = time.perf_counter() - started, server.cpu_seconds() - cpu
        measured = outcome_of(tally, options, seconds, cpu)
        for task in (coming, *lessons):
            task.cancel()
        await asyncio.gather(coming, *lessons, return_exceptions=True)
    return measured


def _begin(lessons: set[asyncio.Task[None]], learner: Learner, population: Population) -> None:
    task = asyncio.create_task(learner.take(population))
    lessons.add(task)
    task.add_done_callback(lessons.discard)


async def _watch(server: Server, tally: Tally, seconds: float, doing: str) -> None:
    """A line that is written over at a terminal, and one after the other elsewhere."""
    end = "\r" if sys.stderr.isatty() else "\n"
    started, cpu = time.perf_counter(), server.cpu_seconds()
    while (passed := time.perf_counter() - started) < seconds:
        await asyncio.sleep(min(REPORT_SECONDS, seconds - passed))
        tally.presence.append(tally.present)
        tally.memory = max(tally.memory, server.resident_bytes())
        passed = time.perf_counter() - started
        middle, high, _ = percentiles(tally.first_words)
        line = (
            f"{doing} {passed:4.0f} of {seconds:.0f} s: {tally.present} learners, {len(tally.answers)} answers, "
            f"first word +{middle:.0f} ms (p95 +{high:.0f}), {tally.errors.total()} errors, "
            f"{(server.cpu_seconds() - cpu) / passed:.2f} cores, {tally.memory / 2**20:.0f} MiB   "
        )
        print(line, file=sys.stderr, end=end, flush=True)
    print(file=sys.stderr)


def percentiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The 50th, 95th and 99th."""
    if len(values) < 2:
        return (0.0, 0.0, 0.0)
    cuts = statistics.quantiles(values, n=100)
    return (round(cuts[49], 1), round(cuts[94], 1), round(cuts[98], 1))


def outcome_of(tally: Tally, options: argparse.Namespace, seconds: float, cpu: float) -> Outcome:
    turns = len(tally.answers)
    return Outcome(
        workers=options.workers,
        database="sqlite" if options.database is None else options.database.partition(":")[0],
        learners=round(statistics.fmean(tally.presence), 1),
        seconds=round(seconds, 1),
        turns=turns,
        turns_per_second=round(turns / seconds, 1),
        first_word_ms=percentiles(tally.first_words),
        answer_ms=percentiles(tally.answers),
        other_requests=len(tally.others),
        other_ms=percentiles(tally.others),
        errors=dict(tally.errors),
        cpu_ms_per_turn=round(1000 * cpu / max(1, turns), 1),
        cores=round(cpu / seconds, 2),
        memory_mib=tally.memory // 2**20,
    )


def measure(folder: Path, options: argparse.Namespace) -> Outcome:
    upstream = start_canned_upstream(folder, "--tokens", str(WORDS), "--delay-ms", str(WORD_MS))
    with contextlib.ExitStack() as stack:
        stack.enter_context(running(upstream, "/journal", PATIENCE_SECONDS))
        environment = upstream_settings(upstream.url) | stack.enter_context(shared_settings(options))
        environment |= dict(setting.split("=", 1) for setting in options.setting)
        workers = () if options.workers == 1 else ("--workers", str(options.workers))
        server = start_masterx(folder, *workers, port=free_port(), environment=environment)
        stack.enter_context(running(server, "/api/v1/health/ready", PATIENCE_SECONDS))
        run = f"{time.time_ns():x}"
        accounts = range(min(ACCOUNTS, options.learners))
        tokens = [register_learner(server, f"learner{number}-{run}@example.org") for number in accounts]
        return uvloop.run(load(server, tokens, options))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--learners", type=int, default=100, help="present at a time")
    parser.add_argument("--seconds", type=float, default=30, help="that count, after ten to warm up")
    parser.add_argument("--pace", type=float, default=10, help="how many times faster than people they are")
    parser.add_argument("--workers", type=int, default=1)
    add_options(parser)
    parser.add_argument(
        "--setting", action="append", default=[], metavar="NAME=VALUE", help="of the server; repeatable"
    )
    parser.add_argument("--seed", type=int, default=20_260_314)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        outcome = measure(Path(name), options)
    print(json.dumps(asdict(outcome), indent=2))
    middle, high, highest = outcome.first_word_ms
    print(
        f"{outcome.turns_per_second} turns/s of {outcome.learners:.0f} learners: first word +{middle:.0f} ms "
        f"(p95 +{high:.0f}, p99 +{highest:.0f}), {sum(outcome.errors.values())} errors, {outcome.cores} cores, "
        f"{outcome.cpu_ms_per_turn} ms CPU a turn, {outcome.memory_mib} MiB"
    )


if __name__ == "__main__":
    main()
