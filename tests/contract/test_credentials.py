from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_one_time_link, make_refresh_token, make_user

from masterx.errors import NotFound
from masterx.records.users import User
from masterx.store.ports import Store


async def test_a_refresh_token_is_found_by_its_hash(store: Store, user: User) -> None:
    token = make_refresh_token(user)
    await store.add_refresh_token(token)
    assert await store.refresh_token(token.token_hash) == token
    assert await store.refresh_token("another hash") is None


async def test_rotation_marks_the_old_one_and_adds_the_next(store: Store, user: User) -> None:
    token = make_refresh_token(user)
    successor = make_refresh_token(user, family_id=token.family_id)
    await store.add_refresh_token(token)
    assert await store.rotate_refresh_token(token, successor, START + MINUTE)
    used = await store.refresh_token(token.token_hash)
    assert used is not None
    assert used.used_at == START + MINUTE
    assert await store.refresh_token(successor.token_hash) == successor


async def test_of_many_rotations_of_one_token_one_wins(store: Store, user: User) -> None:
    token = make_refresh_token(user)
    await store.add_refresh_token(token)
    successors = [make_refresh_token(user, family_id=token.family_id) for _ in range(100)]
    won = await asyncio.gather(*(store.rotate_refresh_token(token, successor, START) for successor in successors))
    assert won.count(True) == 1
    stored = [await store.refresh_token(successor.token_hash) for successor in successors]
    assert [successor is not None for successor in stored] == won


async def test_revoking_a_family_ends_all_of_it_and_nothing_else(store: Store, user: User) -> None:
    phone, laptop = make_refresh_token(user), make_refresh_token(user)
    await store.add_refresh_token(phone)
    await store.add_refresh_token(laptop)
    await store.revoke_family(phone.family_id, START + MINUTE)
    revoked = await store.refresh_token(phone.token_hash)
    assert revoked is not None
    assert revoked.revoked_at == START + MINUTE
    successor = make_refresh_token(user, family_id=phone.family_id)
    assert not await store.rotate_refresh_token(phone, successor, START + MINUTE)
    assert await store.refresh_token(successor.token_hash) is None
    assert await store.refresh_token(laptop.token_hash) == laptop


async def test_revoking_twice_keeps_the_first_time(store: Store, user: User) -> None:
    token = make_refresh_token(user)
    await store.add_refresh_token(token)
    await store.revoke_family(token.family_id, START)
    await store.revoke_family(token.family_id, START + MINUTE)
    revoked = await store.refresh_token(token.token_hash)
    assert revoked is not None
    assert revoked.revoked_at == START


async def test_expired_tokens_are_forgotten_when_a_learner_gets_another(store: Store, user: User) -> None:
    token = make_refresh_token(user, expires_at=START + MINUTE)
    await store.add_refresh_token(token)
    await store.add_refresh_token(make_refresh_token(user, at=START + 2 * MINUTE))
    assert await store.refresh_token(token.token_hash) is None


async def test_a_token_needs_its_user(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.add_refresh_token(make_refresh_token(make_user()))
    with pytest.raises(NotFound):
        await store.add_one_time_link(make_one_time_link(make_user()))


async def test_a_link_is_redeemed_once(store: Store, user: User) -> None:
    link = make_one_time_link(user, loopback_only=False)
    await store.add_one_time_link(link)
    results = await asyncio.gather(*(store.redeem_one_time_link(link.secret_hash, START) for _ in range(100)))
    assert [result for result in results if result is not None] == [link]


async def test_an_unknown_or_expired_link_is_not_redeemed(store: Store, user: User) -> None:
    link = make_one_time_link(user)
    await store.add_one_time_link(link)
    assert await store.redeem_one_time_link("another", START) is None
    assert await store.redeem_one_time_link(link.secret_hash, link.expires_at) is None
    just_in_time = link.expires_at - timedelta(microseconds=1)
    assert await store.redeem_one_time_link(link.secret_hash, just_in_time) == link
