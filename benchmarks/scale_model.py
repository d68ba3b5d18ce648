"""How MasterX grows, on paper: `make scale-model` prints the tables that docs/scale.md quotes.

Learners think, ask, and wait for the model: a closed network. What each part can do comes from measurements of one
host, which are the inputs below with where they come from; what was not measured is marked as assumed. Queues in front
of the workers are M/M/c (Erlang C); a simulation of single learners, with other service times, checks it.
"""

from __future__ import annotations

import heapq
import math
import random
import statistics
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SEED = 20_261_123
HOURS_A_MONTH = 730


@dataclass(frozen=True, kw_only=True)
class Load:
    learners: int = 10_000
    """At once, each with a lesson open."""
    thinking_seconds: float = 60.0
    """Between an answer's end and the next question: reading and writing. Assumed."""
    answering_seconds: float = 4.0
    """Of the model, to the last word. Assumed."""
    mean_to_peak: float = 0.2
    """Of a day, how busy it is on the average hour. Assumed."""
    input_tokens: int = 1_000
    output_tokens: int = 250
    """Of a turn. Assumed."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What one turn uses of each part. Measured on 2026-11-23, but where it says otherwise."""

    worker_cpu_ms: float = 18.6
    """make load ARGS="--setting MASTERX_ENCODER=false": a turn of 40 words, streamed, with all that its page asks for,
    on two cores that others used as well. 12.9 on the same machine while it was quieter."""
    streaming_cpu_ms: float = 5.0
    """For 210 words more. Assumed: as in bench-gateway a whole turn of one piece takes 6.1."""
    reading_cpu_ms: float = 19.5
    """make load with and without the encoder: mood, topic and embedding of a question, recall."""
    primary_writes: int = 24
    """Rows that a turn writes with caps of every kind: messages 2, session, person, ledger, claim, sums 6, budgets 12.
    Counted in store/mongodb."""
    round_trips: int = 6
    """The bar that a test counts."""
    redis_commands: float = 3.0
    """One for each request; a turn with what its page asks beside it. Assumed."""


@dataclass(frozen=True, kw_only=True)
class Capacities:
    """Of one of each."""

    worker_utilisation: float = 0.65
    """Beyond it, questions begin to wait for each other; the autoscaler's mark."""
    primary_writes_a_second: float = 15_000.0
    """Of a MongoDB primary with 8 cores and a local disk, rows in transactions with majority. Assumed, to be measured
    on yours: it is the least certain figure here."""
    redis_commands_a_second: float = 80_000.0
    """Of one core. Assumed; here one command took 0.4 ms with its way there and back."""
    sqlite_record_cpu_ms: float = 0.39
    """python -m benchmarks.store: of the one thread that writes, 32 in flight; they share their fsyncs."""
    cores_a_host: int = 4


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Bytes for each message, with its half of a row of the ledger and its part of sessions and indexes."""

    sqlite: float = 2_504.0
    """The file of 1,000,000 messages that make bench-reads uses, an embedding of 384 numbers on every second."""
    mongodb_data: float = 2_035.0
    """BSON of the same rows, before compression, which embeddings do not yield to. Measured: 1,743 a message, 547 a
    call, 366 a session."""
    mongodb_indexes: float = 420.0
    """Six entries for a message and half an entry for each of the ledger's. Reckoned."""
    copies: int = 3
    """Members of the replica set."""
    backup: float = 1_000.0
    """make bench-backup: gzip of the same file."""


@dataclass(frozen=True, kw_only=True)
class Prices:
    """US dollars, list prices of large clouds as of 2026-11. Assumed: put yours in."""

    core_hour: float = 0.045
    gib_month: float = 0.10
    backup_gib_month: float = 0.023
    input_million: float = 0.15
    output_million: float = 0.60
    """Of a small model; docs/costs.md says where real prices come from."""


@dataclass(frozen=True, kw_only=True)
class Part:
    name: str
    turns_a_second: float
    """That one unit can do."""
    units: int
    """For the load."""
    basis: str

    def utilisation(self, rate: float) -> float:
        return rate / (self.turns_a_second * self.units)


def turn_rate(load: Load) -> float:
    """Turns a second: each learner's round is one turn (the interactive response time law)."""
    return load.learners / (load.thinking_seconds + load.answering_seconds)


def cpu_seconds(costs: Costs) -> float:
    return (costs.worker_cpu_ms + costs.streaming_cpu_ms + costs.reading_cpu_ms) / 1000


def erlang_c(servers: int, offered: float) -> float:
    """The probability of having to wait in M/M/c. ``offered`` is arrivals times service, below ``servers``."""
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = offered * blocked / (server + offered * blocked)
    return blocked / (1 - (offered / servers) * (1 - blocked))


