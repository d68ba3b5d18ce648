from __future__ import annotations

import asyncio

import pytest
from tests.fakes.clock import FrozenClock

from masterx.accounts.accounts import Accounts, SignIn
from masterx.accounts.clients import Client
from masterx.errors import Unauthenticated
from masterx.records.users import Role
from masterx.settings import AccountSettings

HERE = "127.0.0.1"
ELSEWHERE = "192.168.1.5"


async def refusal(accounts: Accounts, secret: str, client_host: str | None) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await accounts.redeem_one_time_link(secret, client=Client(host=client_host))
    return refused.value.message


async def test_a_link_signs_in_once(accounts: Accounts) -> None:
    admin = await accounts.ensure_admin()
    secret = await accounts.issue_one_time_link(admin.id, loopback_only=True)

    signed_in = await accounts.redeem_one_time_link(secret, client=Client(host=HERE))
    assert signed_in.user.id == admin.id
    assert (await accounts.identify(signed_in.tokens.access_token)).role is Role.ADMIN
    assert await refusal(accounts, secret, HERE) == await refusal(accounts, "never issued", HERE)


async def test_of_two_who_redeem_at_once_one_wins(accounts: Accounts, ada: SignIn) -> None:
    secret = await accounts.issue_one_time_link(ada.user.id, loopback_only=False)

    results = await asyncio.gather(
        *(accounts.redeem_one_time_link(secret, client=Client(host=ELSEWHERE)) for _ in range(8)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["SignIn"] + ["Unauthenticated"] * 7


@pytest.mark.parametrize("client_host", [ELSEWHERE, "testclient", "", None])
async def test_a_link_for_this_machine_is_unknown_elsewhere_and_stays_good(
    accounts: Accounts, ada: SignIn, client_host: str | None
) -> None:
    secret = await accounts.issue_one_time_link(ada.user.id, loopback_only=True)

    assert await refusal(accounts, secret, client_host) == await refusal(accounts, "never issued", client_host)
    assert await accounts.redeem_one_time_link(secret, client=Client(host="::1"))


async def test_a_link_without_the_word_that_binds_it_is_another_link(accounts: Accounts, ada: SignIn) -> None:
    secret = await accounts.issue_one_time_link(ada.user.id, loopback_only=True)

    await refusal(accounts, secret.removeprefix("local."), ELSEWHERE)
    await refusal(accounts, secret.upper(), ELSEWHERE)


async def test_a_link_ends_after_its_time(
    accounts: Accounts, ada: SignIn, clock: FrozenClock, settings: AccountSettings
) -> None:
    secret = await accounts.issue_one_time_link(ada.user.id, loopback_only=False)
    clock.advance(settings.one_time_link_seconds)

    await refusal(accounts, secret, HERE)


@pytest.mark.parametrize("secret", ["", "local.", "\ud800", "x" * 100_000, "\0"])
async def test_text_that_is_no_secret_is_an_unknown_link(accounts: Accounts, secret: str) -> None:
    await refusal(accounts, secret, HERE)
