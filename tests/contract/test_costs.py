from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_call, make_session, make_turn, make_user

from masterx.clock import new_id
from masterx.errors import Conflict
from masterx.records.costs import CallOutcome, CallPurpose, CostEvent, CostTracking, Pricing
from masterx.records.money import NanoDollars
from masterx.records.users import User
from masterx.store.ports import Store

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)

Sums = dict[tuple[object, ...], tuple[int, int, int, dict[str, int]]]
"""By day, provider and learner: requests, tokens, cost, and cost by category."""


@st.composite
def calls(draw: st.DrawFn) -> CostEvent:
    pricing = draw(st.sampled_from(Pricing))
    moment = FIRST_DAY + draw(st.timedeltas(timedelta(0), 3 * DAY))
    return CostEvent(
        id=new_id(moment),
        timestamp=moment,
        provider=draw(st.sampled_from(["openai", "groq", 'o"dd\\.$[0]', "مزود"])),
        model="m",
        purpose=draw(st.sampled_from(CallPurpose)),
        outcome=draw(st.sampled_from(CallOutcome)),
        pricing=pricing,
        cost=NanoDollars(draw(st.integers(0, 2**53 + 2**40)) if pricing is Pricing.PRICED else 0),
        category=draw(st.sampled_from(["general", "coding", 'a"b', "x.y", "$", "日本語", ""])),
        user_id=draw(st.sampled_from([None, "ada", "bob", ""])),
        input_tokens=draw(st.integers(0, 2**40)),
        output_tokens=draw(st.integers(0, 2**40)),
    )


def _sums(ledger: list[CostEvent]) -> Sums:
    groups: dict[tuple[object, ...], list[CostEvent]] = defaultdict(list)
    for call in ledger:
        day = (call.timestamp.date(), call.provider)
        groups[*day, None].append(call)
        if call.user_id is not None:
            groups[*day, call.user_id].append(call)
    result: Sums = {}
    for key, group in groups.items():
        breakdown: dict[str, int] = defaultdict(int)
        for call in group:
            breakdown[call.category] += call.cost
        result[key] = (
            len(group),
            sum(call.total_tokens for call in group),
            sum(call.cost for call in group),
            dict(breakdown),
        )
    return result


def _by_key(days: list[CostTracking]) -> Sums:
    return {
        (day.date, day.provider, day.user_id): (
            day.total_requests,
            day.total_tokens,
            day.total_cost,
            dict(day.category_breakdown),
        )
        for day in days
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(batches=st.lists(st.lists(calls(), max_size=5), max_size=6))
async def test_daily_sums_equal_the_ledger_to_the_nano_dollar(store: Store, batches: list[list[CostEvent]]) -> None:
    for name in ("ada", "bob", ""):
        if await store.user(name) is None:
            await store.add_user(make_user(id=name))
    await asyncio.gather(*(store.record_calls(batch) for batch in batches))
    # The store is the same for every example: the whole ledger is compared each time.
    span = (FIRST_DAY, FIRST_DAY + 4 * DAY)
    ledger = list(await store.cost_events(*span))
    assert {call for batch in batches for call in batch} <= set(ledger)
    days = list(await store.cost_tracking(span[0].date(), span[1].date()))
    assert _by_key(days) == _sums(ledger)
    assert len({day.id for day in days}) == len(days)


async def test_turns_and_lone_calls_go_to_the_same_sums(store: Store, user: User) -> None:
    turn = make_turn(make_session(user), opens_session=True)
    failed = make_call(outcome=CallOutcome.FAILED, cost=NanoDollars(0), user_id=user.id, error_code="provider_timeout")
    await asyncio.gather(store.record_turn(turn), store.record_calls([failed]))
    system, learner = await store.cost_tracking(START.date(), START.date())
    assert (system.user_id, learner.user_id) == (None, user.id)
    assert (system.total_requests, system.total_tokens, system.total_cost) == (2, 240, 750_000)
    assert system.avg_cost_per_request == 375_000
    assert replace(learner, id=system.id, user_id=None) == system


async def test_many_at_once_lose_nothing(store: Store, user: User, crowd: int) -> None:
    await asyncio.gather(*(store.record_calls([make_call(user_id=user.id), make_call()]) for _ in range(crowd)))
    system, learner = await store.cost_tracking(START.date(), START.date())
    assert (system.total_requests, system.total_cost) == (2 * crowd, 2 * crowd * 750_000)
    assert (learner.total_requests, learner.total_cost) == (crowd, crowd * 750_000)


async def test_days_are_utc_days(store: Store) -> None:
    late = datetime(2026, 3, 14, 23, 30, tzinfo=timezone(-3 * HOUR))
    await store.record_calls([make_call(at=late)])
    (day,) = await store.cost_tracking(START.date(), START.date() + DAY)
    assert day.date.isoformat() == "2026-03-15"
    (event,) = await store.cost_events(late, late + MINUTE)
    assert event.timestamp == late
    assert event.timestamp.utcoffset() == timedelta(0)


async def test_events_come_by_time_within_a_span_and_for_a_learner(store: Store, user: User, stranger: User) -> None:
    events = [
        make_call(at=START + minutes * MINUTE, user_id=owner)
        for minutes, owner in ((3, user.id), (1, user.id), (2, stranger.id), (0, None))
    ]
    await store.record_calls(events)
    third, second, foreign, first = events
    assert await store.cost_events(START, START + 9 * MINUTE) == [first, second, foreign, third]
    assert await store.cost_events(START + MINUTE, START + 3 * MINUTE) == [second, foreign]
    assert await store.cost_events(START, START + 9 * MINUTE, user_id=user.id) == [second, third]


async def test_days_come_by_date_provider_and_learner_with_the_system_first(store: Store) -> None:
    for name in "ab":
        await store.add_user(make_user(id=name))
    for at, provider, owner in (
        (START + DAY, "groq", "b"),
        (START, "openai", "b"),
        (START, "openai", "a"),
        (START, "groq", None),
    ):
        await store.record_calls([make_call(at=at, provider=provider, user_id=owner)])
    days = await store.cost_tracking(START.date(), START.date() + DAY)
    assert [(day.date.day, day.provider, day.user_id) for day in days] == [
        (14, "groq", None),
        (14, "openai", None),
        (14, "openai", "a"),
        (14, "openai", "b"),
        (15, "groq", None),
        (15, "groq", "b"),
    ]
    assert len(await store.cost_tracking(START.date(), START.date())) == 4


async def test_the_same_calls_twice_are_charged_once(store: Store) -> None:
    batch = [make_call(), make_call()]
    await store.record_calls(batch)
    with pytest.raises(Conflict):
        await store.record_calls([make_call(), *batch])
    (day,) = await store.cost_tracking(START.date(), START.date())
    assert day.total_requests == 2


async def test_no_calls_are_fine(store: Store) -> None:
    await store.record_calls([])
    assert await store.cost_tracking(START.date(), START.date()) == []


async def test_the_ledger_comes_whole_a_part_at_a_time(store: Store) -> None:
    events = [make_call(at=START + number % 7 * MINUTE) for number in range(2_500)]
    await store.record_calls([*events, make_call(at=START + 7 * MINUTE), make_call(at=START - MINUTE)])
    parts = [part async for part in store.ledger(START, START + 7 * MINUTE)]
    assert [event for part in parts for event in part] == sorted(events, key=lambda event: (event.timestamp, event.id))
    assert max(len(part) for part in parts) <= 1_000
    assert [part async for part in store.ledger(START + DAY, START + 2 * DAY)] == []
