"""Keys of programs: their form, how long what is known of them is kept, and how they end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_user

from masterx.accounts.api_keys import PREFIX, ApiKeys, is_whole, new_key
from masterx.accounts.identities import RECHECK_SECONDS
from masterx.errors import InvalidInput, NotFound, Unauthenticated
from masterx.records.api_keys import ALL_SCOPES, KeyScope
from masterx.records.users import User
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store


@pytest.fixture
async def store(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Store]:
    store = await open_store(StoreSettings(data_dir=tmp_path, database_url=None), clock)
    yield store
    await store.close()


@pytest.fixture
async def user(store: Store) -> User:
    user = make_user()
    await store.add_user(user)
    return user


@pytest.fixture
def keys(store: Store, clock: FrozenClock) -> ApiKeys:
    return ApiKeys(store, clock)


def test_every_new_key_is_whole_and_another() -> None:
    made = {new_key() for _ in range(100)}
    assert len(made) == 100
    assert all(key.startswith(PREFIX) and is_whole(key) for key in made)


@given(st.integers(min_value=0, max_value=51), st.characters(categories=["L", "N", "P", "Cs"]))
def test_a_key_with_one_character_changed_is_not_whole(place: int, character: str) -> None:
    key = new_key()
    changed = key[:place] + character + key[place + 1 :]
    assert is_whole(changed) == (changed == key)


@given(st.text())
def test_no_other_text_is_a_key(text: str) -> None:
    assert not is_whole(text)


async def test_a_key_stands_for_its_person_and_is_not_kept(keys: ApiKeys, user: User, store: Store) -> None:
    key, secret = await keys.make(user.email, name=" Notebook ", scopes=[KeyScope.AUTO, KeyScope.TUTOR])
    found = await keys.identify(secret)
    assert found.identity.user_id == user.id
    assert found.scopes == {KeyScope.TUTOR, KeyScope.AUTO}
    assert key.name == "Notebook"
    assert key.scopes == (KeyScope.TUTOR, KeyScope.AUTO)
    assert secret not in repr(await store.api_keys())


@pytest.mark.parametrize("secret", ["", "mx-", "sk-" + "a" * 49, "mx-" + "a" * 49, "\ud800", "x" * 1_000_000])
async def test_whatever_is_no_key_is_refused(keys: ApiKeys, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        await keys.identify(secret)


async def test_a_revoked_key_is_refused_at_once(keys: ApiKeys, user: User) -> None:
    key, secret = await keys.make(user.id, name="Notebook")
    await keys.identify(secret)
    await keys.revoke(key.id)
    with pytest.raises(Unauthenticated):
        await keys.identify(secret)


async def test_what_another_process_revoked_is_refused_within_seconds(
    keys: ApiKeys, user: User, store: Store, clock: FrozenClock
) -> None:
    key, secret = await keys.make(user.id, name="Notebook")
    await keys.identify(secret)
    await ApiKeys(store, clock).revoke(key.id)
    await keys.identify(secret)
    clock.advance(RECHECK_SECONDS)
    with pytest.raises(Unauthenticated):
        await keys.identify(secret)


async def test_a_change_of_an_account_is_seen_at_once(store: Store, user: User, clock: FrozenClock) -> None:
    changes = [0]
    keys = ApiKeys(store, clock, lambda: changes[0])
    _, secret = await keys.make(user.id, name="Notebook")
    await keys.identify(secret)
    await store.change_standing(user.id, clock.now(), disabled=True)
    changes[0] += 1
    with pytest.raises(Unauthenticated):
        await keys.identify(secret)


async def test_a_key_ends_at_its_time(keys: ApiKeys, user: User, clock: FrozenClock) -> None:
    _, secret = await keys.make(user.id, name="Notebook", days=1)
    clock.advance(timedelta(days=1).total_seconds() - 1)
    await keys.identify(secret)
    clock.advance(1)
    with pytest.raises(Unauthenticated):
        await keys.identify(secret)


async def test_a_use_is_noted_once_a_minute(keys: ApiKeys, user: User, store: Store, clock: FrozenClock) -> None:
    _, secret = await keys.make(user.id, name="Notebook")
    first = clock.now()
    for _ in range(3):
        await keys.identify(secret)
        clock.advance(RECHECK_SECONDS)
    assert [key.last_used_at for key in await store.api_keys()] == [first]
    clock.advance(60)
    await keys.identify(secret)
    assert [key.last_used_at for key in await store.api_keys()] == [clock.now()]


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [("", ALL_SCOPES, None), ("x", (), None), ("x", ALL_SCOPES, 0), ("\ud800", ALL_SCOPES, 1)],
)
async def test_a_key_that_makes_no_sense_is_not_made(
    keys: ApiKeys, user: User, name: str, scopes: tuple[KeyScope, ...], days: int | None
) -> None:
    with pytest.raises(InvalidInput):
        await keys.make(user.id, name=name, scopes=scopes, days=days)
    assert await keys.all() == []


@pytest.mark.parametrize("owner", ["nobody@example.org", "no id"])
async def test_a_key_for_nobody_is_not_made(keys: ApiKeys, owner: str) -> None:
    with pytest.raises(NotFound):
        await keys.make(owner, name="x")
