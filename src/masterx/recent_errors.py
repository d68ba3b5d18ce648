"""Answers of 5xx and turns that failed, of all processes together: at once here, within a second for the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from masterx.clock import Clock, new_id
from masterx.errors import DatabaseError, MasterXError
from masterx.records.operations import RecentError

RECENT = timedelta(minutes=5)
UNTOLD_ERRORS = 200
"""So many wait to be written, at most: more in a second, or while the database is gone, are not worth their memory."""


class RecentErrorStore(Protocol):
    async def add_recent_errors(self, errors: Sequence[RecentError]) -> None: ...

    async def recent_errors(self, *, limit: int) -> Sequence[RecentError]: ...

    async def count_recent_errors(self, since: datetime) -> int: ...


class RecentErrors:
    def __init__(self, store: RecentErrorStore, clock: Clock, instance_id: str) -> None:
        self._store = store
        self._clock = clock
        self._instance_id = instance_id
        self._untold: deque[RecentError] = deque(maxlen=UNTOLD_ERRORS)
        self._last_id = UUID(int=0)

    def add(self, error: MasterXError, *, request_id: str, path: str) -> None:
        """Waits for nothing; `tell` writes it."""
        now = self._clock.now()
        # Of two in one millisecond the later has the higher id, for ids are what they are listed by.
        self._last_id = max(UUID(new_id(now)), UUID(int=self._last_id.int + 1))
        self._untold.append(
            RecentError(
                id=str(self._last_id),
                timestamp=now,
                request_id=request_id,
                type=type(error).__name__,
                code=error.code,
                path=path,
                instance_id=self._instance_id,
            )
        )

    async def tell(self) -> None:
        """Write what is new. Raises `DatabaseError`; then it stays new."""
        if not self._untold:
            return
        told = tuple(self._untold)
        await self._store.add_recent_errors(told)
        ids = {error.id for error in told}
        self._untold = deque((error for error in self._untold if error.id not in ids), maxlen=UNTOLD_ERRORS)

    async def newest(self, limit: int) -> list[RecentError]:
        """Newest first. Without the database: those of this process that nobody was told of."""
        try:
            told = await self._store.recent_errors(limit=limit)
        except DatabaseError:
            told = ()
        errors = {error.id: error for error in (*told, *self._untold)}
        return sorted(errors.values(), key=lambda error: error.id, reverse=True)[:limit]

    async def count(self) -> int:
        """Of the last five minutes; as `newest` without the database."""
        since = self._clock.now() - RECENT
        try:
            told = await self._store.count_recent_errors(since)
        except DatabaseError:
            told = 0
        return told + sum(error.timestamp >= since for error in self._untold)
