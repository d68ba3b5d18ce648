"""Devices: listed, signed out one by one, all at once, and at once."""

from __future__ import annotations

import httpx2
import pytest
from tests.fakes.clock import FrozenClock

from masterx.accounts.accounts import Accounts, SignIn
from masterx.accounts.clients import Client

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def bearer(access_token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token}"}


@pytest.fixture
async def phone(accounts: Accounts, ada: SignIn, clock: FrozenClock) -> SignIn:
    clock.advance(60)
    return await accounts.login(
        email="ada@example.org", password=PASSWORD, client=Client(user_agent="Safari iPhone " + "x" * 10_000)
    )


async def test_devices_are_listed_with_the_one_that_asks(
    client: httpx2.AsyncClient, ada: SignIn, phone: SignIn, admin: SignIn
) -> None:
    answer = await client.get("/api/v1/users/me/devices", headers=bearer(phone.tokens.access_token))

    devices = answer.json()["devices"]
    assert [(device["label"], device["current"]) for device in devices] == [
        ("Safari on iPhone", True),
        ("Unknown device", False),
    ]
    assert set(devices[0]) == {"id", "label", "first_seen_at", "last_seen_at", "current"}
    assert devices[0]["first_seen_at"].endswith("Z")


async def test_the_label_comes_from_the_browser(client: httpx2.AsyncClient, ada: SignIn, clock: FrozenClock) -> None:
    clock.advance(60)
    body = {"email": "ada@example.org", "password": PASSWORD}
    tokens = (await client.post("/api/v1/auth/login", json=body, headers={"User-Agent": FIREFOX})).json()
    devices = (await client.get("/api/v1/users/me/devices", headers=bearer(tokens["access_token"]))).json()["devices"]

    assert devices[0]["label"] == "Firefox on Linux"


async def test_a_device_signed_out_is_out_at_once(
    client: httpx2.AsyncClient, ada: SignIn, phone: SignIn, accounts: Accounts
) -> None:
    lost = (await accounts.identify(phone.tokens.access_token)).device_id
    answer = await client.delete(f"/api/v1/users/me/devices/{lost}", headers=bearer(ada.tokens.access_token))

    assert answer.status_code == 204
    me = await client.get("/api/v1/users/me", headers=bearer(phone.tokens.access_token))
    assert (me.status_code, me.json()["error"]) == (401, "This device was signed out.")
    renewed = await client.post("/api/v1/auth/refresh", json={"refresh_token": phone.tokens.refresh_token})
    assert renewed.status_code == 401
    assert (await client.get("/api/v1/users/me", headers=bearer(ada.tokens.access_token))).status_code == 200
    again = await client.delete(f"/api/v1/users/me/devices/{lost}", headers=bearer(ada.tokens.access_token))
    assert again.status_code == 404


async def test_nobody_signs_out_somebody_elses_device(
    client: httpx2.AsyncClient, ada: SignIn, admin: SignIn, accounts: Accounts
) -> None:
    foreign = (await accounts.identify(ada.tokens.access_token)).device_id
    answer = await client.delete(f"/api/v1/users/me/devices/{foreign}", headers=bearer(admin.tokens.access_token))

    assert answer.status_code == 404
    assert (await client.get("/api/v1/users/me", headers=bearer(ada.tokens.access_token))).status_code == 200


async def test_signing_out_everywhere_ends_every_token(
    client: httpx2.AsyncClient, ada: SignIn, phone: SignIn, admin: SignIn
) -> None:
    done = await client.post("/api/v1/auth/logout-everywhere", headers=bearer(phone.tokens.access_token))

    assert done.status_code == 204
    for sign_in in (ada, phone):
        assert (await client.get("/api/v1/users/me", headers=bearer(sign_in.tokens.access_token))).status_code == 401
        renewal = {"refresh_token": sign_in.tokens.refresh_token}
        assert (await client.post("/api/v1/auth/refresh", json=renewal)).status_code == 401
    assert (await client.get("/api/v1/users/me", headers=bearer(admin.tokens.access_token))).status_code == 200


async def test_signing_out_ends_the_access_token_too(client: httpx2.AsyncClient, ada: SignIn) -> None:
    await client.post("/api/v1/auth/logout", json={"refresh_token": ada.tokens.refresh_token})

    assert (await client.get("/api/v1/users/me", headers=bearer(ada.tokens.access_token))).status_code == 401


async def test_a_browser_that_signs_out_everywhere_keeps_no_cookie(client: httpx2.AsyncClient, ada: SignIn) -> None:
    same_site = {"Sec-Fetch-Site": "same-origin"}
    await client.post("/sign-in", headers=same_site)
    assert len(list(client.cookies.jar)) == 2
    assert (await client.post("/api/v1/auth/logout-everywhere", headers=same_site)).status_code == 204

    assert list(client.cookies.jar) == []
