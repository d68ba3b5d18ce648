"""Recall by the database's own index of vectors where it has one, else in process."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from masterx.clock import Clock
from masterx.errors import DatabaseError
from masterx.memory.ranking import LEAST_SIMILARITY, Meanings, Vectors
from masterx.memory.recall import ExactRecall, recalled
from masterx.records.recall import Recalled, VectorIndexState
from masterx.store.recall_ports import MeaningStore, VectorIndex

LOOKED_AGAIN_AFTER: Final = timedelta(minutes=1)
"""At an index that is being built, or that failed."""
LEAST_CANDIDATES, MOST_CANDIDATES = 100, 1_000
"""Asked of the index, which knows nothing of recency and of what mattered: our own order is made among these."""

logger = structlog.get_logger()


class IndexedRecall:
    """As `ExactRecall`, which it falls back to; memory does not grow with the learners' histories."""

    def __init__(self, index: VectorIndex, exact: ExactRecall, store: MeaningStore, clock: Clock) -> None:
        self._index = index
        self._exact = exact
        self._store = store
        self._clock = clock
        self._state = VectorIndexState.ABSENT
        self._look_at: datetime | None = clock.now()
        """None: nothing will change before a restart."""

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
        if await self.look() is VectorIndexState.READY:
            limit = min(max(4 * count + len(without), LEAST_CANDIDATES), MOST_CANDIDATES)
            try:
                rows = await self._index.near(user_id, vector.tolist(), limit=limit)
            except DatabaseError as error:
                logger.warning("vector_index_failed", error_type=type(error).__name__)
                self._state, self._look_at = VectorIndexState.ABSENT, self._clock.now() + LOOKED_AGAIN_AFTER
            else:
                meanings = Meanings()
                if rows:
                    meanings.append(rows)
                found = meanings.nearest(
                    vector, count=2 * count, now=self._clock.now(), without=without, least=least, distinct=distinct
                )
                return await recalled(self._store, user_id, found, count)
        return await self._exact.nearest(
            user_id, vector, count=count, without=without, least=least, distinct=distinct, newest=newest
        )

    async def look(self) -> VectorIndexState:
        """How the index is. The database is asked at the start, and again while an index is being built or fails."""
        now = self._clock.now()
        if self._look_at is not None and now >= self._look_at:
            self._look_at = now + LOOKED_AGAIN_AFTER
            try:
                self._state = await self._index.state()
            except DatabaseError as error:
                logger.warning("vector_index_not_seen", error_type=type(error).__name__)
            else:
                if self._state is not VectorIndexState.BUILDING:
                    self._look_at = None
        return self._state

    def check(self) -> Mapping[str, Any]:
        """For the report on health. Without the index nothing is lost but memory and time: that is well, too."""
        ready = self._state is VectorIndexState.READY
        return {"status": "healthy", "search": "index" if ready else "exact", "index": self._state.value}

    async def aclose(self) -> None:
        await self._exact.aclose()
