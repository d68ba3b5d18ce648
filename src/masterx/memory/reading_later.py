"""Messages that no turn waited for, such as answers, are read when little else is done, for memory and search.

Reading an answer takes more than the rest of its turn, and until it has left the prompt nobody needs what was read. So
turns go first. What waits is in the database, so that nothing is lost when a process dies.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, Protocol

from masterx.clock import Clock
from masterx.errors import EncoderUnavailable
from masterx.records.readings import Reading
from masterx.store.recall_ports import RecallStore

TOGETHER: Final = 16
"""Written in one transaction. They are read one by one, so that a learner's message in between waits for one."""
A_RUN: Final = 200
LOOKED_BACK: Final = timedelta(days=30)
"""What is older was left by a server that did not read, and stays unread."""
BUSY: Final = 0.1
"""Of one core, used by this process while it does not read: from here on there are turns that reading would slow."""
LOOK_SECONDS: Final = 0.2
"""Before each page nothing is read for so long, to see whether turns have begun."""
PUT_OFF: Final = timedelta(minutes=10)
"""A server that is busy for longer reads nevertheless, for `BUSY_SECONDS` a run."""
BUSY_SECONDS: Final = 1.0


class _Reader(Protocol):
    async def read(self, text: str) -> Reading: ...


class LaterReading:
    """Run it every few seconds."""

    def __init__(
        self,
        store: RecallStore,
        reader: _Reader,
        clock: Clock,
        *,
        used_seconds: Callable[[], float] = time.process_time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`used_seconds` is the CPU time of this process so far."""
        self._store = store
        self._reader = reader
        self._clock = clock
        self._used_seconds = used_seconds
        self._pause = pause
        self._looked_at, self._used = clock.monotonic(), used_seconds()
        self._caught_up_at = self._looked_at

    async def run(self) -> int:
        """Read at most `A_RUN` messages, the newest first; how many. While turns are under way or without the
        encoder, none.
        """
        started = self._clock.monotonic()
        is_due = started - self._caught_up_at >= PUT_OFF.total_seconds()
        try:
            return await self._read_while_quiet() if not is_due else await self._read_until(started + BUSY_SECONDS)
        except EncoderUnavailable:
            return 0  # every reader of a turn says so; here it is tried again

    async def _read_while_quiet(self) -> int:
        done = 0
        quiet = not self._is_busy()
        while quiet and done < A_RUN:
            await self._pause(LOOK_SECONDS)
            if quiet := not self._is_busy():
                count = await self._read_some(min(TOGETHER, A_RUN - done))
                done += count
                if count < TOGETHER:
                    break
        if quiet:
            self._caught_up_at = self._clock.monotonic()
        return done

    async def _read_until(self, moment: float) -> int:
        done = 0
        while self._clock.monotonic() < moment:
            count = await self._read_some(TOGETHER)
            done += count
            if count < TOGETHER:
                self._caught_up_at = self._clock.monotonic()
                break
        return done

    def _is_busy(self) -> bool:
        """Since this was asked last, or something was read."""
        now, used = self._clock.monotonic(), self._used_seconds()
        busy = used - self._used >= BUSY * (now - self._looked_at) > 0
        self._looked_at, self._used = now, used
        return busy

    async def _read_some(self, most: int) -> int:
        """A text without a single token gets a vector of zeros: it is near to nothing, and not asked about again."""
        unread = await self._store.unread_messages(since=self._clock.now() - LOOKED_BACK, limit=most)
        vectors: dict[str, tuple[float, ...]] = {}
        for message in unread:
            vectors[message.id] = tuple((await self._reader.read(message.content)).embedding.tolist())
        if vectors:
            await self._store.add_embeddings(vectors)
        self._looked_at, self._used = self._clock.monotonic(), self._used_seconds()
        return len(vectors)
