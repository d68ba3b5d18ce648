"""Goals, and what a turn reads of its learner."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.fakes.clock import START
from tests.fakes.practice import make_question, make_record, make_review
from tests.fakes.records import MINUTE, make_session, make_turn, make_user

from masterx.errors import NotFound
from masterx.records.checks import AnswerCheck, CheckedFact, Contradiction
from masterx.records.goals import Goal, GoalKind
from masterx.records.lesson_items import LessonItem
from masterx.records.overviews import NOTHING_KNOWN
from masterx.records.sessions import Session
from masterx.records.users import User
from masterx.store.ports import Store


def make_goal(user: User, **changes: object) -> Goal:
    goal = Goal(
        user_id=user.id,
        subject="mathematics",
        kind=GoalKind.ABILITY,
        target=0.75,
        until=date(2026, 12, 24),
        start=0.5,
        created_at=START,
    )
    return replace(goal, **changes)  # type: ignore[arg-type]  # the fields of one dataclass


async def test_a_subject_has_one_goal(store: Store, user: User, stranger: User) -> None:
    first, weekly = make_goal(user), make_goal(user, kind=GoalKind.MINUTES, target=90.0, until=None, start=0.0)
    python = make_goal(user, subject="python")
    for goal in (first, python, weekly, make_goal(stranger)):
        await store.put_goal(goal)
    assert await store.goals(user.id) == [weekly, python]
    with pytest.raises(NotFound):
        await store.put_goal(make_goal(make_user()))


async def test_a_goal_is_given_up(store: Store, user: User, stranger: User) -> None:
    await store.put_goal(make_goal(user))
    with pytest.raises(NotFound):
        await store.remove_goal(stranger.id, "mathematics")
    await store.remove_goal(user.id, "mathematics")
    assert await store.goals(user.id) == []
    with pytest.raises(NotFound):
        await store.remove_goal(user.id, "mathematics")


async def test_what_is_known_of_a_learner_is_read_at_once(store: Store, user: User, stranger: User) -> None:
    assert await store.learner_overview(user.id, START) == NOTHING_KNOWN
    for whose in (user, stranger):
        question = make_question(whose)
        await store.ask(question)
        await store.record_answer(make_record(whose, question))
        await store.put_goal(make_goal(whose))
    later = START + timedelta(days=2)
    found = await store.learner_overview(user.id, later)
    assert [(state.user_id, state.subject) for state in found.states] == [(user.id, "mathematics")]
    assert [(each.user_id, each.item_id) for each in found.recent] == [(user.id, "linear.two-steps")]
    assert [review.concept for review in found.due] == [make_review(user).concept]
    assert found.goals == (make_goal(user),)
    assert (await store.learner_overview(user.id, START)).due == ()


async def test_a_lesson_comes_with_what_is_known(store: Store, user: User, stranger: User, session: Session) -> None:
    await store.put_goal(make_goal(user))
    found = await store.lesson_with_overview(session.id, user.id, START, limit=10)
    assert found is not None
    assert found[:2] == await store.lesson(session.id, user.id, limit=10)
    assert found[2] == await store.learner_overview(user.id, START)
    earlier = await store.lesson_with_overview(session.id, user.id, START, limit=10, before=found[1][-1].id)
    assert earlier is not None
    assert earlier[1] == found[1][:-1]
    assert earlier[2] == found[2]
    assert await store.lesson_with_overview(session.id, stranger.id, START, limit=10) is None


async def test_an_answer_keeps_its_question_and_what_was_calculated(store: Store, user: User) -> None:
    turn = make_turn(make_session(user), opens_session=True)
    item = LessonItem(subject="mathematics", skill="powers", item_id="powers.square", seed=7, chance=0.8)
    check = AnswerCheck(
        facts=(CheckedFact(order="value", formula="4!", results=("24",)),),
        contradictions=(Contradiction(claim="4! = 20", correct="4! = 24"),),
    )
    answer = replace(turn.answer, item=item, calculated=check)
    await store.record_turn(replace(turn, answer=answer))
    kept = await store.message(answer.id, user.id)
    assert kept is not None
    assert (kept.item, kept.calculated) == (item, check)
    rows = (await store.personal_rows(user.id, "messages", limit=10)).rows
    assert [row["item"] and row["item"]["item_id"] for row in rows].count("powers.square") == 1


async def test_a_lesson_and_the_practice_page_keep_a_question_each(store: Store, user: User, session: Session) -> None:
    alone, in_lesson = make_question(user), make_question(user, at=START + MINUTE, session_id=session.id)
    await store.ask(alone)
    await store.ask(in_lesson)
    assert await store.open_questions(user.id) == [in_lesson, alone]
