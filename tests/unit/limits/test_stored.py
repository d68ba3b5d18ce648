from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.fakes.clock import START, FrozenClock

from masterx.clock import new_id
from masterx.errors import DatabaseUnavailable
from masterx.limits.shared import SharedWindowsGone
from masterx.limits.stored import LOOK_SECONDS, SEEN_WITHIN, StoredWindows
from masterx.records.limits import WindowCount
from masterx.records.operations import Instance, InstanceState

MYSELF = Instance(
    id=new_id(START),
    host="app-1",
    process_id=1,
    version="1.2.3",
    started_at=START,
    last_seen=START,
    state=InstanceState.SERVING,
    leads=False,
)


class Rows:
    def __init__(self) -> None:
        self.there = [MYSELF, replace(MYSELF, id=new_id(START), process_id=2)]
        self.is_there = True
        self.keys: list[str] = []

    async def hit_window(self, key: str, *, limit: int, window: timedelta, now: datetime) -> WindowCount:
        await self.ping()
        self.keys.append(key)
        return WindowCount(allowed=len(self.keys) <= limit, count=min(len(self.keys), limit), oldest=START)

    async def instances(self) -> Sequence[Instance]:
        await self.ping()
        return self.there

    async def ping(self) -> None:
        if not self.is_there:
            raise DatabaseUnavailable


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def windows(rows: Rows, clock: FrozenClock) -> StoredWindows:
    return StoredWindows(rows, clock)


async def look(windows: StoredWindows) -> bool:
    """What is known once the look that this begins, if it is time for one, is over."""
    _ = windows.is_needed
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "rate-limits-look"))
    return windows.is_needed


async def test_a_verdict_says_what_is_left_and_when_the_oldest_is_over(
    windows: StoredWindows, rows: Rows, clock: FrozenClock
) -> None:
    clock.advance(10)
    first, second = await windows.hit("user:someone", 1), await windows.hit("user:someone", 1)
    assert (first.allowed, first.limit, first.remaining, first.reset_seconds) == (True, 1, 0, 50)
    assert not second.allowed
    assert all("someone" not in key for key in rows.keys), "no row says whose it is"


async def test_they_are_needed_while_another_process_answers(
    windows: StoredWindows, rows: Rows, clock: FrozenClock
) -> None:
    assert windows.is_needed, "until it is known"
    assert await look(windows)
    rows.there = [MYSELF, replace(rows.there[1], last_seen=START - SEEN_WITHIN - timedelta(seconds=1))]
    assert await look(windows), "it is looked every few seconds"
    clock.advance(LOOK_SECONDS)
    assert not await look(windows)
    rows.there = [replace(each, last_seen=clock.now()) for each in rows.there]
    clock.advance(LOOK_SECONDS)
    assert await look(windows)
    await windows.aclose()


async def test_a_store_that_is_gone_is_said_and_found_again(
    windows: StoredWindows, rows: Rows, clock: FrozenClock
) -> None:
    rows.is_there = False
    with pytest.raises(SharedWindowsGone):
        await windows.hit("user:someone", 1)
    assert not await windows.answers()
    clock.advance(LOOK_SECONDS)
    assert await look(windows), "what was known last"
    rows.is_there = True
    assert await windows.answers()
