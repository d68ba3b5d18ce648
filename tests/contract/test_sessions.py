from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_claim, make_session, make_turn, make_user

from masterx.errors import InvalidInput, NotFound
from masterx.records.sessions import Session, SessionStatus
from masterx.records.users import User
from masterx.store.ports import Store


async def _open(store: Store, user: User, minutes: int = 0) -> Session:
    session = make_session(user, at=START + minutes * MINUTE)
    return await store.record_turn(make_turn(session, opens_session=True))


async def test_a_session_is_its_learners_alone(store: Store, session: Session, user: User, stranger: User) -> None:
    assert await store.session(session.id, user.id) == session
    assert await store.session(session.id, stranger.id) is None
    assert await store.session("unknown", user.id) is None
    assert (await store.sessions(stranger.id, limit=10)).sessions == ()


async def test_sessions_come_by_latest_activity_page_by_page(store: Store, user: User, stranger: User) -> None:
    opened = [await _open(store, user, minutes) for minutes in (5, 1, 3, 2, 4)]
    await _open(store, stranger)
    oldest = opened[1]
    await store.record_turn(make_turn(oldest, at=START + 9 * MINUTE))
    expected = [opened[place].id for place in (1, 0, 4, 2, 3)]
    found: list[str] = []
    cursor = None
    while True:
        page = await store.sessions(user.id, limit=2, cursor=cursor)
        found += [session.id for session in page.sessions]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == expected


async def test_sessions_of_one_moment_are_neither_lost_nor_repeated(store: Store, user: User) -> None:
    opened = {(await _open(store, user)).id for _ in range(7)}
    first = await store.sessions(user.id, limit=3)
    second = await store.sessions(user.id, limit=3, cursor=first.next_cursor)
    third = await store.sessions(user.id, limit=3, cursor=second.next_cursor)
    found = [session.id for page in (first, second, third) for session in page.sessions]
    assert len(found) == 7
    assert set(found) == opened
    assert third.next_cursor is None


async def test_a_full_last_page_has_no_following_one(store: Store, user: User) -> None:
    for _ in range(3):
        await _open(store, user)
    assert (await store.sessions(user.id, limit=3)).next_cursor is None


@pytest.mark.parametrize(
    "cursor", ["", "x", "ä", "=", "\x00", "\ud800", base64.b64encode(b"a" * 40).decode(), "A" * 9999]
)
async def test_a_made_up_cursor_is_refused(store: Store, user: User, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        await store.sessions(user.id, limit=2, cursor=cursor)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(place=st.integers(0, 60), character=st.sampled_from("AZaz09-_"))
async def test_an_edited_cursor_is_refused(store: Store, place: int, character: str) -> None:
    user = await _fresh_user(store)
    for _ in range(2):
        await _open(store, user)
    cursor = (await store.sessions(user.id, limit=1)).next_cursor
    assert cursor is not None
    edited = cursor[:place] + character + cursor[place + 1 :]
    if edited != cursor:
        with pytest.raises(InvalidInput):
            await store.sessions(user.id, limit=1, cursor=edited)


async def _fresh_user(store: Store) -> User:
    user = make_user()
    await store.add_user(user)
    return user


async def test_renaming(store: Store, session: Session, user: User, stranger: User) -> None:
    renamed = await store.rename_session(session.id, user.id, "Halves 🍰")
    assert renamed == replace(session, title="Halves 🍰")
    assert await store.session(session.id, user.id) == renamed
    for session_id, user_id in ((session.id, stranger.id), ("unknown", user.id)):
        with pytest.raises(NotFound):
            await store.rename_session(session_id, user_id, "Mine")


async def test_ending_is_for_active_sessions(store: Store, session: Session, user: User, stranger: User) -> None:
    ended = await store.end_session(session.id, user.id, START + MINUTE)
    assert ended == replace(session, status=SessionStatus.COMPLETED, ended_at=START + MINUTE)
    assert await store.end_session(session.id, user.id, START + 2 * MINUTE) == ended
    with pytest.raises(NotFound):
        await store.end_session(session.id, stranger.id, START)


async def test_idle_sessions_are_abandoned(store: Store, user: User, stranger: User) -> None:
    idle, busy, done = [await _open(store, user, minutes) for minutes in (0, 31, 0)]
    foreign = await _open(store, stranger)
    done = await store.end_session(done.id, user.id, START)
    now = START + 40 * MINUTE
    assert await store.abandon_idle_sessions(START + 10 * MINUTE, now) == 2
    assert await store.abandon_idle_sessions(START + 10 * MINUTE, now) == 0
    assert await store.session(idle.id, user.id) == replace(idle, status=SessionStatus.ABANDONED, ended_at=now)
    assert await store.session(busy.id, user.id) == busy
    assert await store.session(done.id, user.id) == done
    abandoned = await store.session(foreign.id, stranger.id)
    assert abandoned is not None
    assert abandoned.status is SessionStatus.ABANDONED


async def test_activity_at_the_very_limit_is_not_idle(store: Store, session: Session) -> None:
    assert await store.abandon_idle_sessions(session.last_activity_at, START + MINUTE) == 0
    assert await store.abandon_idle_sessions(session.last_activity_at + timedelta(microseconds=1), START + MINUTE) == 1


async def test_deleting_takes_messages_and_keys_and_leaves_the_ledger(store: Store, user: User) -> None:
    kept = await _open(store, user)
    claim = make_claim(user)
    await store.claim_request(claim, START)
    turn = make_turn(make_session(user), opens_session=True, claim=claim)
    session = await store.record_turn(turn)
    await store.delete_session(session.id, user.id)
    assert await store.session(session.id, user.id) is None
    assert await store.messages(session.id, user.id, limit=10) == []
    assert await store.message(turn.answer.id, user.id) is None
    assert await store.claim_request(make_claim(user, request_hash="b" * 64), START) is None
    events = await store.cost_events(START, START + MINUTE, user_id=user.id)
    assert turn.calls[0] in events
    assert (await store.sessions(user.id, limit=10)).sessions == (kept,)


async def test_nobody_deletes_what_is_not_theirs(store: Store, session: Session, user: User, stranger: User) -> None:
    for session_id, user_id in ((session.id, stranger.id), ("unknown", user.id)):
        with pytest.raises(NotFound):
            await store.delete_session(session_id, user_id)
    assert len(await store.messages(session.id, user.id, limit=10)) == 2


async def test_deleting_during_turns_leaves_nothing_half(store: Store, session: Session, user: User) -> None:
    turns = [store.record_turn(make_turn(session)) for _ in range(50)]
    results = await asyncio.gather(
        *turns[:25], store.delete_session(session.id, user.id), *turns[25:], return_exceptions=True
    )
    assert results.pop(25) is None
    assert all(isinstance(result, Session | NotFound) for result in results), "each before the deletion, or too late"
    assert await store.messages(session.id, user.id, limit=200) == []
