from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.fakes.clock import START
from tests.fakes.records import (
    MINUTE,
    make_call,
    make_device,
    make_one_time_link,
    make_refresh_token,
    make_session,
    make_turn,
    make_user,
)

from masterx.errors import Conflict, InvalidInput, NotFound
from masterx.records.administration import PeopleQuery, PeopleSort, Person
from masterx.records.money import NanoDollars
from masterx.records.users import LinkPurpose, Role, SubscriptionTier, User
from masterx.store.ports import Store

NOW = START + MINUTE
EVERYBODY = PeopleQuery(month=START.date())


@pytest.fixture
async def people(store: Store) -> Sequence[User]:
    """Three, oldest first; the first one has the last lesson, the second one is the dearest."""
    found = [
        make_user(id="1", name="Émilie", email="emilie@example.org", role=Role.ADMIN),
        make_user(id="2", name="ada", email="Ada@example.org", at=NOW, subscription_tier=SubscriptionTier.PRO),
        make_user(id="3", name="Bob", email="zed@example.com", at=NOW + MINUTE),
    ]
    for user in found:
        await store.add_user(user)
    await store.record_turn(make_turn(make_session(found[0]), opens_session=True))
    await store.record_calls(
        [make_call(user_id="2", cost=NanoDollars(900_000)), make_call(user_id="3", at=START.replace(month=2))]
    )
    return found


def names(people: Sequence[Person]) -> list[str]:
    return [person.user.id for person in people]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (PeopleSort.NEWEST, ["3", "2", "1"]),
        (PeopleSort.OLDEST, ["1", "2", "3"]),
        (PeopleSort.NAME, ["2", "3", "1"]),
        (PeopleSort.EMAIL, ["2", "1", "3"]),
        (PeopleSort.LAST_ACTIVE, ["1", "3", "2"]),
        (PeopleSort.SPEND, ["2", "1", "3"]),
    ],
)
async def test_each_order_goes_on_where_a_page_ended(
    store: Store, people: Sequence[User], sort: PeopleSort, expected: list[str]
) -> None:
    query = replace(EVERYBODY, sort=sort)
    assert names((await store.people(query)).people) == expected
    found, cursor = list[str](), None
    for _ in expected:
        page = await store.people(replace(query, limit=1, cursor=cursor))
        assert page.total == 3
        found += names(page.people)
        cursor = page.next_cursor
    assert (found, cursor) == (expected, None)


async def test_what_each_spent_this_month(store: Store, people: Sequence[User]) -> None:
    page = await store.people(EVERYBODY)
    assert {person.user.id: person.spent_this_month for person in page.people} == {"1": 750_000, "2": 900_000, "3": 0}
    before = await store.people(replace(EVERYBODY, month=START.replace(month=2).date()))
    assert {person.user.id: person.spent_this_month for person in before.people} == {"1": 0, "2": 0, "3": 750_000}
    assert next(person.user for person in page.people if person.user.id == "1").total_sessions == 1


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("ADA", ["2"]),
        ("émILIE", ["1"]),
        ("example.org", ["2", "1"]),
        (" bob ", ["3"]),
        ("%", []),
        ("_", []),
        ("", ["3", "2", "1"]),
    ],
)
async def test_search_is_by_part_of_name_or_address(
    store: Store, people: Sequence[User], search: str, expected: list[str]
) -> None:
    page = await store.people(replace(EVERYBODY, search=search))
    assert (names(page.people), page.total) == (expected, len(expected))


async def test_filters_hold_together(store: Store, people: Sequence[User]) -> None:
    await store.change_standing("3", NOW, disabled=True)
    for changes, expected in (
        ({"role": Role.ADMIN}, ["1"]),
        ({"tier": SubscriptionTier.PRO}, ["2"]),
        ({"disabled": True}, ["3"]),
        ({"disabled": False}, ["2", "1"]),
        ({"role": Role.LEARNER, "disabled": False, "search": "a"}, ["2"]),
        ({"role": Role.ADMIN, "tier": SubscriptionTier.PRO}, []),
    ):
        assert names((await store.people(replace(EVERYBODY, **changes))).people) == expected


