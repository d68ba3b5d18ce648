"""Which older messages of this learner bear on what they ask now: exact search over their own rows, in process.

One multiplication of a matrix by a vector, over float32 rows of unit length that are kept for each learner who was
lately here. 100,000 messages are 154 MB and some 15 ms; beyond about 300,000 of one learner, or where many learners
with long histories share a process, the matrices no longer fit and an index in the database is the better place.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from masterx.clock import Clock
from masterx.records.emotions import LearningState
from masterx.records.recall import MessageVector, Recalled
from masterx.store.recall_ports import RecallStore

Vectors = NDArray[np.float32]

PAGE: Final = 2_000
DEFAULT_CACHE_BYTES: Final = 256 * 1024 * 1024
LOOKED_UP_AGAIN: Final = timedelta(minutes=10)
"""Vectors that were added to older messages, and what was deleted, are seen by then; a deleted text is never shown."""

RECENCY_WEIGHT: Final = 0.08
RECENCY_HALF_LIFE: Final = timedelta(days=30)
EMOTION_WEIGHT: Final = 0.05
LEAST_SIMILARITY: Final = 0.3
"""Below this, two messages share a language and little else."""
REPETITION: Final = 0.95
"""Two messages this alike say the same: one is enough."""
STRONG: Final = frozenset({LearningState.FRUSTRATION, LearningState.ANXIETY, LearningState.JOY})
"""Moments that are kept in mind a little longer."""


def similarities(vectors: Vectors, vector: Vectors) -> Vectors:
    """Cosines, as all are of unit length."""
    with np.errstate(invalid="ignore"):  # some BLAS kernels flag their own padding; the vectors are finite
        return (vectors @ vector).astype(np.float32, copy=False)


def score(similarity: Vectors, age_seconds: NDArray[np.float64], strong: NDArray[np.bool_]) -> Vectors:
    """Meaning first; of messages that are about as near, the newer one and the one that mattered to the learner."""
    recency = np.exp2(-age_seconds / RECENCY_HALF_LIFE.total_seconds())
    return (similarity + RECENCY_WEIGHT * recency + EMOTION_WEIGHT * strong).astype(np.float32)


def chosen(
    scores: Vectors, similarity: Vectors, vectors: Vectors, count: int, least: float, *, distinct: bool = True
) -> list[int]:
    """The best rows, best first; where they are to be distinct, without those that say what a better one says."""
    candidates = min(len(scores), 4 * count)
    if candidates == 0:
        return []
    best = np.argpartition(-scores, candidates - 1)[:candidates]
    kept: list[int] = []
    for row in best[np.argsort(-scores[best], kind="stable")]:
        if similarity[row] < least:
            continue
        if distinct and kept and float(np.max(similarities(vectors[kept], vectors[row]))) > REPETITION:
            continue
        kept.append(int(row))
        if len(kept) == count:
            break
    return kept


@dataclass(slots=True)
class _Learner:
    """The rows of one learner; the arrays have room for more than ``count``."""

    loaded_at: datetime
    ids: list[str] = field(default_factory=list)
    last: tuple[datetime, str] | None = None
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    times: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    strong: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    @property
    def size(self) -> int:
        return self.vectors.nbytes + 200 * len(self.ids)

    def append(self, rows: Sequence[MessageVector]) -> None:
        width = len(rows[-1].vector) // 4
        self.last = (rows[-1].timestamp, rows[-1].id)
        rows = [row for row in rows if len(row.vector) == 4 * width]
        count = len(self.ids)
        self._make_room(count + len(rows), width)
        new = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f4").reshape(len(rows), width)
        lengths = np.linalg.norm(new, axis=1, keepdims=True)
        end = count + len(rows)
        self.vectors[count:end] = new / np.maximum(lengths, 1e-12)
        self.times[count:end] = [row.timestamp.timestamp() for row in rows]
        self.strong[count:end] = [row.emotion in STRONG for row in rows]
        self.ids += [row.id for row in rows]

    def _make_room(self, rows: int, width: int) -> None:
        if self.vectors.shape[1] != width:  # the first rows, or another encoder: what was there cannot be compared
            self.ids = []
            self.vectors = np.zeros((rows, width), dtype=np.float32)
            self.times, self.strong = np.zeros(rows), np.zeros(rows, dtype=np.bool_)
        elif rows > len(self.vectors):
            more = max(rows, math.ceil(len(self.vectors) * 1.25)) - len(self.vectors)
            self.vectors = np.concatenate([self.vectors, np.zeros((more, width), dtype=np.float32)])
            self.times = np.concatenate([self.times, np.zeros(more)])
            self.strong = np.concatenate([self.strong, np.zeros(more, dtype=np.bool_)])

    def nearest(
        self, vector: Vectors, *, count: int, now: datetime, without: Collection[str], least: float, distinct: bool
    ) -> list[tuple[str, float]]:
        rows = len(self.ids)
        if rows == 0 or self.vectors.shape[1] != len(vector):
            return []
        vectors = self.vectors[:rows]
        similarity = similarities(vectors, vector)
        ages = np.maximum(0.0, now.timestamp() - self.times[:rows])
        scores = score(similarity, ages, self.strong[:rows])
        if without:
            left_out = [row for row, message_id in enumerate(self.ids) if message_id in without]
            scores[left_out] = -np.inf
            similarity[left_out] = -1.0
        return [
            (self.ids[row], float(similarity[row]))
            for row in chosen(scores, similarity, vectors, count, least, distinct=distinct)
        ]


class ExactRecall:
    """Searches in process; matrices are kept for the learners who were here last, up to a number of bytes."""

    kind: Final = "exact"

    def __init__(self, store: RecallStore, clock: Clock, *, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        self._store = store
        self._clock = clock
        self._cache_bytes = cache_bytes
        self._learners: OrderedDict[str, _Learner] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def nearest(
        self,
        user_id: str,
        vector: Vectors,
        *,
        count: int,
        without: Collection[str] = (),
        least: float = LEAST_SIMILARITY,
        distinct: bool = True,
    ) -> tuple[Recalled, ...]:
        """At most ``count`` of this learner's messages, the most fitting first; none of the ids in ``without``.

        ``distinct``: of several that say the same, one.

        Raises `DatabaseUnavailable`.
        """
        async with self._locks.setdefault(user_id, asyncio.Lock()):
            learner = await self._load(user_id)
            now = self._clock.now()
            found = await asyncio.to_thread(
                learner.nearest, vector, count=2 * count, now=now, without=without, least=least, distinct=distinct
            )
        messages = await self._store.messages_by_id(user_id, [message_id for message_id, _ in found])
        similarity = dict(found)
        return tuple(Recalled(message=message, similarity=similarity[message.id]) for message in messages[:count])

    def forget(self, user_id: str) -> None:
        """Of somebody whose messages were deleted."""
        self._learners.pop(user_id, None)

    async def _load(self, user_id: str) -> _Learner:
        now = self._clock.now()
        learner = self._learners.get(user_id)
        if learner is None or now - learner.loaded_at > LOOKED_UP_AGAIN:
            learner = _Learner(loaded_at=now)
        while page := await self._store.message_vectors(user_id, after=learner.last, limit=PAGE):
            await asyncio.to_thread(learner.append, page)
            if len(page) < PAGE:
                break
        self._learners[user_id] = learner
        self._learners.move_to_end(user_id)
        while len(self._learners) > 1 and sum(each.size for each in self._learners.values()) > self._cache_bytes:
            self._learners.popitem(last=False)
        return learner