def mean_wait(servers: int, rate: float, service: float) -> float:
    """Seconds in the queue, in M/M/c; infinite where more comes than goes."""
    offered = rate * service
    if offered >= servers:
        return math.inf
    return erlang_c(servers, offered) * service / (servers - offered)


def wait_percentile(servers: int, rate: float, service: float, share: float) -> float:
    """Seconds that a ``share`` of all wait at most, in M/M/c."""
    offered = rate * service
    if offered >= servers:
        return math.inf
    waiting = erlang_c(servers, offered)
    return max(0.0, math.log(waiting / (1 - share)) * service / (servers - offered)) if waiting > 0 else 0.0


def workers_for(rate: float, service: float, utilisation: float) -> int:
    return max(1, math.ceil(rate * service / utilisation))


def parts_for(load: Load, costs: Costs, capacities: Capacities) -> list[Part]:
    """In the order of how little of the load one unit can do: what saturates first comes first."""
    rate = turn_rate(load)
    worker = capacities.worker_utilisation / cpu_seconds(costs)
    limits = {
        "a worker (one core)": (worker, "measured in part"),
        "a MongoDB primary": (capacities.primary_writes_a_second / costs.primary_writes, "assumed"),
        "a Redis": (capacities.redis_commands_a_second / costs.redis_commands, "assumed"),
        "a file of SQLite": (1000 * capacities.worker_utilisation / capacities.sqlite_record_cpu_ms, "measured"),
    }
    parts = [
        Part(name=name, turns_a_second=limit, units=max(1, math.ceil(rate / limit)), basis=basis)
        for name, (limit, basis) in limits.items()
    ]
    return sorted(parts, key=lambda part: part.turns_a_second)


@dataclass(frozen=True, kw_only=True)
class Simulated:
    turns_a_second: float
    in_flight: float
    """Turns that were asked and not answered, on average."""
    response_seconds: float
    """From the question to the last word, on average."""
    p95_wait: float
    """Seconds in front of a worker, over both of a turn's stays there."""
    utilisation: float


def simulate(
    load: Load, *, workers: int, service: float, seconds: float, warm_up: float = 120.0, seed: int = SEED
) -> Simulated:
    """Each learner by itself: think, a worker (a third of its time), the model, a worker (the rest), again.

    Thinking is exponential, the model lognormal, service gamma with a coefficient of variation of a half. First come,
    first served.
    """
    return _Simulation(load, workers, service, random.Random(seed)).run(seconds, warm_up)


class _Simulation:
    def __init__(self, load: Load, workers: int, service: float, random_: random.Random) -> None:
        self._load, self._service, self._random = load, service, random_
        self._free = self._workers = workers
        self._events: list[tuple[float, int, str, int]] = []
        self._number = 0
        self._queue: deque[tuple[float, int, bool]] = deque()
        self._asked = [0.0] * load.learners
        self._waited = [0.0] * load.learners

    def run(self, seconds: float, warm_up: float) -> Simulated:
        for learner in range(self._load.learners):
            self._after(0.0, self._random.expovariate(1 / self._load.thinking_seconds), "ask", learner)
        responses: list[float] = []
        waits: list[float] = []
        busy = flight = last = 0.0
        pending = 0
        while self._events and self._events[0][0] < warm_up + seconds:
            now, _, event, learner = heapq.heappop(self._events)
            if now > warm_up:
                passed = now - max(last, warm_up)
                busy += passed * (self._workers - self._free)
                flight += passed * pending
            last = now
            if event == "ask":
                pending += 1
                self._asked[learner], self._waited[learner] = now, 0.0
                self._queue.append((now, learner, True))
            elif event == "generated":
                self._queue.append((now, learner, False))
            else:
                self._free += 1
                if event == "opened":
                    self._after(now, self._random.lognormvariate(*self._model()), "generated", learner)
                else:
                    pending -= 1
                    if now > warm_up:
                        responses.append(now - self._asked[learner])
                        waits.append(self._waited[learner])
                    self._after(now, self._random.expovariate(1 / self._load.thinking_seconds), "ask", learner)
            self._serve(now)
        return Simulated(
            turns_a_second=len(responses) / seconds,
            in_flight=flight / seconds,
            response_seconds=statistics.fmean(responses),
            p95_wait=statistics.quantiles(waits, n=20)[18],
            utilisation=busy / seconds / self._workers,
        )

    def _serve(self, now: float) -> None:
        while self._free and self._queue:
            since, learner, opens = self._queue.popleft()
            self._free -= 1
            self._waited[learner] += now - since
            mean = self._service / 3 if opens else self._service * 2 / 3
            self._after(now, self._random.gammavariate(4, mean / 4), "opened" if opens else "recorded", learner)

    def _model(self) -> tuple[float, float]:
        """Of a lognormal with the load's mean: half of all answers within 0.88 of it."""
        return math.log(self._load.answering_seconds) - 0.125, 0.5

    def _after(self, now: float, delay: float, event: str, learner: int) -> None:
        self._number += 1
        heapq.heappush(self._events, (now + delay, self._number, event, learner))


