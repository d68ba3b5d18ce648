from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.records import MINUTE, make_call, make_session, make_turn

from masterx.clock import TOLERATED_SKEW_SECONDS, new_id
from masterx.costs.budget import cap_at
from masterx.errors import NotFound
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, Cap, Reservation, ScopeKind
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars
from masterx.records.users import User
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store

SYSTEM = BudgetScope(ScopeKind.SYSTEM)
HOUR_START = START.replace(minute=0, second=0)
HOUR = timedelta(hours=1)
COST = 750_000
"""Of `make_call`."""


def budget(amount: int, scope: BudgetScope = SYSTEM, window: BudgetWindow = BudgetWindow.HOUR) -> Budget:
    return Budget(scope=scope, window=window, amount=NanoDollars(amount))


def cap(amount: int, scope: BudgetScope = SYSTEM, *, starts_at: datetime = HOUR_START) -> Cap:
    return Cap(budget=budget(amount, scope), starts_at=starts_at, resets_at=starts_at + HOUR)


def reservation(amount: int, *, at: datetime = START, **changes: Any) -> Reservation:
    held = Reservation(
        id=new_id(at),
        provider="openai",
        user_id=None,
        tier="free",
        amount=NanoDollars(amount),
        created_at=at,
        expires_at=at + 3 * MINUTE,
    )
    return replace(held, **changes)


async def reserved(store: Store, one: Cap, now: datetime = START) -> int:
    (spending,) = await store.spending([one], now)
    return spending.reserved


async def spent(store: Store, one: Cap) -> int:
    (spending,) = await store.spending([one], START)
    return spending.spent


async def test_budgets_are_set_listed_replaced_and_removed(store: Store, user: User) -> None:
    tier, provider = BudgetScope(ScopeKind.TIER, "free"), BudgetScope(ScopeKind.PROVIDER, "groq")
    person = BudgetScope(ScopeKind.USER, user.id)
    wanted = [
        budget(3),
        budget(2, window=BudgetWindow.DAY),
        budget(9, window=BudgetWindow.MONTH),
        budget(4, provider),
        budget(5, tier),
        budget(6, person),
    ]
    for one in (*reversed(wanted), budget(1)):
        await store.set_budget(one)
    await store.set_budget(wanted[0])
    assert await store.budgets() == wanted
    await store.remove_budget(tier, BudgetWindow.HOUR)
    assert budget(5, tier) not in await store.budgets()
    with pytest.raises(NotFound):
        await store.remove_budget(tier, BudgetWindow.HOUR)


