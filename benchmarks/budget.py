"""200 at once against a cap worth 50: `python -m benchmarks.budget`, from the repository's root.

Each call holds four times what it turns out to cost, by a price of our own and a canned model on loopback. With one
worker and with two, or with `--hosts` servers of one worker each, it prints

- what was spent over the cap, by the ledger, by the daily sums and by the model's own journal: has to be nothing;
- unnecessary refusals, as a part of the requests: the budget was worth 50 answers, fewer were given. Of these, up
  to three are due to arithmetic: when less than a reservation is left, no call can be sure to stay below the cap;
- with one worker or with `--redis`, how many of twice as many requests as a learner may send in a minute were let in.

`--apart 5` has the clocks of the hosts differ by that many seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp

from benchmarks.canned_upstream import MODEL
from benchmarks.databases import add_options, shared_settings
from benchmarks.servers import (
    ROOT,
    Server,
    free_port,
    get,
    register_learner,
    running,
    start,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)
from masterx.clock import SystemClock
from masterx.costs.reserving import LONGEST_WAIT_SECONDS
from masterx.settings import StoreSettings
from masterx.store.opening import open_store

REQUESTS = 200
WORTH = 50
TOKENS = 40
HELD_TOKENS = 4 * TOKENS
NANOS_A_TOKEN = 100_000
COST = TOKENS * NANOS_A_TOKEN
"""Of an answer, in nano-dollars: input is free by our price, so that a reservation is exactly four times as much."""
PRICES = f"""
[[price]]
provider = "openai"
model = "{MODEL}"
input = 0
output = {NANOS_A_TOKEN / 1000}
source = "benchmarks/budget.py"
date = 2026-11-23
valid_from = 2020-01-01
"""
PATIENCE_SECONDS = 60
REQUESTS_A_MINUTE = 250
"""Of one learner: more than those who ask for answers send."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    hosts: int
    workers: int
    """Of each host."""
    requests: int
    answered: int
    refused: int
    others: dict[str, int]
    """Answers that are neither, by status."""
    calls: int
    """By the model's journal."""
    spent: int
    """By the ledger, in nano-dollars."""
    over_the_cap: int
    unnecessary_refusals: float
    """As a part of the requests."""
    seconds: float
    let_in: int | None
    """Of twice as many as may be; None where each process counts for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    urls: Sequence[str]
    upstream: str
    token: str
    other_token: str
    """Of two learners."""


@contextmanager
def fleet_with_cap(
    folder: Path, shared: dict[str, str], *, hosts: int, workers: int, apart: float, delay_ms: float
) -> Iterator[Fleet]:
    (folder / "prices.toml").write_text(PRICES)
    upstream = start_canned_upstream(folder, "--tokens", str(TOKENS), "--delay-ms", str(delay_ms / TOKENS))
    with ExitStack() as stack:
        stack.enter_context(running(upstream, "/journal", PATIENCE_SECONDS))
        environment = (
            upstream_settings(upstream.url)
            | {
                "MASTERX_PRICES_FILE": str(folder / "prices.toml"),
                "MASTERX_MAX_OUTPUT_TOKENS": str(HELD_TOKENS),
                "MASTERX_RATE_LIMIT_FREE": str(REQUESTS_A_MINUTE),
                "MASTERX_RATE_LIMIT_ADDRESS": "100000",
            }
            | shared
        )
        set_cap(folder, WORTH * COST / 1e9, shared)
        servers = [start_host(folder, environment, workers, ahead=number * apart) for number in range(hosts)]
        for server in servers:
            stack.enter_context(running(server, "/api/v1/health/ready", PATIENCE_SECONDS))
        tokens = [register_learner(servers[0], f"{name}@example.org") for name in ("ada", "emmy")]
        yield Fleet(
            urls=[server.url for server in servers], upstream=upstream.url, token=tokens[0], other_token=tokens[1]
        )


def start_host(folder: Path, environment: Mapping[str, str], workers: int, *, ahead: float) -> Server:
    """``ahead`` is how many seconds too far its clock is."""
    port = free_port()
    if not ahead:
        options = ("--workers", str(workers)) if workers > 1 else ()
        return start_masterx(folder, *options, port=port, environment=environment)
    command = [sys.executable, str(ROOT / "benchmarks" / "shifted_server.py"), str(ahead), str(port)]
    places = {"MASTERX_DATA_DIR": str(folder / "data")}
    return start(command, folder / "ahead.log", port=port, environment=places | dict(environment))


def set_cap(folder: Path, dollars: float, shared: Mapping[str, str]) -> None:
    places = {"PATH": "", "PYTHONPATH": str(ROOT / "src"), "MASTERX_DATA_DIR": str(folder / "data")}
    subprocess.run(
        [sys.executable, "-m", "masterx", "budget", "set", "system", "month", f"{dollars:.9f}"],
        check=True,
        cwd=folder,
        env=places | dict(shared),
        stdout=subprocess.DEVNULL,
    )


async def ask_all(fleet: Fleet, requests: int, *, coming_back: bool = False) -> Counter[int]:
    """As many at once, in turns to each host; the statuses.

    ``coming_back``: who was kept waiting by calls under way, and was then told to try again in a moment, does so.
    """
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=bearer(fleet.token), connector=connector) as client:

        async def ask(url: str) -> int:
            while True:
                started = time.perf_counter()
                async with client.post(f"{url}/api/v1/chat", json={"message": "Why is the sky blue?"}) as response:
                    await response.read()
                pause = int(response.headers.get("Retry-After", "0"))
                if not coming_back or response.status != 402 or pause > LONGEST_WAIT_SECONDS:
                    return response.status
                assert time.perf_counter() - started > LONGEST_WAIT_SECONDS - 0.5, "refused before it had waited"
                await asyncio.sleep(pause)

        urls = fleet.urls
        return Counter(await asyncio.gather(*(ask(urls[number % len(urls)]) for number in range(requests))))


async def knock(fleet: Fleet) -> int:
    """How many of twice as many requests as may be were let in."""
    connector = aiohttp.TCPConnector(limit=100)
    async with aiohttp.ClientSession(headers=bearer(fleet.other_token), connector=connector) as client:

        async def ask(url: str) -> bool:
            async with client.get(f"{url}/api/v1/users/me") as response:
                assert response.status in {200, 429}, await response.text()
                return response.status == 200

        urls = fleet.urls
        asked = (ask(urls[number % len(urls)]) for number in range(2 * REQUESTS_A_MINUTE))
        return sum(await asyncio.gather(*asked))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def spent_by(settings: StoreSettings) -> tuple[int, int]:
    """By the ledger and by the daily sums, read through the store."""
    store, now = await open_store(settings, SystemClock()), SystemClock().now()
    day = timedelta(days=1)
    ledger = sum(call.cost for call in await store.cost_events(now - day, now + day))
    tracked = await store.cost_tracking((now - day).date(), (now + day).date())
    await store.close()
    return ledger, sum(one.total_cost for one in tracked if one.user_id is None)


def measure(
    workers: int,
    *,
    requests: int = REQUESTS,
    delay_ms: float = 100,
    shared: dict[str, str] | None = None,
    hosts: int = 1,
    apart: float = 0,
    coming_back: bool = False,
) -> Outcome:
    """``shared`` is environment that names a database, and a Redis; else it is an SQLite file."""
    shared = shared or {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with fleet_with_cap(folder, shared, hosts=hosts, workers=workers, apart=apart, delay_ms=delay_ms) as fleet:
            started = time.perf_counter()
            statuses = asyncio.run(ask_all(fleet, requests, coming_back=coming_back))
            seconds = time.perf_counter() - started
            counted_together = "MASTERX_REDIS_URL" in shared or hosts * workers == 1
            let_in = asyncio.run(knock(fleet)) if counted_together else None
            calls = int(get(f"{fleet.upstream}/journal")["calls"])
        url = shared.get("MASTERX_DATABASE_URL")
        settings = StoreSettings(_env_file=None, data_dir=folder / "data", database_url=url)
        spent, summed = asyncio.run(spent_by(settings))
    answered = statuses.pop(200, 0)
    refused = statuses.pop(402, 0)
    return Outcome(
        hosts=hosts,
        workers=workers,
        requests=requests,
        answered=answered,
        refused=refused,
        others={str(status): count for status, count in statuses.items()},
        calls=calls,
        spent=spent,
        over_the_cap=max(0, max(spent, summed, calls * COST) - WORTH * COST),
        unnecessary_refusals=(min(requests, WORTH) - answered) / requests,
        seconds=round(seconds, 1),
        let_in=let_in,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_options(parser)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--delay-ms", type=float, default=100, help="how long the model takes for an answer")
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--apart", type=float, default=0, metavar="SECONDS")
    options = parser.parse_args()
    outcomes = []
    for workers in (1,) if options.hosts > 1 else (1, 2):
        with shared_settings(options) as shared:
            outcome = measure(
                workers,
                requests=options.requests,
                delay_ms=options.delay_ms,
                shared=shared,
                hosts=options.hosts,
                apart=options.apart,
            )
        outcomes.append(outcome)
        print(json.dumps(asdict(outcome), indent=2))
        print(
            f"{outcome.hosts} host(s) of {outcome.workers} worker(s): spend over the cap {outcome.over_the_cap} "
            f"nano-dollars, unnecessary refusals {outcome.unnecessary_refusals:.1%} of {outcome.requests}"
        )
        if outcome.let_in is not None:
            print(f"let in of {2 * REQUESTS_A_MINUTE} where {REQUESTS_A_MINUTE} may be: {outcome.let_in}", flush=True)
    if any(
        outcome.over_the_cap
        or outcome.others
        or outcome.unnecessary_refusals > 0.02
        or outcome.let_in not in {None, REQUESTS_A_MINUTE}
        for outcome in outcomes
    ):
        sys.exit(1)


if __name__ == "__main__":
    main()
