"""How keys of programs are kept, found by their hash, and ended."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_api_key, make_user

from masterx.errors import NotFound
from masterx.records.api_keys import ApiKey, KeyScope
from masterx.records.users import Role, User
from masterx.store.ports import Store


@pytest.fixture
async def key(store: Store, user: User) -> ApiKey:
    key = make_api_key(user)
    await store.add_api_key(key)
    return key


async def test_a_key_is_found_by_its_hash_together_with_its_person(store: Store, key: ApiKey, user: User) -> None:
    assert await store.usable_api_key(key.secret_hash, START) == (key, user)
    assert await store.usable_api_key("another hash", START) is None


async def test_keys_are_listed_newest_first_with_all_that_they_hold(store: Store, key: ApiKey, stranger: User) -> None:
    second = make_api_key(
        stranger,
        at=START + MINUTE,
        scopes=(KeyScope.AUTO,),
        expires_at=START + 5 * MINUTE,
        last_used_at=START + 2 * MINUTE,
        revoked_at=START + 3 * MINUTE,
    )
    await store.add_api_key(second)
    assert await store.api_keys() == [second, key]


async def test_a_key_for_somebody_who_is_gone_is_refused(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.add_api_key(make_api_key(make_user()))
    assert await store.api_keys() == []


async def test_a_key_ends_at_its_time(store: Store, user: User) -> None:
    key = make_api_key(user, expires_at=START + MINUTE)
    await store.add_api_key(key)
    assert await store.usable_api_key(key.secret_hash, START + MINUTE - MINUTE / 60) is not None
    assert await store.usable_api_key(key.secret_hash, START + MINUTE) is None


async def test_a_revoked_key_is_of_no_use_and_keeps_the_first_time(store: Store, key: ApiKey) -> None:
    revoked = await store.revoke_api_key(key.id, START + MINUTE)
    again = await store.revoke_api_key(key.id, START + 2 * MINUTE)
    assert revoked == again == replace(key, revoked_at=START + MINUTE)
    assert await store.usable_api_key(key.secret_hash, START) is None
    with pytest.raises(NotFound):
        await store.revoke_api_key("no such key", START)


async def test_the_key_of_a_disabled_account_is_of_no_use_until_it_is_let_in_again(
    store: Store, key: ApiKey, user: User
) -> None:
    await store.change_standing(user.id, START, disabled=True)
    assert await store.usable_api_key(key.secret_hash, START) is None
    await store.change_standing(user.id, START, disabled=False)
    assert await store.usable_api_key(key.secret_hash, START) is not None


async def test_the_newest_use_is_kept(store: Store, key: ApiKey) -> None:
    for moment in (START + 2 * MINUTE, START + MINUTE):
        await store.note_api_key_use(key.id, moment)
    await store.note_api_key_use("no such key", START)
    assert [one.last_used_at for one in await store.api_keys()] == [START + 2 * MINUTE]


async def test_keys_are_exported_without_their_hash_and_go_with_their_person(
    store: Store, key: ApiKey, user: User, stranger: User
) -> None:
    other = make_api_key(stranger)
    await store.add_api_key(other)
    await store.add_user(make_user(role=Role.ADMIN))
    page = await store.personal_rows(user.id, "api_keys", limit=10)
    assert [row["id"] for row in page.rows] == [key.id]
    assert not [name for row in page.rows for name in row if "hash" in name]
    await store.erase_user(user.id)
    assert await store.api_keys() == [other]