async def test_a_user_without_an_account_gets_no_budget(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.set_budget(budget(1, BudgetScope(ScopeKind.USER, "nobody")))


async def test_what_is_spent_is_counted_for_each_scope_and_window(store: Store, user: User, stranger: User) -> None:
    calls = [
        make_call(user_id=user.id, tier="pro"),
        make_call(user_id=stranger.id, tier="free", provider="groq"),
        make_call(at=START + HOUR, user_id=user.id, tier="pro"),
        make_call(pricing=Pricing.UNPRICED, cost=NanoDollars(0), budget_charge=NanoDollars(7)),
        make_call(pricing=Pricing.FREE, cost=NanoDollars(0)),
    ]
    await store.record_calls(calls)
    for scope, expected in (
        (SYSTEM, 2 * COST + 7),
        (BudgetScope(ScopeKind.PROVIDER, "openai"), COST + 7),
        (BudgetScope(ScopeKind.PROVIDER, "groq"), COST),
        (BudgetScope(ScopeKind.TIER, "pro"), COST),
        (BudgetScope(ScopeKind.USER, user.id), COST),
        (BudgetScope(ScopeKind.USER, "nobody"), 0),
    ):
        assert await spent(store, cap(1, scope)) == expected
    midnight = START.replace(hour=0, minute=0, second=0)
    first = midnight.replace(day=1)
    day = Cap(budget=budget(1, window=BudgetWindow.DAY), starts_at=midnight, resets_at=midnight + 24 * HOUR)
    month = Cap(budget=budget(1, window=BudgetWindow.MONTH), starts_at=first, resets_at=first + 31 * 24 * HOUR)
    for longer in (day, month):
        assert await spent(store, longer) == 3 * COST + 7
    assert await spent(store, cap(1, starts_at=HOUR_START - HOUR)) == 0


async def test_turns_are_spent_too(store: Store, user: User) -> None:
    await store.record_turn(make_turn(make_session(user), opens_session=True, at=START))
    assert await spent(store, cap(1)) == COST


async def test_the_last_room_is_given_out_exactly(store: Store) -> None:
    room = cap(10)
    assert await store.reserve(reservation(7), [room]) == []
    (full,) = await store.reserve(reservation(4), [room])
    assert (full.cap, full.spent, full.reserved) == (room, 0, 7)
    assert await store.reserve(reservation(3), [room]) == []
    assert await reserved(store, room) == 10


async def test_only_the_caps_without_room_are_named_and_nothing_is_held(store: Store) -> None:
    wide, narrow, empty = (
        cap(10),
        cap(3, BudgetScope(ScopeKind.PROVIDER, "openai")),
        cap(0, BudgetScope(ScopeKind.TIER, "free")),
    )
    full = await store.reserve(reservation(4), [wide, narrow, empty])
    assert [spending.cap for spending in full] == [narrow, empty]
    assert await reserved(store, wide) == 0


async def test_what_was_spent_leaves_less_room(store: Store) -> None:
    room = cap(COST + 5)
    await store.record_calls([make_call()])
    (full,) = await store.reserve(reservation(6), [room])
    assert (full.spent, full.reserved) == (COST, 0)
    assert await store.reserve(reservation(5), [room]) == []


@pytest.mark.parametrize("count", [1, 50, 200])
async def test_of_many_at_once_no_more_get_theirs_than_fit(store: Store, count: int) -> None:
    room = cap(4 * 12 + 3)
    refusals = await asyncio.gather(*(store.reserve(reservation(4), [room]) for _ in range(count)))
    assert refusals.count([]) == min(count, 12)


async def test_reservations_count_for_their_own_scopes(store: Store, user: User, stranger: User) -> None:
    await store.reserve(reservation(4, user_id=user.id, tier="pro", provider="groq"), [])
    for scope, expected in (
        (SYSTEM, 4),
        (BudgetScope(ScopeKind.PROVIDER, "groq"), 4),
        (BudgetScope(ScopeKind.PROVIDER, "openai"), 0),
        (BudgetScope(ScopeKind.TIER, "pro"), 4),
        (BudgetScope(ScopeKind.TIER, "free"), 0),
        (BudgetScope(ScopeKind.USER, user.id), 4),
        (BudgetScope(ScopeKind.USER, stranger.id), 0),
    ):
        assert await reserved(store, cap(1, scope)) == expected


async def test_a_turn_or_its_calls_give_back_what_was_held(store: Store, user: User) -> None:
    room = cap(10 * COST)
    one, other, third = (reservation(COST) for _ in range(3))
    for held in (one, other, third):
        assert await store.reserve(held, [room]) == []
    turn = make_turn(make_session(user), opens_session=True)
    await store.record_turn(replace(turn, reservations=(one.id,)))
    (spending,) = await store.spending([room], START)
    assert (spending.spent, spending.reserved) == (COST, 2 * COST)
    await store.record_calls([make_call()], [other.id])
    await store.release([third.id, third.id, "never held"])
    (spending,) = await store.spending([room], START)
    assert (spending.spent, spending.reserved) == (2 * COST, 0)


async def test_a_reservation_takes_the_place_of_another(store: Store) -> None:
    room = cap(10)
    first = reservation(10)
    await store.reserve(first, [room])
    assert await store.reserve(reservation(8), [room], instead_of=first.id) == []
    assert await reserved(store, room) == 8


async def test_a_refused_one_gives_the_other_back_too(store: Store) -> None:
    room = cap(10)
    first = reservation(10)
    await store.reserve(first, [room])
    assert await store.reserve(reservation(11), [room], instead_of=first.id) != []
    assert await reserved(store, room) == 0


async def test_what_a_crash_left_behind_expires(store: Store) -> None:
    room = cap(10)
    orphan = reservation(10)
    await store.reserve(orphan, [room])
    assert await reserved(store, room, orphan.expires_at - timedelta(microseconds=1)) == 10
    assert await reserved(store, room, orphan.expires_at) == 0
    assert await store.reserve(reservation(10, at=orphan.expires_at), [room]) == []


async def test_each_hour_has_its_own_room(store: Store) -> None:
    this, following = cap(10), cap(10, starts_at=HOUR_START + HOUR)
    long_lease = {"expires_at": START + 9 * HOUR}
    assert await store.reserve(reservation(10, **long_lease), [this]) == []
    assert await store.reserve(reservation(10, at=following.starts_at, **long_lease), [following]) == []
    assert await reserved(store, this) == 10


@pytest.mark.parametrize("before_the_hour", [timedelta(seconds=3), timedelta(minutes=30)])
async def test_caps_hold_for_two_hosts_whose_clocks_are_five_seconds_apart(
    store_settings: StoreSettings, store: Store, before_the_hour: timedelta
) -> None:
    """Around a change of the hour one spends in the new hour, the other still in the old one; the day is the same."""
    behind = HOUR_START + HOUR - before_the_hour
    clocks = FrozenClock(behind), FrozenClock(behind + timedelta(seconds=TOLERATED_SKEW_SECONDS))
    hosts = [await open_store(store_settings, clock) for clock in clocks]
    day = budget(30 * COST, window=BudgetWindow.DAY)
    hour = budget(20 * COST)

    async def call(number: int) -> bool:
        host, now = hosts[number % 2], clocks[number % 2].now()
        held = reservation(COST, at=now)
        if await host.reserve(held, [cap_at(day, now), cap_at(hour, now)]):
            return False
        await host.record_calls([make_call(at=now)], [held.id])
        return True

    answered = sum(await asyncio.gather(*(call(number) for number in range(80))))
    answered += sum([await call(number) for number in range(40)])  # what others held for a moment is taken up
    for host in hosts:
        await host.close()
    hours = [cap_at(hour, clock.now()) for clock in clocks]
    spendings = await store.spending([cap_at(day, behind), *hours], clocks[1].now())
    assert all(spending.spent <= spending.cap.budget.amount and not spending.reserved for spending in spendings)
    assert spendings[0].spent == answered * COST
    assert answered == (30 if before_the_hour < HOUR / 2 else 20)


async def test_erasing_a_person_keeps_the_sums_and_forgets_the_name(store: Store, user: User) -> None:
    person = BudgetScope(ScopeKind.USER, user.id)
    await store.set_budget(budget(5, person))
    await store.record_calls([make_call(user_id=user.id)])
    await store.reserve(reservation(4, user_id=user.id), [])
    await store.erase_user(user.id)
    await store.reserve(reservation(3, user_id=user.id), [])
    assert await store.budgets() == []
    system, theirs = await store.spending([cap(1), cap(1, person)], START)
    assert (system.spent, system.reserved) == (COST, 7)
    assert (theirs.spent, theirs.reserved) == (0, 0)


async def test_windows_that_are_over_are_forgotten_and_the_books_still_agree(store: Store, user: User) -> None:
    calls = [make_call(at=START - age, user_id=user.id, tier="free") for age in (0 * HOUR, 50 * HOUR, 24 * 40 * HOUR)]
    await store.record_calls(calls)
    before = START - 48 * HOUR
    assert await store.forget_spending(before, limit=3) == 3
    while await store.forget_spending(before, limit=3):
        pass
    assert (await store.audit()).is_true
    assert await spent(store, cap(1)) == COST
    month = START.replace(day=1, hour=0, minute=0, second=0)
    this = Cap(budget=budget(1, window=BudgetWindow.MONTH), starts_at=month, resets_at=month + 24 * 31 * HOUR)
    assert await spent(store, this) == 2 * COST
    past = cap(1, starts_at=HOUR_START - 50 * HOUR)
    assert await spent(store, past) == 0