def storage_gib(messages: int, bytes_each: float) -> float:
    return messages * bytes_each / 2**30


def monthly_dollars(load: Load, prices: Prices, *, cores: int, messages: int, sizes: Sizes) -> Mapping[str, float]:
    turns = turn_rate(load) * load.mean_to_peak * HOURS_A_MONTH * 3_600
    stored = storage_gib(messages, (sizes.mongodb_data + sizes.mongodb_indexes) * sizes.copies)
    return {
        "models": turns * (load.input_tokens * prices.input_million + load.output_tokens * prices.output_million) / 1e6,
        "cores": cores * HOURS_A_MONTH * prices.core_hour,
        "storage": stored * prices.gib_month,
        "14 backups": 14 * storage_gib(messages, sizes.backup) * prices.backup_gib_month,
    }


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def hosts_for(workers: int, capacities: Capacities) -> int:
    """With one to spare."""
    return math.ceil(workers / capacities.cores_a_host) + 1


def parts_table(load: Load) -> str:
    rate = turn_rate(load)
    return table(
        ["part", "one can do, turns/s", f"needed for {rate:.0f}", "then used", "basis"],
        [
            [part.name, f"{part.turns_a_second:,.0f}", str(part.units), f"{part.utilisation(rate):.0%}", part.basis]
            for part in parts_for(load, Costs(), Capacities())
        ],
    )


def sizes_table(sizes: Sizes) -> str:
    head = ["messages", "SQLite file", "MongoDB, one copy", "of it indexes", "three copies", "a backup"]
    return table(head, _sizes(sizes))


def dollars_table(load: Load, workers: int) -> str:
    cores = hosts_for(workers, Capacities()) * Capacities().cores_a_host + 3 * 8
    dollars = monthly_dollars(load, Prices(), cores=cores, messages=100_000_000, sizes=Sizes())
    return table(["a month", "US dollars"], [[name, f"{amount:,.0f}"] for name, amount in dollars.items()])


def report() -> str:
    load, costs, capacities = Load(), Costs(), Capacities()
    rate, service = turn_rate(load), cpu_seconds(costs)
    workers = workers_for(rate, service, capacities.worker_utilisation)
    queues = table(
        ["workers", "used", "wait p95, M/M/c", "wait p95, simulated", "turns/s, simulated", "answer, simulated"],
        [_checked(load, service, count) for count in (workers - 1, workers, workers + 2)],
    )
    lines = [
        f"{load.learners:,} learners: {rate:.0f} turns/s, {rate * load.answering_seconds:.0f} answers under way, "
        f"{service * 1000:.1f} ms of a core each.",
        parts_table(load),
        f"{workers} workers: {hosts_for(workers, capacities)} hosts of {capacities.cores_a_host} cores, one to spare.",
        queues,
        sizes_table(Sizes()),
        dollars_table(load, workers),
    ]
    return "\n\n".join(lines)


def _checked(load: Load, service: float, workers: int) -> list[str]:
    rate = turn_rate(load)
    # Two stays a turn, of which M/M/c knows the mean.
    by_formula = wait_percentile(workers, 2 * rate, service / 2, 0.95)
    found = simulate(load, workers=workers, service=service, seconds=300.0)
    formula = "never ends" if math.isinf(by_formula) else f"{1000 * by_formula:.0f} ms"
    waits = f"{1000 * found.p95_wait:.0f} ms"
    return [
        str(workers),
        f"{found.utilisation:.0%}",
        formula,
        waits,
        f"{found.turns_a_second:.0f}",
        f"{found.response_seconds:.2f} s",
    ]


def _sizes(sizes: Sizes) -> list[list[str]]:
    one_copy = sizes.mongodb_data + sizes.mongodb_indexes
    columns = (sizes.sqlite, one_copy, sizes.mongodb_indexes, one_copy * sizes.copies, sizes.backup)
    return [
        [f"{messages:,}", *(f"{storage_gib(messages, each):,.1f} GiB" for each in columns)]
        for messages in (1_000_000, 10_000_000, 100_000_000)
    ]


if __name__ == "__main__":
    print(report())
