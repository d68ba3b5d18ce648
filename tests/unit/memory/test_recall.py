from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import numpy as np
import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.records import MINUTE, make_question, make_session, make_user

from masterx.errors import DatabaseUnavailable
from masterx.memory.recall import KEPT_UNUSED, NEWEST_AFTER, READ_AGAIN_AFTER, ExactRecall
from masterx.records.messages import Message, MessageRole
from masterx.records.recall import MessageVector

USER = make_user()
SESSION = make_session(USER)


def vector(*values: float) -> np.ndarray:
    array = np.array(values, dtype=np.float32)
    return array / np.linalg.norm(array)


class Rows:
    """A store of one learner's messages, counting what is asked of it."""

    def __init__(self) -> None:
        self.vectors: list[MessageVector] = []
        self.messages: dict[str, Message] = {}
        self.pages = 0
        self.held: asyncio.Event | None = None
        """Until it is set, nothing is answered."""
        self.broken = False

    def add(self, *values: float, at: datetime = START, emotion: str | None = None) -> str:
        message = make_question(SESSION, at=at)
        self.messages[message.id] = message
        self.vectors.append(
            MessageVector(
                id=message.id,
                session_id=SESSION.id,
                timestamp=at,
                role=MessageRole.USER,
                emotion=emotion,
                vector=struct.pack(f"<{len(values)}f", *vector(*values)),
            )
        )
        return message.id

    async def message_vectors(
        self, user_id: str, *, after: tuple[datetime, str] | None = None, limit: int
    ) -> Sequence[MessageVector]:
        self.pages += 1
        if self.held is not None:
            await self.held.wait()
        if self.broken:
            raise DatabaseUnavailable
        rows = sorted(self.vectors, key=lambda row: (row.timestamp, row.id))
        return [row for row in rows if user_id == USER.id and (after is None or (row.timestamp, row.id) > after)][
            :limit
        ]

    async def messages_by_id(self, user_id: str, ids: Sequence[str]) -> Sequence[Message]:
        return [self.messages[each] for each in ids if user_id == USER.id and each in self.messages]


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
async def recall(rows: Rows, clock: FrozenClock) -> AsyncIterator[ExactRecall]:
    recall = ExactRecall(rows, clock)
    yield recall
    await recall.aclose()


async def test_the_nearest_in_meaning_comes_first(rows: Rows, recall: ExactRecall) -> None:
    far, near, nearer = rows.add(0, 0, 1), rows.add(1, 1, 0), rows.add(1, 0.1, 0)
    found = await recall.nearest(USER.id, vector(1, 0, 0), count=5)
    assert [each.message.id for each in found] == [nearer, near]
    assert far not in {each.message.id for each in found}
    assert found[0].similarity == pytest.approx(0.995, abs=0.001)


async def test_of_two_that_mean_the_same_distance_the_newer_comes_first(
    rows: Rows, recall: ExactRecall, clock: FrozenClock
) -> None:
    old = rows.add(1, 0.6, 0, at=clock.now() - timedelta(days=90))
    new = rows.add(1, 0, 0.6, at=clock.now() - timedelta(days=1))
    found = await recall.nearest(USER.id, vector(1, 0, 0), count=2)
    assert [each.message.id for each in found] == [new, old]


async def test_a_moment_that_mattered_is_kept_in_mind_longer(rows: Rows, recall: ExactRecall) -> None:
    plain = rows.add(1, 0.6, 0)
    strong = rows.add(1, 0, 0.6, emotion="frustration")
    found = await recall.nearest(USER.id, vector(1, 0, 0), count=2)
    assert [each.message.id for each in found] == [strong, plain]


async def test_what_says_the_same_twice_is_recalled_once(rows: Rows, recall: ExactRecall) -> None:
    rows.add(1, 0, 0)
    rows.add(1, 0.01, 0)
    assert len(await recall.nearest(USER.id, vector(1, 0, 0), count=5)) == 1


async def test_what_the_prompt_holds_already_is_left_out(rows: Rows, recall: ExactRecall) -> None:
    here, other = rows.add(1, 0, 0), rows.add(1, 0.8, 0)
    found = await recall.nearest(USER.id, vector(1, 0, 0), count=5, without={here})
    assert [each.message.id for each in found] == [other]


async def test_nothing_of_anybody_else(rows: Rows, recall: ExactRecall) -> None:
    rows.add(1, 0, 0)
    assert await recall.nearest(make_user().id, vector(1, 0, 0), count=5) == ()


async def test_whoever_does_not_need_the_newest_has_them_after_half_a_minute(
    rows: Rows, recall: ExactRecall, clock: FrozenClock
) -> None:
    async def found(*, newest: bool) -> set[str]:
        near = await recall.nearest(USER.id, vector(1, 0, 0), count=5, newest=newest)
        return {each.message.id for each in near}

    first = rows.add(1, 0, 0)
    assert await found(newest=False) == {first}
    second = rows.add(1, 0.8, 0, at=START + MINUTE)
    assert await found(newest=False) == {first}
    assert await found(newest=True) == {first, second}
    third = rows.add(1, 0, 0.8, at=START + 2 * MINUTE)
    assert await found(newest=False) == {first, second}
    clock.advance(NEWEST_AFTER.total_seconds())
    assert await found(newest=False) == {first, second, third}


