"""How far the ledger is off where the model did not say what it used: `python -m benchmarks.tokens`.

1,000 turns in lessons of five, in English, code, formulas and other languages; every fifth call to the model fails or
is cut, every tenth learner leaves in mid-answer. The model counts with the vocabulary of the one that it pretends to be
(`benchmarks/counting_upstream.py`). By its journal:

- where usage arrived, the ledger has to have the same tokens, call by call;
- the rest has to be marked as estimated, and off by 10 % in total at most. Printed too: how far single calls are off.

Answers that were lost as a whole, before a word arrived, are not estimated: nobody here knows how long they were.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.counting_upstream import TEXTS
from benchmarks.gateway import LITELLM, install_litellm
from benchmarks.servers import ROOT, free_port, get, register_learner, running, start, start_masterx, upstream_settings

TURNS = 1_000
LESSON = 5
IN_FLIGHT = 16
DELAY_MS = 4
FAULT_EVERY = 5
LEAVE_SHARE = 0.1
SEED = 20_260_314
PATIENCE_SECONDS = 60
MOST_OFF = 0.1
KEPT = """
    SELECT question.content, cost_events.usage_estimated, input_tokens, output_tokens
    FROM cost_events JOIN messages AS answer ON answer.id = message_id
        JOIN messages AS question ON question.id = answer.reply_to
"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    turns: int
    calls: int
    """By the model's journal."""
    ledger_rows: int
    reported: int
    """Answers whose usage arrived."""
    reported_differences: int
    """Of these, calls of which the ledger has other tokens than the journal."""
    estimated: int
    estimated_tokens: int
    real_tokens: int
    """Of the same calls, by the journal."""
    off_in_total: float
    off_by_call: tuple[float, float, float]
    """5th, 50th and 95th percentile of estimated over real, less one."""
    unmarked: int
    """Answers whose usage did not arrive and that are not marked as estimated."""
    lost: int
    """Calls that the journal charges and of which no word arrived."""
    lost_tokens: int

    @property
    def is_good(self) -> bool:
        return (
            self.calls == self.ledger_rows
            and not self.reported_differences
            and not self.unmarked
            and abs(self.off_in_total) <= MOST_OFF
        )


async def take_turns(url: str, token: str, turns: int) -> None:
    chance = random.Random(SEED)
    texts = [text for group in TEXTS.values() for text in group]
    slots = asyncio.Semaphore(IN_FLIGHT)
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client,
        asyncio.TaskGroup() as tasks,
    ):
        for lesson in range(turns // LESSON):
            plans = [
                (f"marker:t{lesson}-{place} {chance.choice(texts)}", chance.random(), chance.randint(2, 12))
                for place in range(LESSON)
            ]
            tasks.create_task(_lesson(client, f"{url}/api/v1/chat", plans, slots))


async def _lesson(
    client: aiohttp.ClientSession, url: str, plans: Sequence[tuple[str, float, int]], slots: asyncio.Semaphore
) -> None:
    session: str | None = None
    for message, chance, words in plans:
        body = {"message": message} | ({} if session is None else {"session_id": session})
        async with slots:
            if chance < 0.5 + LEAVE_SHARE:
                session = await _streamed(client, url, body, words if chance < LEAVE_SHARE else None) or session
            else:
                async with client.post(url, json=body, headers={"Accept": "application/json"}) as response:
                    session = (await response.json()).get("session_id") or session


async def _streamed(client: aiohttp.ClientSession, url: str, body: dict[str, str], words: int | None) -> str | None:
    """The session, when it was heard; leaves after so many words."""
    session = None
    async with client.post(url, json=body, headers={"Accept": "text/event-stream"}) as response:
        async for line in response.content:
            if line.startswith(b"data: ") and b'"session_id"' in line:
                session = json.loads(line[6:]).get("session_id") or session
            if line == b"event: token\n" and words is not None:
                words -= 1
                if not words:
                    response.close()
                    break
    return session


def measure(turns: int) -> Outcome:
    install_litellm()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = free_port()
        options = ("--port", port, "--delay-ms", DELAY_MS, "--fault-every", FAULT_EVERY)
        command = [str(LITELLM / "bin" / "python"), "-m", "benchmarks.counting_upstream", *map(str, options)]
        upstream = start(command, folder / "upstream.log", port=port, environment={"PYTHONPATH": str(ROOT)})
        with running(upstream, "/journal", PATIENCE_SECONDS):
            server = start_masterx(folder, port=free_port(), environment=upstream_settings(upstream.url))
            with running(server, "/api/v1/health", PATIENCE_SECONDS):
                asyncio.run(take_turns(server.url, register_learner(server), turns))
            journal = get(f"{upstream.url}/journal")["entries"]
        with closing(sqlite3.connect(folder / "data" / "masterx.sqlite3")) as database:
            (rows,) = database.execute("SELECT count(*) FROM cost_events").fetchone()
            kept = database.execute(KEPT).fetchall()
    return compare(turns, journal, rows, kept)


def compare(
    turns: int, journal: Sequence[dict[str, Any]], rows: int, kept: Sequence[tuple[str, int, int, int]]
) -> Outcome:
    """A question has one call whose answer was kept: the last of its marker in the journal."""
    entries = {entry["marker"]: entry for entry in journal}
    pairs = [(entries[content.split()[0].removeprefix("marker:")], row) for content, *row in kept]
    reported = [(entry, row) for entry, row in pairs if not row[0]]
    estimated = [(entry["input"] + entry["output"], row[1] + row[2]) for entry, row in pairs if row[0]]
    ratios = statistics.quantiles((ours / real for real, ours in estimated), n=20)
    real, ours = sum(real for real, _ in estimated), sum(ours for _, ours in estimated)
    answered = {id(entry) for entry, _ in pairs}
    lost = [entry for entry in journal if id(entry) not in answered and entry["output"]]
    return Outcome(
        turns=turns,
        calls=len(journal),
        ledger_rows=rows,
        reported=len(reported),
        reported_differences=sum((entry["input"], entry["output"]) != (row[1], row[2]) for entry, row in reported),
        estimated=len(estimated),
        estimated_tokens=ours,
        real_tokens=real,
        off_in_total=round(ours / real - 1, 4),
        off_by_call=(round(ratios[0] - 1, 3), round(ratios[9] - 1, 3), round(ratios[18] - 1, 3)),
        unmarked=sum(not entry["told"] for entry, _ in reported),
        lost=len(lost),
        lost_tokens=sum(entry["input"] + entry["output"] for entry in lost),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--turns", type=int, default=TURNS)
    outcome = measure(parser.parse_args().turns)
    print(json.dumps(asdict(outcome), indent=2))
    low, middle, high = outcome.off_by_call
    print(
        f"{outcome.estimated} estimated calls: {outcome.off_in_total:+.1%} in total; single calls {low:+.0%} to "
        f"{high:+.0%} (5th to 95th percentile), {middle:+.0%} in the middle"
    )
    sys.exit(not outcome.is_good)


if __name__ == "__main__":
    main()
