"""What holds for the store as a whole."""

from __future__ import annotations

import asyncio

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_session, make_turn, make_user

from masterx.errors import DatabaseUnavailable
from masterx.records.sessions import Session
from masterx.records.users import User
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store
from masterx.store.schema import SCHEMA_VERSION


async def test_an_open_store_answers_and_is_at_this_programs_version(store: Store) -> None:
    await store.ping()
    assert await store.schema_version() == SCHEMA_VERSION


async def test_what_was_written_is_there_after_a_restart(
    store_settings: StoreSettings, clock: FrozenClock, store: Store, session: Session, user: User
) -> None:
    messages = await store.messages(session.id, user.id, limit=10)
    await store.close()
    again = await open_store(store_settings, clock)
    assert await again.user(user.id) is not None
    assert await again.session(session.id, user.id) == session
    assert await again.messages(session.id, user.id, limit=10) == messages
    await again.close()


async def test_two_open_stores_see_each_others_writes(
    store_settings: StoreSettings, clock: FrozenClock, store: Store, session: Session, user: User, crowd: int
) -> None:
    other = await open_store(store_settings, clock)
    stores = [store, other]
    await asyncio.gather(*(stores[number % 2].record_turn(make_turn(session)) for number in range(crowd)))
    for each in stores:
        found = await each.session(session.id, user.id)
        assert found is not None
        assert found.total_messages == 2 + 2 * crowd
    await other.close()


async def test_closing_finishes_what_was_asked_before(
    store_settings: StoreSettings, clock: FrozenClock, store: Store
) -> None:
    users = [make_user() for _ in range(100)]
    adding = [asyncio.ensure_future(store.add_user(user)) for user in users]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*adding)
    again = await open_store(store_settings, clock)
    assert all([await again.user(user.id) for user in users])
    await again.close()


async def test_a_closed_store_says_so_and_may_be_closed_again(store: Store, user: User) -> None:
    await store.close()
    await store.close()
    with pytest.raises(DatabaseUnavailable):
        await store.user(user.id)
    with pytest.raises(DatabaseUnavailable):
        await store.add_user(make_user())
    with pytest.raises(DatabaseUnavailable):
        await store.ping()


async def test_cancelled_callers_disturb_nobody(store: Store, user: User, crowd: int) -> None:
    sessions = [make_session(user) for _ in range(crowd)]
    recording = [
        asyncio.ensure_future(store.record_turn(make_turn(session, opens_session=True))) for session in sessions
    ]
    await asyncio.sleep(0)
    for task in recording[::2]:
        task.cancel()
    results = await asyncio.gather(*recording, return_exceptions=True)
    assert all(isinstance(result, Session) for result in results[1::2])
    stored = {session.id: session for session in (await store.sessions(user.id, limit=300)).sessions}
    assert {session.id for session in sessions[1::2]} <= set(stored)
    assert {session.total_messages for session in stored.values()} == {2}
    learner = await store.user(user.id)
    assert learner is not None
    assert learner.total_sessions == len(stored)
    for session_id in stored:
        assert len(await store.messages(session_id, user.id, limit=10)) == 2


async def test_reads_go_on_beside_writes(store: Store, session: Session, user: User, crowd: int) -> None:
    async def read() -> int:
        found = await store.session(session.id, user.id)
        messages = await store.messages(session.id, user.id, limit=1000)
        assert found is not None
        assert len(messages) % 2 == 0
        return len(messages)

    work = [read() if number % 2 else store.record_turn(make_turn(session)) for number in range(crowd)]
    await asyncio.gather(*work)
    assert await read() == 2 + crowd
