from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_call

from masterx.clock import new_id
from masterx.records.costs import CallOutcome
from masterx.records.operations import Alert, AlertKind, Delivery
from masterx.store.ports import Store

HOUR = AlertKind.COST_HOUR


def make_alert(period: str = "15", *, subject: str = "", at: datetime = START) -> Alert:
    return Alert(
        id=new_id(at),
        kind=HOUR,
        subject=subject,
        period=period,
        value=12.5,
        threshold=10,
        raised_at=at,
        delivery=Delivery.PENDING,
        next_try_at=at,
    )


async def test_a_lease_has_one_holder_at_a_time(store: Store) -> None:
    until = START + MINUTE

    assert await store.take_lease("jobs", "one", until, START)
    assert not await store.take_lease("jobs", "other", until, START)
    assert await store.take_lease("jobs", "one", until + MINUTE, START)
    assert await store.take_lease("another", "other", until, START)


async def test_a_lease_that_lapsed_or_was_released_can_be_taken(store: Store) -> None:
    await store.take_lease("jobs", "one", START + MINUTE, START)
    assert await store.take_lease("jobs", "other", START + 2 * MINUTE, START + MINUTE)

    await store.release_lease("jobs", "one")
    assert not await store.take_lease("jobs", "one", START + 2 * MINUTE, START + MINUTE)
    await store.release_lease("jobs", "other")
    assert await store.take_lease("jobs", "one", START + 2 * MINUTE, START + MINUTE)


async def test_an_alert_is_raised_once_a_period_and_never_twice_at_once(store: Store) -> None:
    assert await store.raise_alert(make_alert())
    assert not await store.raise_alert(make_alert())
    assert not await store.raise_alert(make_alert("16"))
    assert await store.raise_alert(make_alert(subject="openai"))

    await store.resolve_alert(HOUR, "", START + MINUTE)
    assert not await store.raise_alert(make_alert())
    assert await store.raise_alert(make_alert("16"))


async def test_what_is_resolved_is_news_again(store: Store) -> None:
    alert = make_alert()
    await store.raise_alert(alert)
    sent = replace(alert, delivery=Delivery.SENT, tries=1, next_try_at=None)
    await store.note_delivery(sent)
    assert await store.due_alerts(START, limit=5) == []
    assert await store.open_alerts() == [sent]

    over = await store.resolve_alert(HOUR, "", START + MINUTE)
    assert over == replace(
        sent, resolved_at=START + MINUTE, delivery=Delivery.PENDING, tries=0, next_try_at=START + MINUTE
    )
    assert await store.due_alerts(START + MINUTE, limit=5) == [over]
    assert await store.open_alerts() == []
    assert await store.resolve_alert(HOUR, "", START + MINUTE) is None


async def test_a_late_word_on_a_delivery_does_not_hide_the_recovery(store: Store) -> None:
    alert = make_alert()
    await store.raise_alert(alert)
    over = await store.resolve_alert(HOUR, "", START + MINUTE)
    await store.note_delivery(replace(alert, delivery=Delivery.SENT, tries=1, next_try_at=None))

    assert await store.due_alerts(START + MINUTE, limit=5) == [over]


async def test_nobody_is_told_where_nobody_was_to_be_told(store: Store) -> None:
    await store.raise_alert(replace(make_alert(), delivery=Delivery.NONE, next_try_at=None))
    over = await store.resolve_alert(HOUR, "", START + MINUTE)

    assert over is not None
    assert over.delivery is Delivery.NONE
    assert await store.due_alerts(START + MINUTE, limit=5) == []


async def test_alerts_come_newest_first_and_old_ones_are_forgotten_once_they_are_over(store: Store) -> None:
    first, second, third = (make_alert(str(place), subject=str(place), at=START + place * MINUTE) for place in range(3))
    for alert in (second, third, first):
        await store.raise_alert(alert)
    await store.resolve_alert(HOUR, "0", START)

    assert [alert.id for alert in await store.alerts(limit=2)] == [third.id, second.id]
    await store.forget_operations(START + 2 * MINUTE)
    assert {alert.id for alert in await store.alerts(limit=9)} == {second.id, third.id}


async def test_traffic_is_what_the_ledger_says(store: Store) -> None:
    calls = [
        make_call(provider="a", duration_ms=10 * place, timestamp=START + place * MINUTE, cost=5)
        for place in range(1, 21)
    ]
    calls += [
        make_call(provider="a", outcome=CallOutcome.FAILED, duration_ms=9_000, timestamp=START + 30 * MINUTE, cost=0),
        make_call(provider="a", outcome=CallOutcome.ABORTED, duration_ms=9_000, timestamp=START + 31 * MINUTE, cost=7),
        make_call(provider="b", outcome=CallOutcome.FAILED, timestamp=START + 2 * MINUTE, cost=0),
        make_call(provider="b", timestamp=START - MINUTE, cost=1_000),
    ]
    await store.record_calls(calls)

    a, b = sorted(await store.provider_traffic(START), key=lambda traffic: traffic.provider)
    assert (a.requests, a.errors, a.successes, a.avg_ms, a.p95_ms) == (22, 1, 20, 105, 190)
    assert (a.last_success, a.last_failure) == (START + 20 * MINUTE, START + 30 * MINUTE)
    assert (b.requests, b.errors, b.successes, b.avg_ms, b.p95_ms, b.last_success) == (1, 1, 0, None, None, None)
    assert await store.spent_since(START) == 107
