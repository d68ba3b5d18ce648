"""Which of a learner's messages bear on what they ask now, as arithmetic over rows of float32."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from masterx.records.emotions import LearningState
from masterx.records.recall import MessageVector

Vectors = NDArray[np.float32]

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
    recency = np.exp2(np.maximum(age_seconds, 0.0) / -RECENCY_HALF_LIFE.total_seconds())
    return (similarity + RECENCY_WEIGHT * recency + EMOTION_WEIGHT * strong).astype(np.float32)


def chosen(
    similarity: Vectors,
    age_seconds: NDArray[np.float64],
    strong: NDArray[np.bool_],
    vectors: Vectors,
    count: int,
    least: float,
    *,
    distinct: bool = True,
) -> list[int]:
    """The rows that are at least so similar and score best, best first; where they are to be distinct, without those
    that say what a better one says.
    """
    near_enough = (similarity >= least).nonzero()[0]
    behind = -score(similarity[near_enough], age_seconds[near_enough], strong[near_enough])
    if len(behind) > 4 * count:
        first = behind.argpartition(4 * count)[: 4 * count]
        near_enough, behind = near_enough[first], behind[first]
    best = near_enough[behind.argsort(kind="stable")]
    rows: list[int] = best.tolist()
    if not distinct or len(rows) < 2:
        return rows[:count]
    near = vectors[best]
    alike = (similarities(near, near.T) > REPETITION).tolist()
    kept: list[int] = []
    for place in range(len(rows)):
        if not any(alike[place][other] for other in kept):
            kept.append(place)
            if len(kept) == count:
                break
    return [rows[place] for place in kept]


@dataclass(slots=True)
class Meanings:
    """Messages of one learner; the arrays have room for more rows than there are."""

    ids: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    """The row of each id."""
    last: tuple[datetime, str] | None = None
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    times: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    strong: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    @property
    def size(self) -> int:
        return self.vectors.nbytes + 260 * len(self.ids)

    def append(self, rows: Sequence[MessageVector]) -> None:
        """At least one. Where the last one is of another length, the encoder changed: earlier ones are dropped."""
        width = len(rows[-1].vector) // 4
        self.last = (rows[-1].timestamp, rows[-1].id)
        rows = [row for row in rows if len(row.vector) == 4 * width]
        self._make_room(len(self.ids) + len(rows), width)
        count = len(self.ids)
        new = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f4").reshape(len(rows), width)
        lengths = np.linalg.norm(new, axis=1, keepdims=True)
        end = count + len(rows)
        self.vectors[count:end] = new / np.maximum(lengths, 1e-12)
        self.times[count:end] = [row.timestamp.timestamp() for row in rows]
        self.strong[count:end] = [row.emotion in STRONG for row in rows]
        self.ids += [row.id for row in rows]
        self.places.update((row.id, place) for place, row in enumerate(rows, count))

    def _make_room(self, rows: int, width: int) -> None:
        if self.vectors.shape[1] != width:  # the first rows, or another encoder: what was there cannot be compared
            self.ids, self.places = [], {}
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
        """At most ``count`` ids with their similarities, the most fitting first."""
        rows = len(self.ids)
        if rows == 0 or self.vectors.shape[1] != len(vector):
            return []
        vectors = self.vectors[:rows]
        similarity = similarities(vectors, vector)
        similarity[[row for row in map(self.places.get, without) if row is not None]] = -np.inf
        ages = now.timestamp() - self.times[:rows]
        found = chosen(similarity, ages, self.strong[:rows], vectors, count, least, distinct=distinct)
        return [(self.ids[row], float(similarity[row])) for row in found]
