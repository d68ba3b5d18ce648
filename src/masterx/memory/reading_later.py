"""Messages that no turn waited for, such as answers, are read when little else is done, for memory and search.

Reading an answer takes more than the rest of its turn, and until it has left the prompt nobody needs what was read. So
turns go first. What waits is in the database, so that nothing is lost when a process dies.
"""

from __future__ import annotations

import time
from collections.abc import Callable
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
"""Of one core, used by this process since the last look: from here on there are turns that reading would slow down."""
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
    ) -> None:
        """`used_seconds` is the CPU time of this process so far."""
        self._store = store
        self._reader = reader
        self._clock = clock
        self._used_seconds = used_seconds
        self._looked_at, self._used = clock.monotonic(), used_seconds()
        self._caught_up_at = self._looked_at

    async def run(self) -> int:
        """Read at most `A_RUN` messages, the newest first; how many. While turns are under way or without the
        encoder, none.
        """
        started = self._clock.monotonic()
        until = None
        if self._is_busy(started):
            if started - self._caught_up_at < PUT_OFF.total_seconds():
                return 0
            until = started + BUSY_SECONDS
        done = 0
        try:
            while done < A_RUN and (until is None or self._clock.monotonic() < until):
                count = await self._read_some(min(TOGETHER, A_RUN - done))
                if count == 0:
                    self._caught_up_at = started
                    break
                done += count
        except EncoderUnavailable:
            pass  # every reader of a turn says so; here it is tried again
        finally:
            # What was used up to here was used for reading.
            self._looked_at, self._used = self._clock.monotonic(), self._used_seconds()
        if until is None:
            self._caught_up_at = started
        return done

    def _is_busy(self, now: float) -> bool:
        used, seconds = self._used_seconds(), now - self._looked_at
        busy = used - self._used >= BUSY * seconds if seconds > 0 else False
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
        return len(vectors)
