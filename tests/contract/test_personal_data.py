"""What is kept of a person: all of it can be read, and all of it can be erased."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.fakes.clock import START
from tests.fakes.practice import make_question, make_record
from tests.fakes.records import (
    MINUTE,
    make_api_key,
    make_call,
    make_claim,
    make_device,
    make_invitation,
    make_one_time_link,
    make_refresh_token,
    make_session,
    make_turn,
    make_user,
)

from masterx.clock import new_id
from masterx.errors import Conflict, InvalidInput, NotFound
from masterx.records.emotions import LearningState
from masterx.records.goals import Goal, GoalKind
from masterx.records.messages import EmotionState, Feedback
from masterx.records.moods import MoodCorrection
from masterx.records.performance import UserPerformance
from masterx.records.users import Device, Role, User
from masterx.store.ports import Store
from masterx.store.schema import PERSONAL_FIELDS

CURIOUS = EmotionState(primary_emotion="curiosity", arousal=0.2, valence=0.3, learning_readiness="high_readiness")
ALL_TIME = (START - timedelta(days=1), START + timedelta(days=1))
ALL_DAYS = (date(2026, 1, 1), date(2026, 12, 31))


async def fill(store: Store, user: User, *, turns: int = 3) -> Device:
    """Something of this person in every collection that can hold it."""
    device = make_device(user)
    await store.add_device(device, make_refresh_token(device), password_hash=user.password_hash)
    await store.add_one_time_link(make_one_time_link(user))
    await store.add_invitation(make_invitation(created_by=user.id))
    await store.add_api_key(make_api_key(user))
    claim = make_claim(user)
    await store.claim_request(claim, START)
    session = await store.record_turn(make_turn(make_session(user), opens_session=True, claim=claim))
    for number in range(1, turns):
        turn = make_turn(session, at=START + number * MINUTE)
        await store.record_turn(replace(turn, question=replace(turn.question, emotion_state=CURIOUS)))
        await store.correct_mood(
            MoodCorrection(
                message_id=turn.question.id, user_id=user.id, told=LearningState.JOY, corrected_at=START + MINUTE
            )
        )
    await store.record_calls([make_call(user_id=user.id, provider="groq")])
    await store.add_user_performance(
        UserPerformance(
            id=new_id(START),
            user_id=user.id,
            subject="maths",
            timestamp=START,
            ability_level=0.5,
            difficulty_preference=0.5,
            learning_velocity=1.0,
        )
    )
    await practise(store, user)
    return device


async def practise(store: Store, user: User) -> None:
    """An answer with all that follows from it, a question that waits, and a goal."""
    answered = make_question(user)
    await store.ask(answered)
    await store.record_answer(make_record(user, answered))
    await store.ask(make_question(user, at=START + MINUTE))
    await store.put_goal(
        Goal(
            user_id=user.id,
            subject="mathematics",
            kind=GoalKind.ABILITY,
            target=0.75,
            until=date(2026, 12, 24),
            start=0.5,
            created_at=START,
        )
    )


async def everything(store: Store, user: User, *, limit: int = 100) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for collection in PERSONAL_FIELDS:
        found[collection] = []
        cursor = None
        while True:
            page = await store.personal_rows(user.id, collection, limit=limit, cursor=cursor)
            found[collection] += [dict(row) for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
    return found


async def test_each_collection_gives_a_persons_rows_with_the_fields_that_are_named(
    store: Store, user: User, stranger: User
) -> None:
    await fill(store, user)
    await fill(store, stranger)
    found = await everything(store, user)
    for collection, rows in found.items():
        assert rows, collection
        assert all(tuple(row) == PERSONAL_FIELDS[collection] for row in rows)
    assert [row["id"] for row in found["users"]] == [user.id]
    assert len(found["messages"]) == 6
    assert found["users"][0]["learning_preferences"]["difficulty_preference"] == "adaptive"
    assert stranger.id not in str(found)
    assert "hash" not in str(found)


@pytest.mark.parametrize("limit", [1, 2, 6])
async def test_pages_hold_each_row_once_newest_first(store: Store, user: User, limit: int) -> None:
    await fill(store, user, turns=4)
    paged = await everything(store, user, limit=limit)
    assert paged == await everything(store, user)
    times = [row["timestamp"] for row in paged["messages"]]
    assert times == sorted(times, reverse=True)


async def test_a_cursor_of_nobody_is_refused(store: Store, user: User) -> None:
    with pytest.raises(InvalidInput):
        await store.personal_rows(user.id, "messages", limit=1, cursor="made up")


async def test_erasing_leaves_nothing_of_the_person_and_all_of_others(store: Store, user: User, stranger: User) -> None:
    device = await fill(store, user)
    await fill(store, stranger)
    others = await everything(store, stranger)
    await store.erase_user(user.id)
    assert not any((await everything(store, user)).values())
    assert await everything(store, stranger) == others
    assert await store.user(user.id) is None
    assert await store.user_by_email(user.email) is None
    assert await store.device_user(device.id) is None
    assert len(await store.invitations(START)) == 2
    with pytest.raises(NotFound):
        await store.erase_user(user.id)
    await store.add_user(make_user(email=user.email))


async def test_the_ledger_keeps_its_amounts_and_agrees_with_the_sums(store: Store, user: User, stranger: User) -> None:
    await fill(store, user)
    await fill(store, stranger)
    before = [(call.id, call.cost, call.total_tokens) for call in await store.cost_events(*ALL_TIME)]
    await store.erase_user(user.id)
    ledger = await store.cost_events(*ALL_TIME)
    assert [(call.id, call.cost, call.total_tokens) for call in ledger] == before
    assert {call.user_id for call in ledger} == {None, stranger.id}
    assert all((call.session_id is None) == (call.user_id is None) for call in ledger if call.provider == "openai")
    sums = await store.cost_tracking(*ALL_DAYS)
    for owner in (None, stranger.id):
        calls = [call for call in ledger if owner is None or call.user_id == owner]
        days = [day for day in sums if day.user_id == owner]
        assert sum(day.total_cost for day in days) == sum(call.cost for call in calls)
        assert sum(day.total_requests for day in days) == len(calls)
    assert {day.user_id for day in sums} == {None, stranger.id}


async def test_what_was_under_way_is_recorded_without_a_name(store: Store, user: User) -> None:
    session = make_session(user)
    turn = make_turn(session, opens_session=True)
    await store.erase_user(user.id)
    with pytest.raises(NotFound):
        await store.record_turn(turn)
    with pytest.raises(NotFound):
        await store.claim_request(make_claim(user), START)
    await store.record_calls(turn.calls)
    await store.add_invitation(make_invitation(created_by=user.id))
    (call,) = await store.cost_events(*ALL_TIME)
    assert (call.user_id, call.session_id, call.message_id) == (None, None, None)
    assert {day.user_id for day in await store.cost_tracking(*ALL_DAYS)} == {None}
    assert not any((await everything(store, user)).values())


async def test_the_last_administrator_stays(store: Store) -> None:
    first, second = make_user(role=Role.ADMIN), make_user(role=Role.ADMIN)
    await store.add_user(first)
    with pytest.raises(Conflict):
        await store.erase_user(first.id)
    await store.add_user(second)
    results = await asyncio.gather(store.erase_user(first.id), store.erase_user(second.id), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
    assert len(await store.users_with_role(Role.ADMIN)) == 1


async def test_feedback_is_personal_too(store: Store, user: User) -> None:
    turn = make_turn(make_session(user), opens_session=True)
    await store.record_turn(turn)
    await store.rate_message(turn.answer.id, user.id, Feedback(feedback_text="Clear."))
    page = await store.personal_rows(user.id, "messages", limit=10)
    assert [row["feedback_text"] for row in page.rows] == ["Clear.", None]
