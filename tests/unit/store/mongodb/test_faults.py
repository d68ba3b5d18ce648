"""What a server says in bad moments: the turn is neither lost nor doubled."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.mongodb import fresh_name
from tests.fakes.mongodb_wire import NOT_WRITABLE_PRIMARY, OUT_OF_DISK_SPACE, MongoWire
from tests.fakes.records import MINUTE, make_session, make_turn, make_user

from masterx.errors import DatabaseUnavailable
from masterx.records.sessions import Session
from masterx.records.users import User
from masterx.store.mongodb.store import MongoStore

PATIENCE_SECONDS = 4
"""The driver looks for a primary twice a second."""


@pytest.fixture
async def store(wire: MongoWire, clock: FrozenClock) -> AsyncIterator[MongoStore]:
    """Reached through the wire; it gives up after some seconds."""
    store = await MongoStore.open(wire.url(fresh_name()), clock, try_for_seconds=PATIENCE_SECONDS)
    yield store
    wire.faults.clear()
    await store.close()


@pytest.fixture
async def user(store: MongoStore) -> User:
    user = make_user()
    await store.add_user(user)
    return user


@pytest.fixture
async def session(store: MongoStore, user: User) -> Session:
    return await store.record_turn(make_turn(make_session(user), opens_session=True))


async def assert_once(store: MongoStore, session: Session, *, turns: int) -> None:
    messages = await store.messages(session.id, session.user_id, limit=100)
    ledger = await store.cost_events(START - MINUTE, START + MINUTE)
    (system, *_) = await store.cost_tracking(START.date(), START.date())
    assert (len(messages), len(ledger), system.total_requests) == (2 * turns, turns, turns)
    assert (await store.audit()).is_true


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("command", ["bulkWrite", "commitTransaction"])
async def test_a_primary_that_steps_down_in_the_middle_of_a_turn(
    store: MongoStore, wire: MongoWire, session: Session, command: str, after: bool
) -> None:
    wire.fail(command, NOT_WRITABLE_PRIMARY, after=after)
    moved = await store.record_turn(make_turn(session))
    assert moved.total_messages == 4
    await assert_once(store, session, turns=2)


@pytest.mark.parametrize("command", ["bulkWrite", "commitTransaction"])
async def test_a_connection_that_is_cut_while_the_server_answers(
    store: MongoStore, wire: MongoWire, session: Session, command: str
) -> None:
    wire.fail(command, None, after=True)
    await store.record_turn(make_turn(session))
    await assert_once(store, session, turns=2)


async def test_a_commit_of_which_nothing_is_heard_is_found_out_when_the_turn_is_recorded_again(
    store: MongoStore, wire: MongoWire, session: Session
) -> None:
    turn = make_turn(session)
    wire.fail("commitTransaction", None, times=1_000, after=True)
    with pytest.raises(DatabaseUnavailable) as unknown:
        await store.record_turn(turn)
    assert unknown.value.details == {"reason": "commit_unknown"}
    wire.faults.clear()
    again = await store.record_turn(turn)
    assert again.total_messages == 4
    await assert_once(store, session, turns=2)


async def test_a_primary_that_stays_away_is_told_and_nothing_is_kept(
    store: MongoStore, wire: MongoWire, session: Session
) -> None:
    wire.fail("bulkWrite", NOT_WRITABLE_PRIMARY, times=1_000)
    with pytest.raises(DatabaseUnavailable) as refused:
        await store.record_turn(make_turn(session))
    assert refused.value.details == {"reason": "no_primary"}
    wire.faults.clear()
    await assert_once(store, session, turns=1)


async def test_a_full_disk_is_told_and_leaves_nothing_half(
    store: MongoStore, wire: MongoWire, session: Session
) -> None:
    wire.fail("bulkWrite", OUT_OF_DISK_SPACE)
    with pytest.raises(DatabaseUnavailable) as full:
        await store.record_turn(make_turn(session))
    assert full.value.details == {"reason": "disk_full"}
    await assert_once(store, session, turns=1)
    await store.record_turn(make_turn(session))


async def test_a_read_goes_on_when_its_connection_was_cut(store: MongoStore, wire: MongoWire, user: User) -> None:
    wire.fail("find", None)
    assert await store.user(user.id) == user
