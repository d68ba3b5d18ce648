from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE, make_device, make_invitation, make_one_time_link, make_refresh_token, make_user

from masterx.errors import AlreadyRegistered, NotFound
from masterx.records.users import LinkPurpose, Role, User
from masterx.store.ports import Store

SIGN_IN, RESET = LinkPurpose.SIGN_IN, LinkPurpose.RESET_PASSWORD


async def test_a_link_needs_its_user(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.add_one_time_link(make_one_time_link(make_user()))


async def test_a_link_is_redeemed_once(store: Store, user: User) -> None:
    link = make_one_time_link(user, loopback_only=False)
    await store.add_one_time_link(link)
    results = await asyncio.gather(*(store.redeem_one_time_link(link.secret_hash, SIGN_IN, START) for _ in range(100)))
    assert [result for result in results if result is not None] == [link]


async def test_an_unknown_or_expired_link_is_not_redeemed(store: Store, user: User) -> None:
    link = make_one_time_link(user)
    await store.add_one_time_link(link)
    for secret_hash, purpose, moment in (
        ("another", SIGN_IN, START),
        (link.secret_hash, RESET, START),
        (link.secret_hash, SIGN_IN, link.expires_at),
    ):
        assert await store.one_time_link(secret_hash, purpose, moment) is None
        assert await store.redeem_one_time_link(secret_hash, purpose, moment) is None
    just_in_time = link.expires_at - timedelta(microseconds=1)
    assert await store.one_time_link(link.secret_hash, SIGN_IN, just_in_time) == link
    assert await store.redeem_one_time_link(link.secret_hash, SIGN_IN, just_in_time) == link


async def test_a_reset_link_changes_the_password_once(store: Store, user: User) -> None:
    device = make_device(user)
    await store.add_device(device, make_refresh_token(device), password_hash=None)
    link = make_one_time_link(user, purpose=RESET)
    await store.add_one_time_link(link)
    hashes = [f"hash {number}" for number in range(20)]
    done = await asyncio.gather(*(store.reset_password(link.secret_hash, text, START) for text in hashes))
    assert done.count(True) == 1
    changed = await store.user(user.id)
    assert changed == replace(user, password_hash=hashes[done.index(True)])
    assert await store.device_user(device.id) is None


async def test_only_a_good_reset_link_changes_a_password(store: Store, user: User) -> None:
    for link in (make_one_time_link(user), make_one_time_link(user, purpose=RESET, expires_at=START)):
        await store.add_one_time_link(link)
        assert not await store.reset_password(link.secret_hash, "hash", START)
    assert not await store.reset_password("another", "hash", START)
    assert await store.user(user.id) == user


async def test_an_invitation_leads_to_one_account(store: Store, user: User) -> None:
    invitation = make_invitation(created_by=user.id)
    await store.add_invitation(invitation)
    assert await store.invitation(invitation.secret_hash, START) == invitation
    users = [make_user() for _ in range(20)]
    joined = await asyncio.gather(*(store.add_invited_user(user, invitation.secret_hash, START) for user in users))
    assert joined.count(True) == 1
    assert [await store.user(user.id) is not None for user in users] == joined
    assert await store.invitation(invitation.secret_hash, START) is None
    assert await store.invitations(START) == [replace(invitation, used_at=START)]


async def test_an_invitation_is_for_its_role_and_time(store: Store) -> None:
    invitation = make_invitation(role=Role.ADMIN)
    await store.add_invitation(invitation)
    learner, late = make_user(), make_user(role=Role.ADMIN)
    assert not await store.add_invited_user(learner, invitation.secret_hash, START)
    assert not await store.add_invited_user(late, invitation.secret_hash, invitation.expires_at)
    assert await store.invitation(invitation.secret_hash, invitation.expires_at) is None
    assert await store.user(learner.id) is None
    assert await store.add_invited_user(late, invitation.secret_hash, START)


async def test_a_taken_address_leaves_the_invitation_good(store: Store, user: User) -> None:
    invitation = make_invitation()
    await store.add_invitation(invitation)
    with pytest.raises(AlreadyRegistered):
        await store.add_invited_user(make_user(email=user.email.upper()), invitation.secret_hash, START)
    assert await store.invitation(invitation.secret_hash, START) == invitation


async def test_invitations_are_listed_by_their_end_and_can_be_taken_back(store: Store) -> None:
    late, early = make_invitation(expires_at=START + 2 * MINUTE), make_invitation(expires_at=START + MINUTE)
    await store.add_invitation(late)
    await store.add_invitation(early)
    assert await store.invitations(START) == [early, late]
    assert await store.invitations(START + MINUTE) == [late]
    await store.remove_invitation(late.id)
    with pytest.raises(NotFound):
        await store.remove_invitation(late.id)
    assert await store.invitation(late.secret_hash, START) is None
