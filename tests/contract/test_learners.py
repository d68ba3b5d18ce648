from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.fakes.clock import START
from tests.fakes.practice import make_question, make_record
from tests.fakes.records import make_user

from masterx.errors import InvalidInput
from masterx.records.learners import LearnersQuery, LearnersSort
from masterx.records.users import User
from masterx.store.ports import Store

DAY = timedelta(days=1)
NOW = START + 2 * DAY


async def learner(store: Store, name: str) -> User:
    user = make_user(name=name)
    await store.add_user(user)
    return user


async def answer(
    store: Store,
    user: User,
    *,
    at: datetime = START,
    subject: str = "mathematics",
    version: int = 0,
    score: float = 1.0,
    **performance: Any,
) -> None:
    question = make_question(user, at=at, subject=subject)
    await store.ask(question)
    record = make_record(user, question, version=version, score=score)
    assert record.performance is not None
    assert record.review is not None
    await store.record_answer(
        replace(
            record,
            state=replace(record.state, subject=subject),
            review=replace(record.review, subject=subject, concept=f"{subject} concept"),
            performance=replace(record.performance, subject=subject, **performance),
        )
    )


async def names(store: Store, sort: LearnersSort, **query: Any) -> list[str]:
    page = await store.learners(LearnersQuery(now=NOW, sort=sort, **query))
    return [each.name for each in page.learners]


async def test_nobody_has_practised(store: Store, user: User) -> None:
    page = await store.learners(LearnersQuery(now=NOW))
    assert (page.learners, page.total, page.next_cursor) == ((), 0, None)


async def test_a_learner_stands_as_the_last_answer_left_it(store: Store, user: User) -> None:
    await answer(store, user, ability_level=0.4, theta=-0.4, theta_error=0.6)
    later = START + DAY
    changes: dict[str, Any] = {"theta": 0.2, "theta_error": 0.5, "mastery_topics": ("a", "b")}
    await answer(store, user, at=later, version=1, score=0.0, ability_level=0.55, struggling_topics=("c",), **changes)
    await answer(store, user, at=later, subject="statistics", ability_level=0.3, theta=None, theta_error=None)
    (row,) = (await store.learners(LearnersQuery(now=NOW))).learners
    assert (row.user_id, row.name, row.email) == (user.id, user.name, user.email)
    first, second = row.subjects
    assert (first.subject, first.level, first.theta, first.theta_error) == ("mathematics", 0.55, 0.2, 0.5)
    assert (first.mastered, first.struggling, first.answers, first.practice_seconds) == (2, 1, 2, 40.0)
    assert first.last_answered_at == later + timedelta(seconds=40)
    assert (second.subject, second.theta, second.theta_error) == ("statistics", None, None)
    assert (row.answers, row.recent_answers, row.recent_right, row.due) == (3, 3, 2, 0)
    (row,) = (await store.learners(LearnersQuery(now=NOW + DAY))).learners
    assert row.due == 2


async def test_success_is_of_the_last_month(store: Store, user: User) -> None:
    await answer(store, user, score=0.0)
    await answer(store, user, at=START + 20 * DAY, version=1)
    (row,) = (await store.learners(LearnersQuery(now=START + 40 * DAY))).learners
    assert (row.recent_answers, row.recent_right, row.success) == (1, 1, 1.0)
    (row,) = (await store.learners(LearnersQuery(now=START + 80 * DAY))).learners
    assert row.success is None


async def test_one_subject_alone(store: Store, user: User, stranger: User) -> None:
    await answer(store, user, ability_level=0.7)
    await answer(store, user, subject="statistics", ability_level=0.2)
    await answer(store, stranger, ability_level=0.4)
    page = await store.learners(LearnersQuery(now=NOW, subject="statistics"))
    assert [each.user_id for each in page.learners] == [user.id]
    assert [each.subject for each in page.learners[0].subjects] == ["statistics"]
    assert (await store.learners(LearnersQuery(now=NOW, subject="alchemy"))).total == 0