async def test_a_cursor_of_another_order_or_of_nobody_is_refused(store: Store, people: Sequence[User]) -> None:
    page = await store.people(replace(EVERYBODY, limit=1))
    with pytest.raises(InvalidInput):
        await store.people(replace(EVERYBODY, sort=PeopleSort.NAME, cursor=page.next_cursor))
    with pytest.raises(InvalidInput):
        await store.people(replace(EVERYBODY, cursor="made up"))
    await store.erase_user("3")
    with pytest.raises(InvalidInput):
        await store.people(replace(EVERYBODY, cursor=page.next_cursor))


async def test_standing_changes_what_is_given(store: Store, user: User) -> None:
    changed = await store.change_standing(user.id, NOW, tier=SubscriptionTier.PREMIUM)
    assert changed == replace(user, subscription_tier=SubscriptionTier.PREMIUM)
    changed = await store.change_standing(user.id, NOW, role=Role.ADMIN, disabled=True)
    assert (changed.role, changed.disabled_at, changed.subscription_tier) == (Role.ADMIN, NOW, SubscriptionTier.PREMIUM)
    again = await store.change_standing(user.id, NOW + MINUTE, disabled=True)
    assert again.disabled_at == NOW
    assert (await store.change_standing(user.id, NOW, disabled=False)).disabled_at is None
    assert await store.change_standing(user.id, NOW) == await store.user(user.id)
    with pytest.raises(NotFound):
        await store.change_standing("nobody", NOW, disabled=True)


async def test_whoever_is_disabled_has_no_way_in(store: Store, user: User) -> None:
    device = make_device(user)
    token = make_refresh_token(device)
    assert await store.add_device(device, token, password_hash=None)
    link = make_one_time_link(user)
    await store.add_one_time_link(link)

    await store.change_standing(user.id, NOW, disabled=True)

    assert await store.device_user(device.id) is None
    assert await store.refresh_token(token.token_hash) is None
    assert await store.one_time_link(link.secret_hash, LinkPurpose.SIGN_IN, START) is None
    another = make_device(user)
    assert not await store.add_device(another, make_refresh_token(another), password_hash=None)
    await store.change_standing(user.id, NOW, disabled=False)
    assert await store.add_device(another, make_refresh_token(another), password_hash=None)


async def test_an_administrator_who_may_come_in_is_always_left(store: Store) -> None:
    first, second = make_user(role=Role.ADMIN), make_user(role=Role.ADMIN)
    for admin in (first, second):
        await store.add_user(admin)
    results = await asyncio.gather(
        *(store.change_standing(admin.id, NOW, disabled=True) for admin in (first, second)), return_exceptions=True
    )
    (refused,) = (result for result in results if isinstance(result, Exception))
    assert isinstance(refused, Conflict)
    page = await store.people(replace(EVERYBODY, disabled=False))
    (left,) = (person.user for person in page.people)
    with pytest.raises(Conflict):
        await store.change_standing(left.id, NOW, role=Role.LEARNER)
    with pytest.raises(Conflict):
        await store.erase_user(left.id)
    assert (await store.change_standing(left.id, NOW, tier=SubscriptionTier.PRO)).role is Role.ADMIN
    (gone,) = (admin for admin in (first, second) if admin.id != left.id)
    await store.change_standing(gone.id, NOW, role=Role.LEARNER)


async def test_last_active_sorts_by_time(store: Store, people: Sequence[User]) -> None:
    later = make_session(people[2], at=START + timedelta(hours=1))
    await store.record_turn(make_turn(later, opens_session=True, at=START + timedelta(hours=1)))
    page = await store.people(replace(EVERYBODY, sort=PeopleSort.LAST_ACTIVE))
    assert names(page.people) == ["3", "1", "2"]
