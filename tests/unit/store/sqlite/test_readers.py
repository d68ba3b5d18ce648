from __future__ import annotations

import asyncio
import sqlite3
import threading

from masterx.store.sqlite.store import SQLiteStore


async def test_a_long_read_does_not_hold_up_a_short_one(store: SQLiteStore) -> None:
    leave = threading.Event()

    def read_for_long(connection: sqlite3.Connection) -> bool:
        return leave.wait(timeout=30)

    long_read = asyncio.ensure_future(store._readers.run(read_for_long))
    await asyncio.wait_for(store.ping(), timeout=30)
    assert not long_read.done()
    leave.set()
    assert await long_read


async def test_a_read_cancelled_before_it_began_never_runs(store: SQLiteStore) -> None:
    leave = threading.Event()
    ran: list[str] = []

    def note(connection: sqlite3.Connection, name: str) -> None:
        ran.append(name)

    holding = [
        asyncio.ensure_future(store._readers.run(lambda connection: leave.wait(timeout=30)))
        for _ in range(len(store._readers._threads))
    ]
    queued = [asyncio.ensure_future(store._readers.run(note, name)) for name in ("a", "b")]
    await asyncio.sleep(0)
    queued[0].cancel()
    await asyncio.sleep(0)
    leave.set()
    await asyncio.gather(*holding, queued[1])
    assert ran == ["b"]