async def test_learners_are_sorted_searched_and_paged(store: Store) -> None:
    await learner(store, "Nobody")
    people = [await learner(store, name) for name in ("Émilie", "ada", "Zoë")]
    for place, user in enumerate(people):
        topics = tuple(f"skill {number}" for number in range(place))
        await answer(
            store,
            user,
            at=START + place * timedelta(hours=1),
            ability_level=(0.5, 0.2, 0.8)[place],
            mastery_topics=topics,
            struggling_topics=topics[:1],
        )
    assert await names(store, LearnersSort.LAST_PRACTISED) == ["Zoë", "ada", "Émilie"]
    assert await names(store, LearnersSort.LONGEST_AWAY) == ["Émilie", "ada", "Zoë"]
    assert await names(store, LearnersSort.LEVEL) == ["ada", "Émilie", "Zoë"]
    assert await names(store, LearnersSort.MASTERED) == ["Zoë", "ada", "Émilie"]
    assert (await names(store, LearnersSort.STRUGGLING))[-1] == "Émilie"
    assert await names(store, LearnersSort.NAME) == ["ada", "Zoë", "Émilie"]
    assert await names(store, LearnersSort.NAME, search="éMIL") == ["Émilie"]
    assert await names(store, LearnersSort.TIME, search="example.org ada") == []
    for sort in LearnersSort:
        whole, paged, cursor = await names(store, sort), list[str](), None
        for _ in range(3):
            page = await store.learners(LearnersQuery(now=NOW, sort=sort, limit=1, cursor=cursor))
            assert page.total == 3
            paged += [each.name for each in page.learners]
            cursor = page.next_cursor
        assert (paged, cursor) == (whole, None)


async def test_learners_are_sorted_by_success_and_by_what_is_due(store: Store) -> None:
    # Of the last month: none, one of two, both, none of one. Due: 1, 2, 1, 0.
    away, half, good, poor = [await learner(store, name) for name in ("Away", "Half", "Good", "Poor")]
    long_ago, now = START - 40 * DAY, NOW
    await answer(store, away, at=long_ago)
    for user, first in ((half, 0.0), (good, 1.0)):
        await answer(store, user, score=first)
        await answer(store, user, subject="statistics" if user is half else "mathematics", version=user is good)
    await answer(store, poor, at=now, score=0.0)
    due = {each.name: each.due for each in (await store.learners(LearnersQuery(now=now + DAY / 2))).learners}
    assert due == {"Away": 1, "Half": 2, "Good": 1, "Poor": 0}
    assert await names(store, LearnersSort.SUCCESS) == ["Poor", "Half", "Good", "Away"]
    by_due = await store.learners(LearnersQuery(now=now + DAY / 2, sort=LearnersSort.DUE))
    assert [each.due for each in by_due.learners] == [2, 1, 1, 0]
    for sort in (LearnersSort.SUCCESS, LearnersSort.DUE):
        whole, paged, cursor = await store.learners(LearnersQuery(now=now + DAY / 2, sort=sort)), list[str](), None
        for _ in range(4):
            page = await store.learners(LearnersQuery(now=now + DAY / 2, sort=sort, limit=1, cursor=cursor))
            paged += [each.name for each in page.learners]
            cursor = page.next_cursor
        assert (paged, cursor) == ([each.name for each in whole.learners], None)
    statistics = LearnersQuery(now=now + DAY / 2, sort=LearnersSort.DUE, subject="statistics")
    assert [each.due for each in (await store.learners(statistics)).learners] == [2]


async def test_a_cursor_of_another_order_or_of_somebody_gone_is_refused(store: Store) -> None:
    people = [await learner(store, name) for name in ("Ada", "Zoë")]
    for user in people:
        await answer(store, user)
    page = await store.learners(LearnersQuery(now=NOW, sort=LearnersSort.NAME, limit=1))
    for query in (
        LearnersQuery(now=NOW, sort=LearnersSort.LEVEL, cursor=page.next_cursor),
        LearnersQuery(now=NOW, sort=LearnersSort.NAME, cursor="no cursor"),
    ):
        with pytest.raises(InvalidInput):
            await store.learners(query)
    await store.erase_user(people[0].id)
    with pytest.raises(InvalidInput):
        await store.learners(LearnersQuery(now=NOW, sort=LearnersSort.NAME, cursor=page.next_cursor))
    assert await names(store, LearnersSort.NAME) == ["Zoë"]
