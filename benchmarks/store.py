"""What recording a turn costs: `python -m benchmarks.store`, from the repository's root.

Real SQLite file, synchronous FULL. CPU is of this process, all threads; the turns are made beforehand.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from tests.fakes.clock import START
from tests.fakes.records import make_session, make_turn, make_user

from masterx.clock import SystemClock
from masterx.settings import StoreSettings
from masterx.store.opening import open_store


async def measure(folder: Path, turns: int, in_flight: int) -> dict[str, float]:
    store = await open_store(StoreSettings(data_dir=folder), SystemClock())
    user = make_user()
    sessions = [make_session(user) for _ in range(in_flight)]
    await store.add_user(user)
    await asyncio.gather(*(store.record_turn(make_turn(session, opens_session=True)) for session in sessions))
    # Ids sort by time, as they do in life: what they cost an index depends on it.
    moments = (START + timedelta(milliseconds=20 * number) for number in range(turns))
    waiting = iter([make_turn(sessions[number % in_flight], at=moment) for number, moment in enumerate(moments)])
    latencies: list[float] = []

    async def record() -> None:
        for turn in waiting:
            start = time.perf_counter()
            await store.record_turn(turn)
            latencies.append(time.perf_counter() - start)

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(record() for _ in range(in_flight)))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    await store.close()
    return {
        "in_flight": in_flight,
        "turns_per_second": round(turns / wall),
        "cpu_us_per_turn": round(cpu / turns * 1e6, 1),
        "p50_ms": round(statistics.median(latencies) * 1e3, 2),
        "p99_ms": round(statistics.quantiles(latencies, n=100)[98] * 1e3, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure; default: the temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), options.turns, options.in_flight))))


if __name__ == "__main__":
    main()
