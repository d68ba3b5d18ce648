"""That an erased person is in no byte of any file, however the database moved its rows about before."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.fakes.clock import START
from tests.fakes.practice import make_question, make_record
from tests.fakes.records import (
    make_call,
    make_claim,
    make_device,
    make_one_time_link,
    make_refresh_token,
    make_session,
    make_turn,
    make_user,
)

from masterx.records.messages import Feedback
from masterx.records.sessions import Session
from masterx.records.users import LearningPreferences, User
from masterx.store.schema import COLLECTIONS, PERSONAL_FIELDS, SIDE_COLLECTIONS
from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.personal_data import statement
from masterx.store.sqlite.store import SQLiteStore

LEARNERS = 3
LESSONS = 12
TURNS = 12
WORD = "Xylophonquark"
"""In each text of the person who leaves, and in nobody else's."""


def bytes_on_disk(file: DatabaseFile) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(file.path.parent.iterdir()))


def learner(number: int) -> User:
    name = WORD if number == 0 else "Somebody"
    return make_user(
        name=f"{name} {number}",
        email=f"{name}-{number}@example.org",
        learning_preferences=LearningPreferences(preferred_subjects=(name,)),
    )


async def live(store: SQLiteStore, users: list[User], chance: random.Random) -> None:
    """Lessons of all of them between one another, texts of all sizes, deleted and rated ones too."""
    moment = START
    for user in users:
        await store.add_user(user)
    lessons = [make_session(user, title=f"Lesson of {user.name}") for user in users for _ in range(LESSONS)]
    sessions: dict[str, Session] = {}
    owners = {user.id: user for user in users}
    for number in range(TURNS):
        chance.shuffle(lessons)
        for lesson in lessons:
            moment += timedelta(seconds=1)
            user = owners[lesson.user_id]
            texts = [f"{user.name} " * chance.choice([1, 3, 40, 400, 3_000]) for _ in range(2)]
            claim = make_claim(user, key=f"{user.name}-{lesson.id}-{number}".replace(" ", "-"))
            await store.claim_request(claim, moment)
            turn = make_turn(
                sessions.get(lesson.id, lesson),
                opens_session=lesson.id not in sessions,
                at=moment,
                question=texts[0],
                answer=texts[1],
                claim=claim,
            )
            sessions[lesson.id] = await store.record_turn(turn)
            if chance.random() < 0.3:
                await store.rate_message(turn.answer.id, user.id, Feedback(feedback_text=f"{user.name} liked it"))
    for user in users:
        for _ in range(5):
            device = make_device(user, label=f"{user.name}'s browser")
            await store.add_device(device, make_refresh_token(device), password_hash=None)
            await store.add_one_time_link(make_one_time_link(user))
            await store.record_calls([make_call(user_id=user.id)])
        for version in range(8):
            question = make_question(user)
            await store.ask(question)
            await store.record_answer(make_record(user, question, version=version, answer=f"{user.name} " * 50))
    for lesson in chance.sample(lessons, LEARNERS * 2):
        await store.delete_session(lesson.id, lesson.user_id)


@pytest.mark.parametrize("seed", range(3))
async def test_no_byte_of_an_erased_person_is_left(file: DatabaseFile, store: SQLiteStore, seed: int) -> None:
    users = [learner(number) for number in range(LEARNERS)]
    await live(store, users, random.Random(seed))
    gone, stays = users[0], users[1]
    assert bytes_on_disk(file).count(WORD.encode()) > 1_000

    await store.erase_user(gone.id)

    for disk in (bytes_on_disk(file), await closed(store, file)):
        for trace in (gone.id, gone.email, gone.email.casefold(), WORD, WORD.casefold()):
            assert disk.count(trace.encode()) == 0, trace
        assert disk.count(stays.id.encode()) > 100


async def closed(store: SQLiteStore, file: DatabaseFile) -> bytes:
    await store.close()
    return bytes_on_disk(file)


def test_no_table_with_a_person_in_it_is_forgotten() -> None:
    assert set(PERSONAL_FIELDS) <= {*COLLECTIONS, *SIDE_COLLECTIONS}


async def test_each_table_that_names_a_person_is_read_out_or_said_to_be_left_out(
    store: SQLiteStore, connect: Callable[[], sqlite3.Connection]
) -> None:
    connection = connect()
    naming = {
        table
        for table in (*COLLECTIONS, *SIDE_COLLECTIONS)
        for column in connection.execute(f"PRAGMA table_info({table})")
        if column[1] in {"user_id", "created_by"}
    }
    # `user_costs` repeats what `cost_tracking` says.
    assert naming - set(PERSONAL_FIELDS) == {"refresh_tokens", "reservations", "user_costs", "learner_standings"}


@pytest.mark.parametrize("collection", ["sessions", "messages", "cost_events", "practice_responses"])
@pytest.mark.parametrize("following", [False, True])
async def test_the_large_ones_are_read_through_an_index(
    store: SQLiteStore, connect: Callable[[], sqlite3.Connection], collection: str, following: bool
) -> None:
    parameters = ("", 1, "", "") if following else ("", 1)
    query = f"EXPLAIN QUERY PLAN {statement(collection, following=following)}"
    plan = [row[3] for row in connect().execute(query, parameters)]
    assert plan[0].startswith("SEARCH")
    assert [
        step for step in plan if "TEMP B-TREE" in step and "RIGHT PART" not in step and "LAST TERM" not in step
    ] == []
