"""Whether the books are true after turns that went wrong: `python -m benchmarks.books`, from the repository's root.

1,000 turns, half of them streamed; every fifth call to the canned model fails (before the first word, or cut after
some), and every tenth learner leaves in mid-answer. Then the ledger is compared with the model's own journal, and
`masterx costs verify` with everything else. Exit status 1 when a figure differs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp

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

TURNS = 1_000
IN_FLIGHT = 16
TOKENS = 40
DELAY_MS = 4
FAULT_EVERY = 5
LEAVE_SHARE = 0.1
SEED = 20_260_314
PATIENCE_SECONDS = 60
REPORTED_TOKENS = """
    SELECT sum(input_tokens + output_tokens)
    FROM cost_events JOIN messages AS answer ON answer.id = message_id JOIN messages AS question
        ON question.id = answer.reply_to
    WHERE NOT cost_events.usage_estimated AND question.content LIKE '%marker:stays%'
"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    turns: int
    ended: dict[str, int]
    """Turns by how they ended for their learner."""
    calls: int
    """By the model's journal."""
    faults: int
    ledger_rows: int
    tokens: int
    """By the model's journal: of answers to those who stayed that were sent to their end."""
    ledger_tokens: int
    """Of rows for those who stayed whose usage the model reported. Who leaves may do so just before it arrives."""
    estimated_rows: int
    verified: bool
    """By `masterx costs verify`."""
    report: str

    @property
    def is_true(self) -> bool:
        return self.verified and self.calls == self.ledger_rows and self.tokens == self.ledger_tokens


async def take_turns(url: str, token: str, turns: int) -> Counter[str]:
    chance = random.Random(SEED)
    slots = asyncio.Semaphore(IN_FLIGHT)
    ends: Counter[str] = Counter()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client:

        async def take(streamed: bool, words: int | None) -> None:
            async with slots:
                ends[await _take(client, f"{url}/api/v1/chat", streamed, words)] += 1

        async with asyncio.TaskGroup() as tasks:
            for _ in range(turns):
                leaves = chance.random() < LEAVE_SHARE
                streamed = leaves or chance.random() < 0.5
                tasks.create_task(take(streamed, chance.randint(2, 15) if leaves else None))
    return ends


async def _take(client: aiohttp.ClientSession, url: str, streamed: bool, words: int | None) -> str:
    marker = "marker:stays" if words is None else "marker:leaves"
    headers = {"Accept": "text/event-stream" if streamed else "application/json"}
    async with client.post(url, json={"message": f"{marker} Why is the sky blue?"}, headers=headers) as response:
        if not streamed:
            await response.read()
            return f"status {response.status}"
        event = ""
        async for line in response.content:
            if line.startswith(b"event: "):
                event = line[7:].decode().strip()
                if event == "token" and words is not None:
                    words -= 1
                    if not words:
                        response.close()
                        return "left"
        return event


def measure(turns: int) -> Outcome:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        upstream = start_canned_upstream(
            folder, "--tokens", str(TOKENS), "--delay-ms", str(DELAY_MS), "--fault-every", str(FAULT_EVERY)
        )
        with running(upstream, "/journal", PATIENCE_SECONDS):
            environment = upstream_settings(upstream.url) | {
                "MASTERX_RATE_LIMIT_FREE": "1000000",
                "MASTERX_RATE_LIMIT_ADDRESS": "1000000",
            }
            server = start_masterx(folder, port=free_port(), environment=environment)
            with running(server, "/api/v1/health", PATIENCE_SECONDS):
                ended = asyncio.run(take_turns(server.url, register_learner(server), turns))
            # Stopped: what the last learners left behind is recorded.
            journal = get(f"{upstream.url}/journal")
        with closing(sqlite3.connect(folder / "data" / "masterx.sqlite3")) as database:
            rows, estimated = database.execute("SELECT count(*), sum(usage_estimated) FROM cost_events").fetchone()
            (tokens,) = database.execute(REPORTED_TOKENS).fetchone()
        report = verify(folder)
        return Outcome(
            turns=turns,
            ended=dict(ended),
            calls=journal["calls"],
            faults=journal["faults"],
            ledger_rows=rows,
            tokens=journal["tokens"]["stays"],
            ledger_tokens=tokens,
            estimated_rows=estimated,
            verified=report.returncode == 0,
            report=report.stdout + report.stderr,
        )


def verify(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "masterx", "costs", "verify"],
        check=False,
        cwd=folder,
        env={"PATH": "", "PYTHONPATH": str(ROOT / "src"), "MASTERX_DATA_DIR": str(folder / "data")},
        capture_output=True,
        text=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--turns", type=int, default=TURNS)
    outcome = measure(parser.parse_args().turns)
    print(json.dumps(asdict(outcome), indent=2))
    sys.exit(not outcome.is_true)


if __name__ == "__main__":
    main()
