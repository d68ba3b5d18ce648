"""What was asked, how it was answered, and what is believed of the learner since."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.fakes.clock import START
from tests.fakes.practice import make_performance, make_question, make_record, make_state
from tests.fakes.records import MINUTE, make_user

from masterx.errors import Conflict, NotFound
from masterx.records.practice import PracticeMode
from masterx.records.sessions import Session
from masterx.records.users import User
from masterx.store.ports import Store


async def test_a_question_waits_until_another_takes_its_place(store: Store, user: User, stranger: User) -> None:
    first, second = make_question(user), make_question(user, at=START + MINUTE)
    placement = make_question(user, mode=PracticeMode.PLACEMENT)
    for question in (first, placement, second, make_question(stranger)):
        await store.ask(question)
    assert await store.open_question(first.id, user.id) is None
    assert await store.open_question(second.id, user.id) == second
    assert await store.open_question(second.id, stranger.id) is None
    assert await store.open_questions(user.id) == [second, placement]
    with pytest.raises(NotFound):
        await store.ask(make_question(make_user()))


async def test_hints_only_grow(store: Store, user: User, stranger: User) -> None:
    question = make_question(user)
    await store.ask(question)
    for taken in (1, 2, 1):
        await store.note_hints(question.id, user.id, taken)
    assert await store.open_question(question.id, user.id) == replace(question, hints_taken=2)
    with pytest.raises(NotFound):
        await store.note_hints(question.id, stranger.id, 3)


async def test_an_answer_is_written_with_all_that_it_changes(store: Store, user: User, stranger: User) -> None:
    question = make_question(user)
    await store.ask(question)
    record = make_record(user, question)
    assert await store.record_answer(record) == record.response
    assert await store.open_question(question.id, user.id) is None
    assert await store.response(question.id, user.id) == record.response
    assert await store.response(question.id, stranger.id) is None
    state = await store.learner_state(user.id, "mathematics")
    assert state == replace(record.state, version=1)
    assert await store.learner_states(user.id) == [state]
    assert await store.learner_state(stranger.id, "mathematics") is None
    assert await store.concept_reviews(user.id) == [record.review]
    assert await store.item_difficulties() == [record.item]
    assert await store.user_performance(user.id, "mathematics", limit=5) == [record.performance]


async def test_the_first_answer_stays(store: Store, user: User, stranger: User) -> None:
    question = make_question(user)
    await store.ask(question)
    first = make_record(user, question)
    again = make_record(user, question, version=1, answer="x = 4", score=0.0)
    await store.record_answer(first)
    assert await store.record_answer(again) == first.response
    assert await store.learner_state(user.id, "mathematics") == replace(first.state, version=1)
    with pytest.raises(NotFound):
        await store.record_answer(make_record(stranger, replace(question, user_id=stranger.id)))


async def test_of_two_answers_at_once_one_counts(store: Store, user: User) -> None:
    question = make_question(user)
    await store.ask(question)
    records = [make_record(user, question, answer=text) for text in ("x = 3", "x = 4")]
    one, other = await asyncio.gather(*(store.record_answer(record) for record in records))
    assert one == other
    assert len(await store.responses(user.id, limit=10)) == 1


async def test_an_answer_to_an_older_state_changes_nothing(store: Store, user: User) -> None:
    first, second = make_question(user), make_question(user, mode=PracticeMode.REVIEW)
    for question in (first, second):
        await store.ask(question)
    await store.record_answer(make_record(user, first))
    with pytest.raises(Conflict):
        await store.record_answer(make_record(user, second))
    assert await store.open_question(second.id, user.id) == second
    assert len(await store.responses(user.id, limit=10)) == 1
    await store.record_answer(make_record(user, second, version=1))
    assert len(await store.responses(user.id, limit=10)) == 2


async def test_responses_come_newest_first_and_in_pages(store: Store, user: User) -> None:
    subjects = ("mathematics", "physics", "mathematics")
    questions = [
        make_question(user, at=START + number * MINUTE, subject=subject) for number, subject in enumerate(subjects)
    ]
    for question, version in zip(questions, (0, 1, 2), strict=True):
        await store.ask(question)
        await store.record_answer(replace(make_record(user, question, version=version)))
    newest = [question.id for question in reversed(questions)]
    assert [each.id for each in await store.responses(user.id, limit=10)] == newest
    first, *_ = await store.responses(user.id, limit=1)
    following = await store.responses(user.id, limit=10, before=(first.answered_at, first.id))
    assert [each.id for each in following] == newest[1:]
    maths = await store.responses(user.id, subject="mathematics", limit=10)
    assert [each.id for each in maths] == [newest[0], newest[2]]


async def test_an_items_difficulty_is_not_set_back(store: Store, user: User, stranger: User) -> None:
    for person in (user, stranger):
        question = make_question(person)
        await store.ask(question)
        await store.record_answer(make_record(person, question))
    (item,) = await store.item_difficulties()
    assert item.responses == 1


async def test_performance_is_kept_once_a_minute(store: Store, user: User) -> None:
    minute = START.replace(second=0, microsecond=0)
    kept = []
    for number, seconds in enumerate((1, 15, 30)):
        question = make_question(user, at=minute + timedelta(seconds=seconds))
        await store.ask(question)
        record = make_record(user, question, version=number)
        await store.record_answer(record)
        kept.append(record.performance)
    rows = await store.user_performance(user.id, "mathematics", limit=5)
    assert rows == [kept[2], kept[1]]  # answers came after 41, 55 and 70 seconds: the newest of each minute
    await store.add_user_performance(make_performance(user, minute + timedelta(seconds=56)))
    assert len(await store.user_performance(user.id, "mathematics", limit=5)) == 3


async def test_a_state_is_put_by_whoever_read_it_last(store: Store, user: User) -> None:
    await store.put_learner_state(make_state(user, placement_started_at=START))
    with pytest.raises(Conflict):
        await store.put_learner_state(make_state(user))
    await store.put_learner_state(make_state(user, version=1, placed_at=START))
    with pytest.raises(Conflict):
        await store.put_learner_state(make_state(user, version=1))
    state = await store.learner_state(user.id, "mathematics")
    assert state == make_state(user, version=2, placed_at=START, answers=2)
    with pytest.raises(NotFound):
        await store.put_learner_state(make_state(make_user()))


async def test_a_lesson_has_the_mean_score_of_its_items(store: Store, user: User, session: Session) -> None:
    for number, score in enumerate((1.0, 0.5)):
        question = make_question(user, session_id=session.id)
        await store.ask(question)
        await store.record_answer(make_record(user, question, version=number, score=score))
    lesson = await store.session(session.id, user.id)
    assert lesson is not None
    assert lesson.performance_score == 0.75


async def test_a_deleted_lesson_leaves_what_was_learned(store: Store, user: User, session: Session) -> None:
    answered = make_question(user, session_id=session.id)
    await store.ask(answered)
    await store.record_answer(make_record(user, answered))
    waiting = make_question(user, session_id=session.id)
    await store.ask(waiting)
    await store.delete_session(session.id, user.id)
    assert await store.open_question(waiting.id, user.id) is None
    response = await store.response(answered.id, user.id)
    assert response is not None
    assert response.session_id is None
