"""New passwords: by their owner and by a link."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from tests.fakes.clock import FrozenClock

from masterx.accounts.accounts import Accounts, SignIn
from masterx.accounts.clients import Client
from masterx.errors import Forbidden, InvalidInput, NotFound
from masterx.settings import AccountSettings
from masterx.store.ports import Store

PASSWORD = "correct horse battery"
NEW = "another long sentence"


def bearer(sign_in: SignIn) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign_in.tokens.access_token}"}


async def test_a_change_keeps_this_device_and_signs_out_the_others(
    client: httpx2.AsyncClient, accounts: Accounts, ada: SignIn
) -> None:
    other = await accounts.login(email="ada@example.org", password=PASSWORD)
    body = {"current_password": PASSWORD, "new_password": NEW}
    changed = await client.post("/api/v1/users/me/password", json=body, headers=bearer(ada))

    assert changed.status_code == 204
    assert (await client.get("/api/v1/users/me", headers=bearer(ada))).status_code == 200
    assert (await client.get("/api/v1/users/me", headers=bearer(other))).status_code == 401
    for password, status in ((PASSWORD, 401), (NEW, 200)):
        credentials = {"email": "ada@example.org", "password": password}
        assert (await client.post("/api/v1/auth/login", json=credentials)).status_code == status


async def test_a_change_needs_the_current_password(client: httpx2.AsyncClient, ada: SignIn) -> None:
    statuses = []
    for _ in range(7):
        body = {"current_password": "not this one", "new_password": NEW}
        answer = await client.post("/api/v1/users/me/password", json=body, headers=bearer(ada))
        statuses.append(answer.status_code)

    assert statuses == [403] * 5 + [429] * 2
    assert int(answer.headers["retry-after"]) >= 1


async def test_an_account_without_a_password_has_none_to_change(client: httpx2.AsyncClient, accounts: Accounts) -> None:
    await accounts.create_admin(email="root@example.org", name="Root", password=None)
    admin = await accounts.ensure_admin()
    signed_in = await accounts.redeem_one_time_link(
        await accounts.issue_one_time_link(admin.id, loopback_only=False), client=Client(host="192.168.1.5")
    )
    body = {"current_password": PASSWORD, "new_password": NEW}

    assert (await client.post("/api/v1/users/me/password", json=body, headers=bearer(signed_in))).status_code == 409


@pytest.mark.parametrize("new", ["short", "ada@example.org", "x" * 257, "nul \0 inside it", None, 7, ""])
async def test_a_new_password_keeps_the_rule(client: httpx2.AsyncClient, ada: SignIn, new: object) -> None:
    body = {"current_password": PASSWORD, "new_password": new}

    assert (await client.post("/api/v1/users/me/password", json=body, headers=bearer(ada))).status_code == 422
    credentials = {"email": "ada@example.org", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/login", json=credentials)).status_code == 200


async def test_a_reset_link_sets_a_password_once_and_signs_out_everywhere(
    client: httpx2.AsyncClient, accounts: Accounts, ada: SignIn
) -> None:
    link = await accounts.password_changes.issue_reset(ada.user.id)
    body = {"secret": link.secret, "new_password": NEW}

    assert (await client.post("/api/v1/auth/reset-password", json=body)).status_code == 204
    assert (await client.get("/api/v1/users/me", headers=bearer(ada))).status_code == 401
    assert await accounts.login(email="ada@example.org", password=NEW)
    spent = await client.post("/api/v1/auth/reset-password", json=body)
    unknown = await client.post("/api/v1/auth/reset-password", json=body | {"secret": "never issued"})
    assert spent.status_code == unknown.status_code == 403
    assert spent.json()["error"] == unknown.json()["error"]


async def test_a_password_that_breaks_the_rule_leaves_the_link_good(accounts: Accounts, ada: SignIn) -> None:
    link = await accounts.password_changes.issue_reset(ada.user.id)

    with pytest.raises(InvalidInput):
        await accounts.password_changes.reset(link.secret, "short")
    await accounts.password_changes.reset(link.secret, NEW)


async def test_of_two_who_reset_at_once_one_wins(accounts: Accounts, ada: SignIn) -> None:
    link = await accounts.password_changes.issue_reset(ada.user.id)
    results = await asyncio.gather(
        *(accounts.password_changes.reset(link.secret, f"{NEW} {number}") for number in range(6)),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["Forbidden"] * 5 + ["NoneType"]


async def test_a_reset_link_ends_after_its_time_and_with_the_password(
    accounts: Accounts, ada: SignIn, clock: FrozenClock, settings: AccountSettings
) -> None:
    late = await accounts.password_changes.issue_reset(ada.user.id)
    clock.advance(settings.one_time_link_seconds)
    with pytest.raises(Forbidden):
        await accounts.password_changes.reset(late.secret, NEW)

    first, second = [await accounts.password_changes.issue_reset(ada.user.id) for _ in range(2)]
    await accounts.password_changes.reset(first.secret, NEW)
    with pytest.raises(Forbidden):
        await accounts.password_changes.reset(second.secret, NEW)


async def test_a_reset_link_does_not_sign_in_nor_the_other_way_round(accounts: Accounts, ada: SignIn) -> None:
    sign_in = await accounts.issue_one_time_link(ada.user.id, loopback_only=False)

    with pytest.raises(Forbidden):
        await accounts.password_changes.reset(sign_in, NEW)


async def test_a_reset_link_is_for_somebody(accounts: Accounts) -> None:
    with pytest.raises(NotFound):
        await accounts.password_changes.issue_reset("01a206ed-b958-774c-b02f-91a98b8e6139")


@pytest.mark.parametrize("secret", ["", "\ud800", "x" * 100_000, "\0"])
async def test_text_that_is_no_secret_resets_nothing(accounts: Accounts, secret: str, store: Store) -> None:
    with pytest.raises(Forbidden):
        await accounts.password_changes.reset(secret, NEW)


async def test_a_server_without_mail_says_so(client: httpx2.AsyncClient) -> None:
    refused = await client.post("/api/v1/auth/forgot-password", json={"email": "ada@example.org"})

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
