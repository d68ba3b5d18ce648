"""Exporting and erasing an account through the whole application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.records import MINUTE, make_session, make_turn
from tests.fakes.settings import make_settings

from masterx.accounts.accounts import SignIn
from masterx.accounts.clients import Client
from masterx.records.sessions import Session
from masterx.store.schema import PERSONAL_FIELDS
from masterx.web.app import create_app
from masterx.wiring import Services, open_services

PASSWORD = "correct horse battery"
WORD = "Xylophonquark"


@pytest.fixture
async def services(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Services]:
    async with open_services(make_settings(tmp_path), clock=clock) as opened:
        yield opened


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(services))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as opened:
        yield opened


@pytest.fixture
async def ada(services: Services) -> SignIn:
    return await sign_in(services, WORD)


@pytest.fixture
async def lesson(services: Services, ada: SignIn) -> Session:
    session = await services.store.record_turn(make_turn(make_session(ada.user), opens_session=True))
    for number in range(250):
        turn = make_turn(session, at=START + number * MINUTE, question=f"{WORD}?", answer=f"{WORD}!")
        await services.store.record_turn(turn)
    return session


async def sign_in(services: Services, name: str) -> SignIn:
    await services.accounts.register(email=f"{name}@example.org", name=name, password=PASSWORD)
    return await services.accounts.login(email=f"{name}@example.org", password=PASSWORD)


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def bearer(who: SignIn) -> dict[str, str]:
    return {"Authorization": f"Bearer {who.tokens.access_token}"}


async def erase(client: httpx2.AsyncClient, who: SignIn, body: object) -> httpx2.Response:
    return await client.request("DELETE", "/api/v1/users/me", json=body, headers=bearer(who))


async def test_an_export_holds_everything_and_no_secret(
    client: httpx2.AsyncClient, services: Services, ada: SignIn, lesson: Session
) -> None:
    await sign_in(services, "bob")
    answer = await client.get("/api/v1/users/me/export", headers=bearer(ada))
    export = answer.json()

    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="masterx-export.json"'
    assert set(export) == {"exported_at", *PERSONAL_FIELDS}
    assert export["users"][0]["email"] == f"{WORD}@example.org"
    assert len(export["messages"]) == 502
    assert {message["session_id"] for message in export["messages"]} == {lesson.id}
    assert len(export["cost_events"]) == 251
    assert export["cost_events"][0]["cost"] == 0.00075
    assert sum(day["total_cost"] for day in export["cost_tracking"]) == pytest.approx(251 * 0.00075)
    assert "argon2" not in answer.text
    assert "hash" not in answer.text
    assert "bob" not in answer.text


async def test_after_erasing_nothing_is_left_and_nobody_is_signed_in(
    client: httpx2.AsyncClient, services: Services, ada: SignIn, lesson: Session, tmp_path: Path
) -> None:
    for password, status in (("another password", 403), (PASSWORD, 204)):
        assert (await erase(client, ada, {"password": password})).status_code == status

    assert (await client.get("/api/v1/users/me", headers=bearer(ada))).status_code == 401
    renewal = {"refresh_token": ada.tokens.refresh_token}
    assert (await client.post("/api/v1/auth/refresh", json=renewal)).status_code == 401
    credentials = {"email": f"{WORD}@example.org", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/login", json=credentials)).status_code == 401
    disk = bytes_in(tmp_path)
    for trace in (WORD, WORD.casefold(), ada.user.id, lesson.id):
        assert disk.count(trace.encode()) == 0
    again = await client.post("/api/v1/auth/register", json=credentials | {"name": "Ada"})
    assert again.status_code == 201


async def test_without_a_password_the_address_confirms(client: httpx2.AsyncClient, services: Services) -> None:
    first = await services.accounts.ensure_admin()
    secret = await services.accounts.issue_one_time_link(first.id, loopback_only=False)
    admin = await services.accounts.redeem_one_time_link(secret, client=Client())

    statuses = [
        (await erase(client, admin, body)).status_code
        for body in ({}, {"password": PASSWORD}, {"email": "else@example.org"}, {"email": first.email})
    ]
    assert statuses == [422, 422, 403, 409]
    await services.accounts.create_admin(email="root@example.org", name="Root", password=PASSWORD)
    assert (await erase(client, admin, {"email": first.email.upper()})).status_code == 204


@pytest.mark.parametrize(
    "body", [None, [], {}, {"email": f"{WORD}@example.org"}, {"password": None}, {"password": 7}, {"more": 1}], ids=str
)
async def test_an_account_with_a_password_asks_for_it(client: httpx2.AsyncClient, ada: SignIn, body: object) -> None:
    assert (await erase(client, ada, body)).status_code == 422
    assert (await client.get("/api/v1/users/me", headers=bearer(ada))).status_code == 200
