from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.records import make_question, make_session, make_user

from masterx.errors import DatabaseUnavailable
from masterx.memory.indexed_recall import LEAST_CANDIDATES, LOOKED_AGAIN_AFTER, IndexedRecall
from masterx.memory.recall import ExactRecall
from masterx.records.messages import Message, MessageRole
from masterx.records.recall import MessageVector, VectorIndexState

USER = make_user()
SESSION = make_session(USER)
AHEAD = np.array([1, 0], dtype=np.float32)


class Index:
    """And the store that it stands in."""

    def __init__(self) -> None:
        self.now = VectorIndexState.READY
        self.broken = False
        self.rows: list[MessageVector] = []
        self.messages: dict[str, Message] = {}
        self.looks = 0
        self.limits: list[int] = []
        self.read_all = 0

    def add(self, *values: float) -> str:
        message = make_question(SESSION, at=START)
        self.messages[message.id] = message
        self.rows.append(
            MessageVector(
                id=message.id,
                session_id=SESSION.id,
                timestamp=START,
                role=MessageRole.USER,
                emotion=None,
                vector=struct.pack(f"<{len(values)}f", *values),
            )
        )
        return message.id

    async def state(self) -> VectorIndexState:
        self.looks += 1
        if self.broken:
            raise DatabaseUnavailable
        return self.now

    async def near(self, user_id: str, vector: Sequence[float], *, limit: int) -> Sequence[MessageVector]:
        if self.broken:
            raise DatabaseUnavailable
        assert (user_id, list(vector)) == (USER.id, [1.0, 0.0])
        self.limits.append(limit)
        return self.rows

    async def message_vectors(self, user_id: str, *, after: object = None, limit: int) -> Sequence[MessageVector]:
        self.read_all += 1
        return self.rows if after is None else []

    async def messages_by_id(self, user_id: str, ids: Sequence[str]) -> Sequence[Message]:
        return [self.messages[each] for each in ids]


@pytest.fixture
def index() -> Index:
    return Index()


@pytest.fixture
def recall(index: Index, clock: FrozenClock) -> IndexedRecall:
    return IndexedRecall(index, ExactRecall(index, clock), index, clock)


async def test_what_the_index_finds_is_put_in_our_order(index: Index, recall: IndexedRecall) -> None:
    _far, near, here = index.add(0, 1), index.add(0.8, 0.6), index.add(1, 0)
    found = await recall.nearest(USER.id, AHEAD, count=2, without={here})
    assert [each.message.id for each in found] == [near]
    assert found[0].similarity == pytest.approx(0.8, abs=1e-5)
    assert (index.limits, index.read_all) == ([LEAST_CANDIDATES], 0), "the history is not read into memory"
    assert recall.check() == {"status": "healthy", "search": "index", "index": "ready"}


async def test_nothing_found_is_nothing_recalled(recall: IndexedRecall) -> None:
    assert await recall.nearest(USER.id, AHEAD, count=2) == ()


async def test_without_an_index_the_search_is_exact_and_nobody_asks_again(
    index: Index, recall: IndexedRecall, clock: FrozenClock
) -> None:
    index.now = VectorIndexState.ABSENT
    near = index.add(1, 0)
    for _ in range(3):
        assert [each.message.id for each in await recall.nearest(USER.id, AHEAD, count=2)] == [near]
        clock.advance(LOOKED_AGAIN_AFTER.total_seconds())
    assert (index.looks, index.limits) == (1, [])
    assert recall.check() == {"status": "healthy", "search": "exact", "index": "absent"}


async def test_an_index_that_is_being_built_is_used_when_it_is_ready(
    index: Index, recall: IndexedRecall, clock: FrozenClock
) -> None:
    index.now = VectorIndexState.BUILDING
    await recall.nearest(USER.id, AHEAD, count=2)
    index.now = VectorIndexState.READY
    await recall.nearest(USER.id, AHEAD, count=2)
    assert index.limits == []
    clock.advance(LOOKED_AGAIN_AFTER.total_seconds())
    await recall.nearest(USER.id, AHEAD, count=2)
    assert index.limits == [LEAST_CANDIDATES]


async def test_an_index_that_fails_is_passed_over_for_a_minute(
    index: Index, recall: IndexedRecall, clock: FrozenClock
) -> None:
    near = index.add(1, 0)
    await recall.nearest(USER.id, AHEAD, count=2)
    index.broken = True
    assert [each.message.id for each in await recall.nearest(USER.id, AHEAD, count=2)] == [near], "exactly, instead"
    assert recall.check()["search"] == "exact"
    index.broken = False
    clock.advance(LOOKED_AGAIN_AFTER.total_seconds())
    await recall.nearest(USER.id, AHEAD, count=2)
    assert recall.check()["search"] == "index"
