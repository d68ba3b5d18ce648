from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.clock import START
from tests.fakes.records import make_call, make_user

from masterx.clock import new_id
from masterx.records.audits import BooksCheck
from masterx.records.costs import (
    CallOutcome,
    CallPurpose,
    CostBreakdown,
    CostEvent,
    CostGrouping,
    CostSpan,
    CostStep,
    CostSum,
    Pricing,
)
from masterx.records.money import NanoDollars
from masterx.records.users import User
from masterx.store.ports import Store

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST = datetime(2025, 12, 30, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(0), 70 * DAY).map(lambda after: FIRST + after)
"""Over three months and a new year."""

NAMES: dict[CostGrouping | None, Callable[[CostEvent], str | None]] = {
    None: lambda _: None,
    CostGrouping.PROVIDER: lambda call: call.provider,
    CostGrouping.MODEL: lambda call: f"{call.provider} {call.model}",
    CostGrouping.CATEGORY: lambda call: call.category,
    CostGrouping.USER: lambda call: call.user_id,
}


@st.composite
def calls(draw: st.DrawFn) -> CostEvent:
    moment = draw(MOMENTS)
    pricing = draw(st.sampled_from(Pricing))
    return CostEvent(
        id=new_id(moment),
        timestamp=moment,
        provider=draw(st.sampled_from(["openai", "groq"])),
        model=draw(st.sampled_from(["m", "a model's name"])),
        purpose=draw(st.sampled_from(CallPurpose)),
        outcome=draw(st.sampled_from(CallOutcome)),
        pricing=pricing,
        cost=NanoDollars(draw(st.integers(0, 2**50)) if pricing is Pricing.PRICED else 0),
        category=draw(st.sampled_from(["general", "coding"])),
        user_id=draw(st.sampled_from([None, "ada", "bob"])),
        input_tokens=draw(st.integers(0, 9)),
    )


def summed(ledger: list[CostEvent], by: CostGrouping | None) -> list[CostSum]:
    groups: dict[str | None, list[CostEvent]] = defaultdict(list)
    for call in ledger:
        groups[NAMES[by](call)].append(call)
    if by is None and not groups:
        groups[None] = []
    sums = [
        CostSum(
            name=name,
            requests=len(group),
            failed=sum(call.outcome is CallOutcome.FAILED for call in group),
            tokens=sum(call.total_tokens for call in group),
            cost=NanoDollars(sum(call.cost for call in group)),
            unpriced=sum(call.pricing is Pricing.UNPRICED for call in group),
        )
        for name, group in groups.items()
    ]
    return sorted(sums, key=lambda each: (-each.cost, each.name is not None, each.name or ""))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(batch=st.lists(calls(), max_size=8), edges=st.tuples(MOMENTS, MOMENTS))
async def test_sums_of_any_span_are_those_of_its_calls(
    store: Store, batch: list[CostEvent], edges: tuple[datetime, datetime]
) -> None:
    for name in ("ada", "bob"):
        if await store.user(name) is None:
            await store.add_user(make_user(id=name))
    await store.record_calls(batch)
    since, until = sorted(edges)
    ledger = list(await store.cost_events(since, until))
    for by in NAMES:
        assert await store.cost_sums(since, until, by) == summed(ledger, by), by

    windows = [CostSpan(since, until), CostSpan(FIRST, FIRST + DAY)]
    inside = [await store.cost_events(window.since, window.until) for window in windows]
    found = await store.cost_breakdown(CostSpan(since, until), windows, top=2)
    assert found == CostBreakdown(
        total=summed(ledger, None)[0],
        by_provider=tuple(summed(ledger, CostGrouping.PROVIDER)),
        by_model=tuple(summed(ledger, CostGrouping.MODEL)),
        by_category=tuple(summed(ledger, CostGrouping.CATEGORY)),
        by_user=tuple(summed(ledger, CostGrouping.USER)[:2]),
        windows=tuple(summed(list(ledger), None)[0] for ledger in inside),
    )


async def test_only_the_dearest_where_a_limit_says_so(store: Store) -> None:
    await store.record_calls([make_call(provider=name, cost=NanoDollars(cost)) for name, cost in (("a", 1), ("b", 2))])
    (dearest,) = await store.cost_sums(START - DAY, START + DAY, CostGrouping.PROVIDER, limit=1)
    assert (dearest.name, dearest.cost) == ("b", 2)


async def test_a_series_holds_the_hours_and_days_that_a_span_touches(store: Store) -> None:
    start = START.replace(minute=0, second=0)
    failed = make_call(at=start + HOUR, outcome=CallOutcome.FAILED, pricing=Pricing.UNPRICED, cost=NanoDollars(0))
    events = [make_call(at=start), make_call(at=start + HOUR, provider="groq"), failed, make_call(at=start + DAY)]
    await store.record_calls(events)

    hours = await store.cost_series(start + timedelta(minutes=9), start + HOUR + timedelta(minutes=1), CostStep.HOUR)
    assert [(point.starts_at, point.provider) for point in hours] == [
        (start, "openai"),
        (start + HOUR, "groq"),
        (start + HOUR, "openai"),
    ]
    assert (hours[2].requests, hours[2].failed, hours[2].unpriced, hours[2].cost, hours[2].tokens) == (1, 1, 1, 0, 120)

    midnight = start.replace(hour=0)
    days = await store.cost_series(midnight, midnight + DAY, CostStep.DAY)
    assert [(point.starts_at, point.provider, point.requests) for point in days] == [
        (midnight, "groq", 1),
        (midnight, "openai", 2),
    ]
    assert len(await store.cost_series(midnight, midnight + 2 * DAY, CostStep.DAY)) == 3
    assert await store.cost_series(midnight - DAY, midnight, CostStep.DAY) == []


async def test_what_people_cost_in_a_month(store: Store, user: User, stranger: User) -> None:
    await store.record_calls([make_call(user_id=user.id), make_call(user_id=user.id, at=START + 20 * DAY)])
    costs = await store.month_costs(START.date(), [user.id, stranger.id])
    assert (costs[user.id], costs.get(stranger.id, 0)) == (750_000, 0)
    assert await store.month_costs(START.date(), []) == {}


async def test_whoever_was_erased_is_among_nobodys(store: Store, user: User, stranger: User) -> None:
    await store.record_calls([make_call(user_id=user.id), make_call(user_id=stranger.id), make_call()])
    await store.erase_user(user.id)
    nobody, other = await store.cost_sums(START - DAY, START + DAY, CostGrouping.USER)
    assert (nobody.name, nobody.requests, nobody.cost) == (None, 2, 1_500_000)
    assert (other.name, other.requests) == (stranger.id, 1)
    assert await store.month_costs(START.date(), [user.id]) == {}
    assert (await store.audit()).is_true


async def test_an_audit_says_how_far_it_is(store: Store, user: User) -> None:
    for days in (0, 1, 9):
        await store.record_calls([make_call(at=START + days * DAY, user_id=user.id)])
    told: list[float] = []
    assert (await store.audit(told.append)).is_true
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) >= 3


async def test_the_newest_check_of_the_books_is_kept(store: Store) -> None:
    assert await store.last_books_check() is None
    check = BooksCheck(checked_at=START, calls=7, cost=NanoDollars(9), mismatches=0)
    later = replace(check, checked_at=START + HOUR, mismatches=2)
    for one in (later, check, check):
        await store.note_books_check(one)
    assert await store.last_books_check() == later
    assert check.agree
    assert not later.agree
