from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.records import make_device, make_refresh_token, make_user

from masterx.accounts.identities import MAX_KEPT, RECHECK_SECONDS, Identities
from masterx.accounts.tokens import LEEWAY_SECONDS, encode_access_token
from masterx.errors import DatabaseUnavailable, Unauthenticated
from masterx.records.users import Device, Role, User
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store

KEY = b"a signing key of 32 characters or more"


@pytest.fixture
async def store(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Store]:
    opened = await open_store(StoreSettings(_env_file=None, data_dir=tmp_path), clock)
    yield opened
    await opened.close()


@pytest.fixture
async def ada(store: Store) -> User:
    user = make_user()
    await store.add_user(user)
    return user


@pytest.fixture
async def device(store: Store, ada: User) -> Device:
    return await sign_in(store, ada)


@pytest.fixture
def identities(store: Store, clock: FrozenClock) -> Identities:
    return Identities(KEY, store, clock)


async def sign_in(store: Store, user: User) -> Device:
    device = make_device(user)
    assert await store.add_device(device, make_refresh_token(device), password_hash=user.password_hash)
    return device


def token_of(device: Device, *, user_id: str | None = None, lifetime_seconds: int = 900) -> str:
    return encode_access_token(
        user_id or device.user_id, device.id, token_id="1", now=START, lifetime_seconds=lifetime_seconds, key=KEY
    )


async def refused(identities: Identities, token: str) -> bool:
    try:
        await identities.identify(token)
    except Unauthenticated:
        return True
    return False


async def test_a_token_stands_for_its_person_and_device(identities: Identities, device: Device) -> None:
    identity = await identities.identify(token_of(device))
    assert (identity.user_id, identity.device_id, identity.role) == (device.user_id, device.id, Role.LEARNER)


async def test_an_answer_ends_with_its_token(identities: Identities, device: Device, clock: FrozenClock) -> None:
    token = token_of(device)
    await identities.identify(token)
    clock.advance(900 + LEEWAY_SECONDS - 1)
    assert not await refused(identities, token)
    clock.advance(1)
    assert await refused(identities, token)


async def test_a_token_like_a_known_one_is_refused(identities: Identities, device: Device) -> None:
    token = token_of(device)
    await identities.identify(token)
    for forged in (token[:-1], token + "=", token.swapcase(), token[:-1] + "\ud800", ""):
        assert await refused(identities, forged)


async def test_more_tokens_than_are_kept_are_all_answered(identities: Identities, device: Device) -> None:
    tokens = [token_of(device, lifetime_seconds=900 + number) for number in range(MAX_KEPT + 10)]
    for _ in range(2):
        for token in tokens:
            assert (await identities.identify(token)).user_id == device.user_id


async def test_a_device_that_was_removed_is_out_within_seconds(
    identities: Identities, store: Store, device: Device, clock: FrozenClock
) -> None:
    token = token_of(device)
    await identities.identify(token)
    await store.remove_device(device.id, device.user_id)
    clock.advance(RECHECK_SECONDS - 0.1)
    assert not await refused(identities, token)
    clock.advance(0.1)
    assert await refused(identities, token)


async def test_a_device_that_was_removed_here_is_out_at_once(
    identities: Identities, store: Store, device: Device
) -> None:
    token = token_of(device)
    await identities.identify(token)
    await store.remove_device(device.id, device.user_id)
    identities.forget(device.user_id)
    assert await refused(identities, token)


async def test_an_answer_from_before_a_change_is_not_kept(identities: Identities, store: Store, device: Device) -> None:
    token = token_of(device)
    asking = asyncio.create_task(identities.identify(token))
    await asyncio.sleep(0)  # It has asked the store and waits.
    identities.forget(device.user_id)
    await asking
    await store.remove_device(device.id, device.user_id)
    assert await refused(identities, token)


async def test_a_role_is_what_the_store_says(
    identities: Identities, store: Store, ada: User, device: Device, clock: FrozenClock
) -> None:
    token = token_of(device)
    assert (await identities.identify(token)).role is Role.LEARNER
    await store.update_user(replace(ada, role=Role.ADMIN))
    clock.advance(RECHECK_SECONDS)
    assert (await identities.identify(token)).role is Role.ADMIN


async def test_a_device_of_somebody_else_is_refused(identities: Identities, device: Device) -> None:
    assert await refused(identities, token_of(device, user_id="somebody else"))


async def test_a_store_that_cannot_be_asked_lets_nobody_in(
    identities: Identities, store: Store, device: Device, clock: FrozenClock
) -> None:
    token = token_of(device)
    await identities.identify(token)
    await store.close()
    await identities.identify(token)
    clock.advance(RECHECK_SECONDS)
    with pytest.raises(DatabaseUnavailable):
        await identities.identify(token)
