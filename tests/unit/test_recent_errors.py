from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from tests.fakes.clock import FrozenClock

from masterx.errors import DatabaseUnavailable
from masterx.recent_errors import UNTOLD_ERRORS, RecentErrors
from masterx.records.operations import RecentError


class Kept:
    def __init__(self) -> None:
        self.errors: dict[str, RecentError] = {}
        self.is_gone = False

    def _look(self) -> None:
        if self.is_gone:
            raise DatabaseUnavailable

    async def add_recent_errors(self, errors: Sequence[RecentError]) -> None:
        self._look()
        self.errors |= {error.id: error for error in errors}

    async def recent_errors(self, *, limit: int) -> Sequence[RecentError]:
        self._look()
        return sorted(self.errors.values(), key=lambda error: error.id, reverse=True)[:limit]

    async def count_recent_errors(self, since: datetime) -> int:
        self._look()
        return sum(error.timestamp >= since for error in self.errors.values())


def add(errors: RecentErrors, *request_ids: str) -> None:
    for request_id in request_ids:
        errors.add(DatabaseUnavailable(), request_id=request_id, path="/api/v1/chat")


async def requests(errors: RecentErrors, limit: int = 10) -> list[str]:
    return [error.request_id for error in await errors.newest(limit)]


async def test_each_process_sees_those_of_the_others_once_they_are_told(clock: FrozenClock) -> None:
    kept = Kept()
    one, other = (RecentErrors(kept, clock, name) for name in ("one", "other"))
    add(one, "1", "2")
    assert (await requests(one), await requests(other)) == (["2", "1"], [])
    await one.tell()
    add(one, "3")
    assert (await requests(one), await requests(other)) == (["3", "2", "1"], ["2", "1"])
    assert (await one.count(), await other.count()) == (3, 2)
    assert await requests(one, limit=2) == ["3", "2"]
    clock.advance(301)
    assert await one.count() == 0


async def test_without_the_database_the_newest_wait_for_it(clock: FrozenClock) -> None:
    kept = Kept()
    kept.is_gone = True
    errors = RecentErrors(kept, clock, "one")
    add(errors, *map(str, range(UNTOLD_ERRORS + 10)))
    with pytest.raises(DatabaseUnavailable):
        await errors.tell()
    assert await errors.count() == UNTOLD_ERRORS

    kept.is_gone = False
    await errors.tell()
    assert len(kept.errors) == UNTOLD_ERRORS
    assert await requests(errors, limit=1) == [str(UNTOLD_ERRORS + 9)]
