"""Registration open, by invitation and closed; and what administrators hand out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from tests.fakes.clock import FrozenClock

from masterx.accounts.accounts import Accounts, SignIn
from masterx.errors import AlreadyRegistered, Forbidden, InvalidInput
from masterx.records.users import Role, User
from masterx.settings import AccountSettings

PASSWORD = "correct horse battery"
EVE = {"email": "eve@example.org", "name": "Eve", "password": PASSWORD}


def secret_in(link: str) -> str:
    return next(iter(parse_qs(urlsplit(link).query).values()))[0]


@pytest.fixture
def by_invitation(new_accounts: Callable[[AccountSettings], Accounts]) -> Accounts:
    return new_accounts(AccountSettings(_env_file=None, registration="invitation"))


@pytest.fixture
async def secret(by_invitation: Accounts) -> str:
    return await invite(by_invitation)


async def join(
    accounts: Accounts, *, invitation: str | None, email: str = "eve@example.org", password: str = PASSWORD
) -> User:
    return await accounts.register(email=email, name="Eve", password=password, invitation=invitation)


async def invite(accounts: Accounts, role: Role = Role.LEARNER) -> str:
    made = await accounts.invitations.add(role=role, lifetime=timedelta(days=7), created_by="an administrator")
    return made.secret


async def test_without_an_invitation_nobody_registers(by_invitation: Accounts, secret: str) -> None:
    for invitation in (None, "", "never issued", "\ud800", secret[:-1]):
        with pytest.raises(Forbidden):
            await join(by_invitation, invitation=invitation)


async def test_an_invitation_leads_to_one_account(by_invitation: Accounts, secret: str) -> None:
    results = await asyncio.gather(
        *(join(by_invitation, email=f"eve{number}@example.org", invitation=secret) for number in range(6)),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["Forbidden"] * 5 + ["User"]


async def test_an_invitation_decides_the_role(by_invitation: Accounts) -> None:
    user = await join(by_invitation, invitation=await invite(by_invitation, Role.ADMIN))

    assert user.role is Role.ADMIN


async def test_what_fails_leaves_the_invitation_good(by_invitation: Accounts, secret: str, ada: SignIn) -> None:
    with pytest.raises(AlreadyRegistered):
        await join(by_invitation, email="ADA@example.org", invitation=secret)
    with pytest.raises(InvalidInput):
        await join(by_invitation, password="short", invitation=secret)
    assert await join(by_invitation, invitation=secret)


async def test_an_invitation_ends_after_its_time(by_invitation: Accounts, secret: str, clock: FrozenClock) -> None:
    clock.advance(timedelta(days=7).total_seconds())

    with pytest.raises(Forbidden):
        await join(by_invitation, invitation=secret)


async def test_closed_means_closed_for_the_invited_too(new_accounts: Callable[[AccountSettings], Accounts]) -> None:
    closed = new_accounts(AccountSettings(_env_file=None, registration="closed"))

    with pytest.raises(Forbidden):
        await join(closed, invitation=await invite(closed))


async def test_an_administrator_invites_lists_and_takes_back(
    client: httpx2.AsyncClient, as_admin: dict[str, str]
) -> None:
    made = await client.post(
        "/api/v1/admin/invitations", json={"role": "admin", "expires_in_hours": 2}, headers=as_admin
    )
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    invitation = made.json()
    assert invitation["link"].startswith("http://masterx.test/register?invitation=")

    listed = (await client.get("/api/v1/admin/invitations", headers=as_admin)).json()["invitations"]
    assert listed == [{name: value for name, value in invitation.items() if name != "link"}]
    assert listed[0]["used_at"] is None

    body = EVE | {"invitation": secret_in(invitation["link"])}
    joined = await client.post("/api/v1/auth/register", json=body)
    assert (joined.status_code, joined.json()["role"]) == (201, "admin")
    assert (await client.get("/api/v1/admin/invitations", headers=as_admin)).json()["invitations"][0]["used_at"]

    second = (await client.post("/api/v1/admin/invitations", json={}, headers=as_admin)).json()
    assert second["role"] == "learner"
    path = f"/api/v1/admin/invitations/{second['id']}"
    assert (await client.delete(path, headers=as_admin)).status_code == 204
    assert (await client.delete(path, headers=as_admin)).status_code == 404
    body = EVE | {"email": "mallory@example.org", "invitation": secret_in(second["link"])}
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [{"role": "root"}, {"role": 1}, {"expires_in_hours": 0}, {"expires_in_hours": 1.0}, {"expires_in_hours": True},
     {"expires_in_hours": 2**70}, {"expires_in_hours": "7"}, {"more": 1}],
    ids=str,
)  # fmt: skip
async def test_invitations_that_cannot_be(
    client: httpx2.AsyncClient, as_admin: dict[str, str], body: dict[str, object]
) -> None:
    assert (await client.post("/api/v1/admin/invitations", json=body, headers=as_admin)).status_code == 422


async def test_an_administrator_finds_a_person_and_makes_a_reset_link(
    client: httpx2.AsyncClient, as_admin: dict[str, str], ada: SignIn
) -> None:
    page = (await client.get("/api/v1/admin/users?limit=1", headers=as_admin)).json()
    following = (await client.get(f"/api/v1/admin/users?after={page['next_after']}", headers=as_admin)).json()
    people = page["users"] + following["users"]
    assert {person["email"] for person in people} == {"ada@example.org", "root@example.org"}
    assert following["next_after"] is None

    made = await client.post(f"/api/v1/admin/users/{ada.user.id}/reset-link", headers=as_admin)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    link = made.json()["link"]
    assert link.startswith("http://masterx.test/reset-password?secret=")
    body = {"secret": secret_in(link), "new_password": "another long sentence"}
    assert (await client.post("/api/v1/auth/reset-password", json=body)).status_code == 204
    credentials = {"email": "ada@example.org", "password": "another long sentence"}
    assert (await client.post("/api/v1/auth/login", json=credentials)).status_code == 200