async def test_in_place_of_messages_that_left_come_the_next(rows: Rows, recall: ExactRecall) -> None:
    gone, near, far = rows.add(1, 0, 0), rows.add(1, 0.7, 0), rows.add(1, 0, 0.9)
    del rows.messages[gone]
    found = await recall.nearest(USER.id, vector(1, 0, 0), count=2)
    assert [each.message.id for each in found] == [near, far]


async def test_only_what_is_new_is_read_again(rows: Rows, recall: ExactRecall, clock: FrozenClock) -> None:
    first = rows.add(1, 0, 0)
    await recall.nearest(USER.id, vector(1, 0, 0), count=5)
    second = rows.add(1, 0.8, 0, at=START + MINUTE)
    late = rows.add(1, 0, 0.8, at=START - MINUTE)
    found = {each.message.id for each in await recall.nearest(USER.id, vector(1, 0, 0), count=5)}
    assert found == {first, second}
    clock.advance((READ_AGAIN_AFTER + MINUTE).total_seconds())
    assert {each.message.id for each in await recall.nearest(USER.id, vector(1, 0, 0), count=5)} == {first, second}
    await everything_read()
    found = {each.message.id for each in await recall.nearest(USER.id, vector(1, 0, 0), count=5)}
    assert found == {first, second, late}


async def test_a_history_is_read_anew_beside_the_look_ups(rows: Rows, recall: ExactRecall, clock: FrozenClock) -> None:
    first = rows.add(1, 0, 0)
    await recall.nearest(USER.id, vector(1, 0, 0), count=5)
    clock.advance((READ_AGAIN_AFTER + MINUTE).total_seconds())
    rows.broken = True
    with pytest.raises(DatabaseUnavailable):
        await recall.nearest(USER.id, vector(1, 0, 0), count=5)
    await everything_read()
    rows.broken = False
    assert [each.message.id for each in await recall.nearest(USER.id, vector(1, 0, 0), count=5)] == [first]


async def test_who_does_not_wait_for_the_first_reading_finds_it_done_later(rows: Rows, recall: ExactRecall) -> None:
    first = rows.add(1, 0, 0)
    rows.held = asyncio.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await recall.nearest(USER.id, vector(1, 0, 0), count=5)
    rows.held.set()
    await everything_read()
    pages = rows.pages
    assert [each.message.id for each in await recall.nearest(USER.id, vector(1, 0, 0), count=5)] == [first]
    assert rows.pages == pages + 1


async def test_who_has_not_been_here_for_long_is_not_kept_in_memory(
    rows: Rows, recall: ExactRecall, clock: FrozenClock
) -> None:
    rows.add(1, 0, 0)
    await recall.nearest(USER.id, vector(1, 0, 0), count=1)
    clock.advance((KEPT_UNUSED + MINUTE).total_seconds())
    await recall.nearest(make_user().id, vector(1, 0, 0), count=1)
    late = rows.add(1, 0, 0.1, at=START - MINUTE)
    found = await recall.nearest(USER.id, vector(1, 0, 0.1), count=1)
    assert [each.message.id for each in found] == [late], "read from the beginning at once"


async def everything_read() -> None:
    reading = [task for task in asyncio.all_tasks() if task.get_name() == "recall-reading"]
    await asyncio.gather(*reading, return_exceptions=True)


async def test_a_deleted_text_is_never_shown(rows: Rows, recall: ExactRecall) -> None:
    gone, kept = rows.add(1, 0, 0), rows.add(1, 0.8, 0)
    await recall.nearest(USER.id, vector(1, 0, 0), count=5)
    del rows.messages[gone]
    found = await recall.nearest(USER.id, vector(1, 0, 0), count=1)
    assert [each.message.id for each in found] == [kept]


async def test_long_histories_come_in_pages_and_leave_the_cache_in_turn(rows: Rows, clock: FrozenClock) -> None:
    recall = ExactRecall(rows, clock, cache_bytes=1)
    for number in range(4_500):
        rows.add(1, number / 100, 0.5, at=START + timedelta(seconds=number))
    await recall.nearest(USER.id, vector(1, 0, 0), count=1)
    assert rows.pages == 3
    await recall.nearest(make_user().id, vector(1, 0, 0), count=1)
    await recall.nearest(USER.id, vector(1, 0, 0), count=1)
    assert rows.pages == 7


async def test_vectors_of_another_encoder_are_passed_over(rows: Rows, recall: ExactRecall) -> None:
    rows.add(1, 0, 0)
    newer = rows.add(1, 0, at=START + MINUTE)
    assert await recall.nearest(USER.id, vector(1, 0, 0), count=5) == ()
    assert [each.message.id for each in await recall.nearest(USER.id, vector(1, 0), count=5)] == [newer]
