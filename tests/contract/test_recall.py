"""Messages by meaning."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.readings import FakeReader
from tests.fakes.records import MINUTE, make_session, make_turn

from masterx.clock import new_id
from masterx.memory.reading_later import LaterReading
from masterx.records.messages import EmotionState
from masterx.records.readings import Reading
from masterx.records.recall import MessageVector
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord
from masterx.records.users import User
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store

FRUSTRATED = EmotionState(
    primary_emotion="frustration", arousal=0.4, valence=-0.5, learning_readiness="low_readiness", said="frustration"
)


def with_meaning(turn: TurnRecord, *vector: float, emotion: EmotionState | None = None) -> TurnRecord:
    return replace(turn, question=replace(turn.question, embedding=vector, emotion_state=emotion))


async def all_vectors(store: Store, user: User, *, limit: int = 100) -> list[MessageVector]:
    found: list[MessageVector] = []
    while True:
        after = (found[-1].timestamp, found[-1].id) if found else None
        page = await store.message_vectors(user.id, after=after, limit=limit)
        if not page:
            return found
        found += page


async def test_the_meanings_of_a_learners_messages_come_oldest_first_in_pages(
    store: Store, session: Session, user: User, stranger: User
) -> None:
    turns = [with_meaning(make_turn(session, at=START + number * MINUTE), 0.5, number) for number in range(1, 6)]
    for turn in turns:
        await store.record_turn(turn)
    await store.record_turn(with_meaning(make_turn(make_session(stranger), opens_session=True), 0.1, 0.2))
    found = await all_vectors(store, user, limit=2)
    assert [each.id for each in found] == [turn.question.id for turn in turns]
    assert [struct.unpack("<2f", each.vector) for each in found] == [(0.5, float(number)) for number in range(1, 6)]
    assert {each.session_id for each in found} == {session.id}


async def test_a_meaning_carries_the_emotion_that_was_read(store: Store, session: Session, user: User) -> None:
    turn = with_meaning(make_turn(session, at=START + MINUTE), 1.0, emotion=FRUSTRATED)
    await store.record_turn(turn)
    (found,) = await store.message_vectors(user.id, limit=10)
    assert (found.emotion, found.role, found.timestamp) == ("frustration", "user", START + MINUTE)


async def test_what_was_superseded_or_deleted_is_not_remembered(store: Store, session: Session, user: User) -> None:
    first = with_meaning(make_turn(session, at=START + MINUTE), 1.0)
    await store.record_turn(first)
    again = with_meaning(make_turn(session, at=START + 2 * MINUTE, replaces=first.question), 2.0)
    await store.record_turn(again)
    assert [each.id for each in await all_vectors(store, user)] == [again.question.id]
    assert await store.messages_by_id(user.id, [first.question.id]) == []
    await store.delete_session(session.id, user.id)
    assert await all_vectors(store, user) == []


async def test_messages_come_in_the_order_asked_for_and_never_a_strangers(
    store: Store, session: Session, user: User, stranger: User
) -> None:
    turn = with_meaning(make_turn(session, at=START + MINUTE), 1.0)
    await store.record_turn(turn)
    ids = [turn.answer.id, new_id(START), turn.question.id]
    found = await store.messages_by_id(user.id, ids)
    assert [message.id for message in found] == [turn.answer.id, turn.question.id]
    assert {message.embedding for message in found} == {None}
    assert await store.messages_by_id(user.id, []) == []
    assert await store.messages_by_id(stranger.id, ids) == []


async def test_what_was_not_read_yet_is_read_later(store: Store, session: Session, user: User) -> None:
    turn = with_meaning(make_turn(session, at=START + MINUTE), 1.0)
    await store.record_turn(turn)
    unread = await store.unread_messages(since=START + timedelta(seconds=30), limit=10)
    assert [(each.id, each.user_id, each.content) for each in unread] == [
        (turn.answer.id, user.id, turn.answer.content)
    ]
    assert len(await store.unread_messages(since=START, limit=2)) == 2
    await store.add_embeddings({turn.answer.id: (0.25, 0.75), new_id(START): (1.0,)})
    assert await store.unread_messages(since=START + timedelta(seconds=30), limit=10) == []
    read = await store.message(turn.answer.id, user.id)
    assert read is not None
    assert read.embedding == (0.25, 0.75)


async def test_an_answer_whose_reading_was_cut_off_is_read_by_the_next_process(
    store: Store, store_settings: StoreSettings, session: Session, user: User, clock: FrozenClock
) -> None:
    turn = make_turn(session, at=clock.now())
    await store.record_turn(turn)

    class Dying(FakeReader):
        async def read(self, text: str) -> Reading:
            if self.read_texts:
                raise asyncio.CancelledError
            return await super().read(text)

    dying = Dying()
    with pytest.raises(asyncio.CancelledError):
        await LaterReading(store, dying, clock, used_seconds=lambda: 0.0).run()
    assert len(dying.read_texts) == 1
    other = await open_store(store_settings, clock)
    assert await LaterReading(other, FakeReader(), clock, used_seconds=lambda: 0.0).run() == 4
    await other.close()
    for message in (turn.question, turn.answer):
        read = await store.message(message.id, user.id)
        assert read is not None
        assert read.embedding is not None


async def test_a_lesson_is_read_without_the_meanings(store: Store, session: Session, user: User) -> None:
    await store.record_turn(with_meaning(make_turn(session, at=START + MINUTE), 1.0))
    assert {message.embedding for message in await store.messages(session.id, user.id, limit=10)} == {None}
