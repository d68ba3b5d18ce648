from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_user

from masterx.clock import new_id
from masterx.errors import InvalidInput, NotFound
from masterx.records.performance import UserPerformance
from masterx.records.users import User
from masterx.store.ports import Store


def _performance(user: User, minutes: int, subject: str = "coding") -> UserPerformance:
    return UserPerformance(
        id=new_id(START),
        user_id=user.id,
        subject=subject,
        timestamp=START + minutes * MINUTE,
        ability_level=0.65,
        difficulty_preference=0.7,
        learning_velocity=0.05,
        mastery_topics=("variables", "ループ"),
        struggling_topics=("recursion",),
        total_practice_time_hours=12.5,
        improvement_rate=-0.08,
    )


async def test_a_subject_comes_newest_first(store: Store, user: User, stranger: User) -> None:
    rows = [_performance(user, minutes) for minutes in (2, 1, 3)]
    for row in (*rows, _performance(user, 4, "math"), _performance(stranger, 5)):
        await store.add_user_performance(row)
    assert await store.user_performance(user.id, "coding", limit=2) == [rows[2], rows[0]]
    assert await store.user_performance(user.id, "history", limit=2) == []


async def test_fields_may_be_empty(store: Store, user: User) -> None:
    bare = replace(_performance(user, 0), mastery_topics=(), struggling_topics=(), improvement_rate=None)
    await store.add_user_performance(bare)
    assert await store.user_performance(user.id, "coding", limit=1) == [bare]


async def test_an_unknown_learner_and_values_out_of_range_are_refused(store: Store, user: User) -> None:
    with pytest.raises(NotFound):
        await store.add_user_performance(_performance(make_user(), 0))
    with pytest.raises(InvalidInput):
        await store.add_user_performance(replace(_performance(user, 0), ability_level=1.01))
