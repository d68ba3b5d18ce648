"""What a turn reads, from a database of 1,000 messages and one of 1,000,000: `make bench-reads`.

The learner and the newest messages of their lesson, through the store, one turn after the other in lessons picked at
random. Rounds alternate between the two files; the ratio of the medians is the figure. The files stay in .bench; they
are made when they are not there, which takes minutes.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.filled_database import fill
from benchmarks.servers import ROOT
from masterx.clock import SystemClock
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store

FEW, MANY = 1_000, 1_000_000
ROUNDS = 10
TURNS_A_ROUND = 500
HISTORY_MESSAGES = 200


@dataclass(kw_only=True)
class Measured:
    store: Store
    lessons: Sequence[tuple[str, str]]
    """Ids of session and user."""
    milliseconds: list[float] = field(default_factory=list)


async def made(messages: int) -> Path:
    """The file with so many messages, made now where it is not there."""
    path = ROOT / ".bench" / f"messages-{messages}.sqlite3"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        print(f"making {path.name}")
        draft = path.with_suffix(".part")
        draft.unlink(missing_ok=True)
        await fill(draft, messages, SystemClock())
        draft.rename(path)
    return path


async def opened(path: Path) -> Measured:
    with sqlite3.connect(path) as connection:
        lessons = connection.execute("SELECT id, user_id FROM sessions").fetchall()
    connection.close()
    settings = StoreSettings(_env_file=None, database_url=f"sqlite:///{path}")
    return Measured(store=await open_store(settings, SystemClock()), lessons=lessons)


async def read(measured: Measured, random_: random.Random) -> None:
    for session_id, user_id in random_.choices(measured.lessons, k=TURNS_A_ROUND):
        start = time.perf_counter()
        await measured.store.user(user_id)
        await measured.store.lesson(session_id, user_id, limit=HISTORY_MESSAGES)
        measured.milliseconds.append(1000 * (time.perf_counter() - start))


async def main() -> None:
    random_ = random.Random(1)
    with tempfile.TemporaryDirectory(dir=ROOT / ".bench") as folder:
        # A copy: opening a store brings an older schema forward.
        places = [Path(shutil.copy(await made(count), folder)) for count in (FEW, MANY)]
        both = [await opened(place) for place in places]
        for each in both:
            await read(each, random_)
            each.milliseconds.clear()
        for _ in range(ROUNDS):
            for each in both:
                await read(each, random_)
        for each in both:
            await each.store.close()
    few, many = (statistics.median(each.milliseconds) for each in both)
    for count, each in zip((FEW, MANY), both, strict=True):
        cuts = statistics.quantiles(each.milliseconds, n=20)
        print(f"{count:>9,} messages: p50 {statistics.median(each.milliseconds):.2f} ms, p95 {cuts[18]:.2f} ms")
    print(f"a turn's reads from {MANY:,} messages, as a multiple of those from {FEW:,}: {many / few:.2f}")


if __name__ == "__main__":
    asyncio.run(main())
