"""What the processes of one installation tell each other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from tests.fakes.clock import START
from tests.fakes.records import MINUTE

from masterx.clock import new_id
from masterx.records.health import BreakerState, KeptBreaker
from masterx.records.operations import Instance, InstanceState, JobRun, RecentError
from masterx.store.operations_ports import KEPT_ERRORS
from masterx.store.ports import Store


def make_breaker(revision: int = 1, state: BreakerState = BreakerState.OPEN) -> KeptBreaker:
    return KeptBreaker(
        provider="openai",
        revision=revision,
        state=state,
        reason="provider_timeout",
        openings=1,
        holds_seconds=30,
        changed_at=START,
    )


def make_instance(at: datetime = START) -> Instance:
    return Instance(
        id=new_id(at),
        host="app-1",
        process_id=4711,
        version="1.2.3",
        started_at=at,
        last_seen=at,
        state=InstanceState.SERVING,
        leads=False,
    )


def make_error(at: datetime = START) -> RecentError:
    return RecentError(
        id=new_id(at),
        timestamp=at,
        request_id=new_id(at),
        type="NoProviderAvailable",
        code="no_provider_available",
        path="/api/v1/chat",
        instance_id=new_id(START),
    )


async def test_a_breaker_moves_by_one_revision_and_comes_back_as_it_was(store: Store) -> None:
    assert await store.breakers() == []
    assert not await store.move_breaker(make_breaker(2))
    assert await store.breakers() == []

    opened = make_breaker(1)
    assert await store.move_breaker(opened)
    assert await store.breakers() == [opened]

    closed = replace(make_breaker(2, BreakerState.CLOSED), reason=None, holds_seconds=299.5)
    assert await store.move_breaker(closed)
    for late in (opened, closed, make_breaker(4)):
        assert not await store.move_breaker(late)
    assert await store.breakers() == [closed]


async def test_of_many_who_move_a_breaker_at_once_one_does(store: Store) -> None:
    for revision in (1, 2):
        moved = await asyncio.gather(*(store.move_breaker(make_breaker(revision)) for _ in range(20)))
        assert moved.count(True) == 1


async def test_breakers_of_several_providers_move_apart(store: Store) -> None:
    one, other = make_breaker(), replace(make_breaker(), provider="groq")
    assert await store.move_breaker(one)
    assert await store.move_breaker(other)
    assert await store.breakers() == [other, one]


async def test_an_instance_says_how_it_is_until_it_leaves(store: Store) -> None:
    first, second = make_instance(), make_instance(START + MINUTE)
    await store.note_instance(second)
    await store.note_instance(first)
    assert await store.instances() == [first, second]

    jobs = (
        JobRun(name="alerts", last_run=START, last_error="database_unavailable"),
        JobRun(name="prune", last_run=None, last_error=None),
    )
    later = replace(second, last_seen=START + 2 * MINUTE, state=InstanceState.DRAINING, leads=True, jobs=jobs)
    await store.note_instance(later)
    assert await store.instances() == [first, later]

    await store.remove_instance(first.id)
    await store.remove_instance(first.id)
    assert await store.instances() == [later]


async def test_instances_that_died_are_forgotten(store: Store) -> None:
    dead, living = make_instance(), replace(make_instance(), last_seen=START + MINUTE)
    for instance in (dead, living):
        await store.note_instance(instance)
    await store.forget_instances(START + MINUTE)
    assert await store.instances() == [living]


async def test_recent_errors_come_newest_first_and_are_counted(store: Store) -> None:
    errors = [make_error(START + timedelta(seconds=second)) for second in range(5)]
    await store.add_recent_errors(errors[:2])
    await store.add_recent_errors(errors[1:])
    assert await store.recent_errors(limit=10) == errors[::-1]
    assert await store.recent_errors(limit=2) == errors[:2:-1]
    assert await store.count_recent_errors(START + timedelta(seconds=3)) == 2


async def test_recent_errors_are_bounded(store: Store) -> None:
    errors = [make_error(START + timedelta(seconds=second)) for second in range(KEPT_ERRORS + 5)]
    for start in range(0, len(errors), 200):
        await store.add_recent_errors(errors[start : start + 200])
    assert await store.recent_errors(limit=2 * KEPT_ERRORS) == errors[: -KEPT_ERRORS - 1 : -1]
