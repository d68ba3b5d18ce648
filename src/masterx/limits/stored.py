"""Moving windows in the store, for processes that share one and have no Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final, Protocol

import structlog

from masterx.clock import Clock
from masterx.errors import DatabaseError
from masterx.limits.shared import SharedWindowsGone
from masterx.limits.windows import WINDOW_SECONDS, Verdict
from masterx.records.limits import WindowCount
from masterx.records.operations import Instance

WINDOW: Final = timedelta(seconds=WINDOW_SECONDS)
LOOK_SECONDS: Final = 5.0
"""Between two looks at who else answers."""
SEEN_WITHIN: Final = timedelta(seconds=30)
"""Who was seen so lately may still answer; a process says every five seconds that it is there."""

logger = structlog.get_logger()


class StoredWindowsStore(Protocol):
    async def hit_window(self, key: str, *, limit: int, window: timedelta, now: datetime) -> WindowCount: ...

    async def instances(self) -> Sequence[Instance]: ...

    async def ping(self) -> None: ...


class StoredWindows:
    """Exact over all processes on one store as far as the clocks of their hosts agree, at a write for each request.

    So they are needed only while there is another process: one alone counts for itself and writes nothing. For a minute
    after a second one came, what the first had counted before is known to the first alone.
    """

    def __init__(self, store: StoredWindowsStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._others = True
        self._look_at = clock.monotonic()
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_needed(self) -> bool:
        if self._clock.monotonic() >= self._look_at and (self._looking is None or self._looking.done()):
            self._look_at = self._clock.monotonic() + LOOK_SECONDS
            self._looking = asyncio.create_task(self._look(), name="rate-limits-look")
        return self._others

    async def hit(self, key: str, limit: int) -> Verdict:
        now = self._clock.now()
        # No id of a learner: the row outlives them by a minute.
        hidden = blake2b(key.encode(), digest_size=16).hexdigest()
        try:
            counted = await self._store.hit_window(hidden, limit=limit, window=WINDOW, now=now)
        except DatabaseError as error:
            raise SharedWindowsGone from error
        reset = counted.oldest + WINDOW - now
        return Verdict(counted.allowed, limit, max(0, limit - counted.count), max(0.0, reset.total_seconds()))

    async def answers(self) -> bool:
        try:
            await self._store.ping()
        except DatabaseError:
            return False
        return True

    async def aclose(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        try:
            since = self._clock.now() - SEEN_WITHIN
            self._others = sum(each.last_seen >= since for each in await self._store.instances()) > 1
        except DatabaseError as error:
            logger.warning("instances_not_seen", error_type=type(error).__name__)
