"""Which older messages of this learner bear on what they ask now: exact search over their own rows, in process.

One multiplication of a matrix by a vector, over float32 rows of unit length that are kept for each learner who was
lately here. 100,000 messages are 154 MB and some 15 ms; beyond about 300,000 of one learner, or where many learners
with long histories share a process, the matrices no longer fit and an index in the database is the better place.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from weakref import WeakValueDictionary

import structlog

from masterx.clock import Clock
from masterx.errors import DatabaseError
from masterx.memory.ranking import LEAST_SIMILARITY, Meanings, Vectors
from masterx.records.messages import Message
from masterx.records.recall import MessageVector, Recalled
from masterx.store.recall_ports import MeaningStore

PAGE: Final = 2_000
DEFAULT_CACHE_BYTES: Final = 256 * 1024 * 1024
READ_AGAIN_AFTER: Final = timedelta(minutes=10)
"""From the beginning, beside the look-ups: so vectors that were added to older messages are found, and those of deleted
ones leave; their text is never shown."""
NEWEST_AFTER: Final = timedelta(seconds=30)
FEW: Final = 1_000
"""Messages among which a look-up takes less than handing it to another thread."""
KEPT_UNUSED: Final = timedelta(hours=1)

logger = structlog.get_logger()


@dataclass(slots=True)
class _Learner:
    read_at: datetime
    newest_at: datetime
    """When it was last looked for newer ones."""
    used_at: datetime
    meanings: Meanings = field(default_factory=Meanings)


async def recalled(
    store: MeaningStore, user_id: str, found: Sequence[tuple[str, float]], count: int
) -> tuple[Recalled, ...]:
    """The first ``count`` of the ids, which come with their similarities, that are there still."""
    messages: list[Message] = []
    for ids in ([message_id for message_id, _ in part] for part in (found[:count], found[count:])):
        if ids and len(messages) < count:
            messages += await store.messages_by_id(user_id, ids)
    similarity = dict(found)
    return tuple(Recalled(message=message, similarity=similarity[message.id]) for message in messages[:count])


class ExactRecall:
    """Searches in process; matrices are kept for the learners who were here last, up to a number of bytes."""

    def __init__(self, store: MeaningStore, clock: Clock, *, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        self._store = store
        self._clock = clock
        self._cache_bytes = cache_bytes
        self._learners: OrderedDict[str, _Learner] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._reading: dict[str, asyncio.Task[_Learner]] = {}

    async def nearest(
        self,
        user_id: str,
        vector: Vectors,
        *,
        count: int,
        without: Collection[str] = (),
        least: float = LEAST_SIMILARITY,
        distinct: bool = True,
        newest: bool = True,
    ) -> tuple[Recalled, ...]:
        """At most ``count`` of this learner's messages, the most fitting first; none of the ids in ``without``.

        ``distinct``: of several that say the same, one. Without ``newest``, what came in the last half minute may be
        missing. Who stops waiting for the first reading of a long history does not stop it.

        Raises `DatabaseUnavailable`.
        """
        async with self._locks.setdefault(user_id, asyncio.Lock()):
            learner = await self._up_to_date(user_id, newest=newest)
            look_up = partial(
                learner.meanings.nearest,
                vector,
                count=2 * count,
                now=self._clock.now(),
                without=without,
                least=least,
                distinct=distinct,
            )
            found = look_up() if len(learner.meanings.ids) <= FEW else await asyncio.to_thread(look_up)
        return await recalled(self._store, user_id, found, count)

    def check(self) -> Mapping[str, Any]:
        """For the report on health."""
        return {"status": "healthy", "search": "exact"}

    async def aclose(self) -> None:
        reading = list(self._reading.values())
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    async def _up_to_date(self, user_id: str, *, newest: bool) -> _Learner:
        learner = self._learners.get(user_id)
        if learner is None:
            return await asyncio.shield(self._begin_reading(user_id))
        learner.used_at = self._clock.now()
        self._learners.move_to_end(user_id)
        if learner.used_at - learner.read_at > READ_AGAIN_AFTER:
            self._begin_reading(user_id)
        if not newest and learner.used_at - learner.newest_at < NEWEST_AFTER:
            return learner
        learner.newest_at = learner.used_at
        async for page in self._pages(user_id, learner.meanings):
            learner.meanings.append(page)  # a few rows; in a thread, a cancelled look-up would leave it half done
        return learner

    def _begin_reading(self, user_id: str) -> asyncio.Task[_Learner]:
        task = self._reading.get(user_id)
        if task is None:
            task = asyncio.create_task(self._read(user_id), name="recall-reading")
            self._reading[user_id] = task
            task.add_done_callback(lambda done: self._has_read(user_id, done))
        return task

    async def _read(self, user_id: str) -> _Learner:
        now = self._clock.now()
        learner = _Learner(read_at=now, newest_at=now, used_at=now)
        async for page in self._pages(user_id, learner.meanings):
            await asyncio.to_thread(learner.meanings.append, page)
        return learner

    def _has_read(self, user_id: str, task: asyncio.Task[_Learner]) -> None:
        self._reading.pop(user_id, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._keep(user_id, task.result())
        elif isinstance(error, DatabaseError):  # whoever waits hears of it too; what there is stays in use
            logger.warning("meanings_not_read", error_type=type(error).__name__)
        else:
            raise error

    async def _pages(self, user_id: str, meanings: Meanings) -> AsyncIterator[Sequence[MessageVector]]:
        """What is not among the meanings yet; each page is to be appended before the next is asked for."""
        while page := await self._store.message_vectors(user_id, after=meanings.last, limit=PAGE):
            yield page
            if len(page) < PAGE:
                break

    def _keep(self, user_id: str, learner: _Learner) -> None:
        self._learners[user_id] = learner
        self._learners.move_to_end(user_id)
        unused_since = self._clock.now() - KEPT_UNUSED
        for other in [other for other, kept in self._learners.items() if kept.used_at < unused_since]:
            del self._learners[other]
        while len(self._learners) > 1 and sum(each.meanings.size for each in self._learners.values()) > (
            self._cache_bytes
        ):
            self._learners.popitem(last=False)
