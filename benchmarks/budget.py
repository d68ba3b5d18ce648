"""200 at once against a cap worth 50: `python -m benchmarks.budget`, from the repository's root.

Each call holds four times what it turns out to cost, by a price of our own and a canned model on loopback. With one
worker and with two, it prints

- what was spent over the cap, by the ledger, by the daily sums and by the model's own journal: has to be nothing;
- unnecessary refusals, as a part of the requests: the budget was worth 50 answers, fewer were given. Of these, up
  to three are due to arithmetic: when less than a reservation is left, no call can be sure to stay below the cap.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp

from benchmarks.canned_upstream import MODEL
from benchmarks.servers import (
    ROOT,
    free_port,
    get,
    register_learner,
    running,
    start_canned_upstream,
    start_masterx,
    upstream_settings,
)

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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    workers: int
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


@contextmanager
def masterx_with_cap(folder: Path, workers: int, delay_ms: float) -> Iterator[tuple[str, str, str]]:
    """The addresses of the server and of its model, and a learner's token."""
    (folder / "prices.toml").write_text(PRICES)
    upstream = start_canned_upstream(folder, "--tokens", str(TOKENS), "--delay-ms", str(delay_ms / TOKENS))
    with running(upstream, "/journal", PATIENCE_SECONDS):
        environment = upstream_settings(upstream.url) | {
            "MASTERX_PRICES_FILE": str(folder / "prices.toml"),
            "MASTERX_MAX_OUTPUT_TOKENS": str(HELD_TOKENS),
            "MASTERX_RATE_LIMIT_FREE": "100000",
            "MASTERX_RATE_LIMIT_ADDRESS": "100000",
        }
        set_cap(folder, WORTH * COST / 1e9)
        options = ("--workers", str(workers)) if workers > 1 else ()
        server = start_masterx(folder, *options, port=free_port(), environment=environment)
        with running(server, "/api/v1/health", PATIENCE_SECONDS):
            yield server.url, upstream.url, register_learner(server)


def set_cap(folder: Path, dollars: float) -> None:
    subprocess.run(
        [sys.executable, "-m", "masterx", "budget", "set", "system", "month", f"{dollars:.9f}"],
        check=True,
        cwd=folder,
        env={"PATH": "", "PYTHONPATH": str(ROOT / "src"), "MASTERX_DATA_DIR": str(folder / "data")},
        stdout=subprocess.DEVNULL,
    )


async def ask_all(url: str, token: str, requests: int) -> Counter[int]:
    headers = {"Authorization": f"Bearer {token}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as client:

        async def ask() -> int:
            async with client.post(f"{url}/api/v1/chat", json={"message": "Why is the sky blue?"}) as response:
                await response.read()
                return response.status

        return Counter(await asyncio.gather(*(ask() for _ in range(requests))))


def measure(workers: int, *, requests: int = REQUESTS, delay_ms: float = 100) -> Outcome:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with masterx_with_cap(folder, workers, delay_ms) as (url, upstream, token):
            started = time.perf_counter()
            statuses = asyncio.run(ask_all(url, token, requests))
            seconds = time.perf_counter() - started
            calls = int(get(f"{upstream}/journal")["calls"])
        with closing(sqlite3.connect(folder / "data" / "masterx.sqlite3")) as database:
            (spent,) = database.execute("SELECT ifnull(sum(cost), 0) FROM cost_events").fetchone()
            (summed,) = database.execute(
                "SELECT ifnull(sum(total_cost), 0) FROM cost_tracking WHERE user_id IS NULL"
            ).fetchone()
    answered = statuses.pop(200, 0)
    refused = statuses.pop(402, 0)
    return Outcome(
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
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--delay-ms", type=float, default=100, help="how long the model takes for an answer")
    options = parser.parse_args()
    outcomes = [measure(workers, requests=options.requests, delay_ms=options.delay_ms) for workers in (1, 2)]
    print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    for outcome in outcomes:
        print(
            f"{outcome.workers} worker(s): spend over the cap {outcome.over_the_cap} nano-dollars, "
            f"unnecessary refusals {outcome.unnecessary_refusals:.1%} of {outcome.requests}"
        )
    if any(outcome.over_the_cap or outcome.unnecessary_refusals > 0.02 for outcome in outcomes):
        sys.exit(1)


if __name__ == "__main__":
    main()
