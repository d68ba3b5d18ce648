from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_device, make_invitation, make_one_time_link, make_refresh_token, make_user

from masterx.errors import NotFound
from masterx.records.users import Device, RefreshToken, User
from masterx.store.account_ports import MAX_DEVICES
from masterx.store.ports import Store


async def sign_in(store: Store, user: User, **changes: Any) -> tuple[Device, RefreshToken]:
    device = make_device(user, **changes)
    token = make_refresh_token(device)
    assert await store.add_device(device, token, password_hash=user.password_hash)
    return device, token


async def test_a_sign_in_is_found_by_its_device_and_its_token(store: Store, user: User) -> None:
    device, token = await sign_in(store, user)
    assert await store.refresh_token(token.token_hash) == token
    assert await store.refresh_token("another hash") is None
    assert await store.devices(user.id, START) == [device]
    assert await store.device_user(device.id) == user
    assert await store.device_user("another") is None


async def test_nobody_signs_in_with_a_password_that_was_just_changed(store: Store, user: User) -> None:
    await store.change_password(user.id, "new hash")
    for checked in (user, make_user()):
        device = make_device(checked)
        assert not await store.add_device(device, make_refresh_token(device), password_hash=None)
        assert await store.device_user(device.id) is None


async def test_rotation_marks_the_old_one_adds_the_next_and_moves_the_device(store: Store, user: User) -> None:
    device, token = await sign_in(store, user)
    successor = make_refresh_token(device, at=START + MINUTE)
    assert await store.rotate_refresh_token(token, successor, START + MINUTE)
    used = await store.refresh_token(token.token_hash)
    assert used is not None
    assert used.used_at == START + MINUTE
    assert await store.refresh_token(successor.token_hash) == successor
    moved = replace(device, last_seen_at=START + MINUTE, expires_at=successor.expires_at)
    assert await store.devices(user.id, START) == [moved]


async def test_of_many_rotations_of_one_token_one_wins(store: Store, user: User) -> None:
    device, token = await sign_in(store, user)
    successors = [make_refresh_token(device) for _ in range(100)]
    won = await asyncio.gather(*(store.rotate_refresh_token(token, successor, START) for successor in successors))
    assert won.count(True) == 1
    stored = [await store.refresh_token(successor.token_hash) for successor in successors]
    assert [successor is not None for successor in stored] == won


async def test_removing_a_device_ends_its_tokens_and_nothing_else(store: Store, user: User) -> None:
    phone, phones_token = await sign_in(store, user)
    laptop, laptops_token = await sign_in(store, user)
    await store.remove_device(phone.id, user.id)
    assert await store.device_user(phone.id) is None
    assert await store.refresh_token(phones_token.token_hash) is None
    successor = make_refresh_token(phone)
    assert not await store.rotate_refresh_token(phones_token, successor, START + MINUTE)
    assert await store.refresh_token(successor.token_hash) is None
    assert await store.devices(user.id, START) == [laptop]
    assert await store.refresh_token(laptops_token.token_hash) == laptops_token


async def test_only_the_owner_removes_a_device(store: Store, user: User, stranger: User) -> None:
    device, _ = await sign_in(store, user)
    for device_id, user_id in ((device.id, stranger.id), ("another", user.id)):
        with pytest.raises(NotFound):
            await store.remove_device(device_id, user_id)
    assert await store.devices(stranger.id, START) == []
    assert await store.device_user(device.id) == user


async def test_all_devices_or_all_but_one_are_removed(store: Store, user: User, stranger: User) -> None:
    kept, _ = await sign_in(store, user)
    for _ in range(3):
        await sign_in(store, user)
    foreign, _ = await sign_in(store, stranger)
    await store.remove_devices(user.id, keep=kept.id)
    assert await store.devices(user.id, START) == [kept]
    await store.remove_devices(user.id)
    assert await store.devices(user.id, START) == []
    assert await store.devices(stranger.id, START) == [foreign]


async def test_beyond_the_limit_the_longest_unseen_device_goes(store: Store, user: User) -> None:
    devices = [(await sign_in(store, user, at=START + number * MINUTE))[0] for number in range(MAX_DEVICES + 2)]
    listed = await store.devices(user.id, START)
    assert [device.id for device in listed] == [device.id for device in reversed(devices[2:])]


async def test_a_device_that_is_over_is_not_listed(store: Store, user: User) -> None:
    device, _ = await sign_in(store, user, expires_at=START + MINUTE)
    assert await store.devices(user.id, START + MINUTE) == []
    assert await store.devices(user.id, START) == [device]


async def test_a_new_password_ends_other_devices_and_all_links(store: Store, user: User, stranger: User) -> None:
    kept, _ = await sign_in(store, user)
    await sign_in(store, user)
    foreign, _ = await sign_in(store, stranger)
    link = make_one_time_link(user)
    await store.add_one_time_link(link)
    await store.change_password(user.id, "new hash", keep_device=kept.id)
    changed = await store.user(user.id)
    assert changed == replace(user, password_hash="new hash")
    assert await store.devices(user.id, START) == [kept]
    assert await store.redeem_one_time_link(link.secret_hash, link.purpose, START) is None
    assert await store.devices(stranger.id, START) == [foreign]
    with pytest.raises(NotFound):
        await store.change_password("nobody", "hash")


async def test_a_hash_is_renewed_only_while_it_is_the_one_that_was_read(store: Store) -> None:
    user = make_user(password_hash="first")
    await store.add_user(user)
    device, _ = await sign_in(store, user)
    assert await store.renew_password_hash(user.id, "first", "second")
    assert not await store.renew_password_hash(user.id, "first", "third")
    assert not await store.renew_password_hash("nobody", "first", "third")
    assert await store.user(user.id) == replace(user, password_hash="second")
    assert await store.devices(user.id, START) == [device]


async def test_what_is_over_is_pruned_and_nothing_else(store: Store, user: User) -> None:
    over, over_token = await sign_in(store, user, expires_at=START + MINUTE)
    device = make_device(user)
    token = make_refresh_token(device, expires_at=START + MINUTE)
    assert await store.add_device(device, token, password_hash=None)
    for expires_at in (START + MINUTE, START + 2 * MINUTE):
        await store.add_one_time_link(make_one_time_link(user, expires_at=expires_at))
        await store.add_invitation(make_invitation(expires_at=expires_at))
    assert await store.prune_credentials(START) == 0
    assert await store.prune_credentials(START + MINUTE) == 4
    assert await store.device_user(over.id) is None
    assert await store.refresh_token(over_token.token_hash) is None
    assert await store.refresh_token(token.token_hash) is None
    assert await store.device_user(device.id) == user
    assert len(await store.invitations(START)) == 1
    assert await store.prune_credentials(START + MINUTE) == 0
