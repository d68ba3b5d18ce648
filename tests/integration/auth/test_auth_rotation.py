from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs
from tests.fakes.clock import FrozenClock

from masterx.accounts.accounts import Accounts, SignIn
from masterx.accounts.sign_ins import REUSE_GRACE, TokenPair
from masterx.errors import Unauthenticated
from masterx.settings import AccountSettings

AFTER_GRACE = REUSE_GRACE.total_seconds() + 1


async def refused(accounts: Accounts, refresh_token: str) -> bool:
    try:
        await accounts.refresh(refresh_token)
    except Unauthenticated:
        return True
    return False


async def test_each_renewal_leads_to_the_next(accounts: Accounts, ada: SignIn, clock: FrozenClock) -> None:
    tokens = ada.tokens
    seen = {tokens.refresh_token}
    for _ in range(5):
        clock.advance(AFTER_GRACE)
        tokens = await accounts.refresh(tokens.refresh_token)
        assert (await accounts.identify(tokens.access_token)).user_id == ada.user.id
        seen.add(tokens.refresh_token)
    assert len(seen) == 6


async def test_a_token_that_comes_back_signs_its_device_out(
    accounts: Accounts, ada: SignIn, clock: FrozenClock
) -> None:
    newest = await accounts.refresh(ada.tokens.refresh_token)
    clock.advance(AFTER_GRACE)

    with capture_logs() as logs:
        assert await refused(accounts, ada.tokens.refresh_token)
    assert await refused(accounts, newest.refresh_token)
    assert [(entry["event"], entry["user_id"]) for entry in logs] == [("refresh_token_reused", ada.user.id)]
    assert ada.tokens.refresh_token not in str(logs)


async def test_another_device_stays_signed_in(accounts: Accounts, ada: SignIn, clock: FrozenClock) -> None:
    other = await accounts.login(email="ada@example.org", password="correct horse battery")
    await accounts.refresh(ada.tokens.refresh_token)
    clock.advance(AFTER_GRACE)
    assert await refused(accounts, ada.tokens.refresh_token)

    assert await accounts.refresh(other.tokens.refresh_token)


async def test_two_tabs_that_renew_at_once_share_one_line(accounts: Accounts, ada: SignIn, clock: FrozenClock) -> None:
    pairs: list[TokenPair] = await asyncio.gather(*(accounts.refresh(ada.tokens.refresh_token) for _ in range(8)))
    clock.advance(REUSE_GRACE.total_seconds())
    pairs.append(await accounts.refresh(ada.tokens.refresh_token))

    assert len({pair.refresh_token for pair in pairs}) == 1
    for pair in pairs:
        assert (await accounts.identify(pair.access_token)).user_id == ada.user.id
    clock.advance(AFTER_GRACE)
    assert await accounts.refresh(pairs[0].refresh_token)


async def test_a_slow_tab_is_led_to_the_newest_token(accounts: Accounts, ada: SignIn, clock: FrozenClock) -> None:
    second = await accounts.refresh(ada.tokens.refresh_token)
    clock.advance(2)
    third = await accounts.refresh(second.refresh_token)
    clock.advance(2)

    assert (await accounts.refresh(ada.tokens.refresh_token)).refresh_token == third.refresh_token


async def test_a_thief_within_the_grace_is_found_at_the_next_reuse(
    accounts: Accounts, ada: SignIn, clock: FrozenClock
) -> None:
    owner = await accounts.refresh(ada.tokens.refresh_token)
    thief = await accounts.refresh(ada.tokens.refresh_token)
    clock.advance(AFTER_GRACE)
    thief = await accounts.refresh(thief.refresh_token)
    clock.advance(AFTER_GRACE)

    assert await refused(accounts, owner.refresh_token)
    assert await refused(accounts, thief.refresh_token)


async def test_signing_out_ends_every_token_of_the_device(accounts: Accounts, ada: SignIn) -> None:
    newest = await accounts.refresh(ada.tokens.refresh_token)
    await accounts.logout(ada.tokens.refresh_token)

    assert await refused(accounts, newest.refresh_token)
    assert await refused(accounts, ada.tokens.refresh_token)


async def test_a_device_that_is_not_used_is_signed_out(
    accounts: Accounts, ada: SignIn, clock: FrozenClock, settings: AccountSettings
) -> None:
    clock.advance(settings.refresh_token_seconds - 1)
    tokens = await accounts.refresh(ada.tokens.refresh_token)
    clock.advance(settings.refresh_token_seconds - 1)
    tokens = await accounts.refresh(tokens.refresh_token)
    clock.advance(settings.refresh_token_seconds)

    assert await refused(accounts, tokens.refresh_token)


async def test_access_ends_after_its_time(accounts: Accounts, ada: SignIn, clock: FrozenClock) -> None:
    clock.advance(ada.tokens.expires_in + 60)

    with pytest.raises(Unauthenticated):
        await accounts.identify(ada.tokens.access_token)
