"""The service on a real store: what no single route shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from masterx.accounts.accounts import FIRST_ADMIN_EMAIL, Accounts, SignIn
from masterx.errors import AlreadyRegistered, Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from masterx.records.users import Role
from masterx.settings import AccountSettings
from masterx.store.ports import Store

PASSWORD = "correct horse battery"


def all_bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_closed_registration_takes_nobody(new_accounts: Callable[[AccountSettings], Accounts]) -> None:
    accounts = new_accounts(AccountSettings(_env_file=None, registration="closed"))

    with pytest.raises(Forbidden):
        await accounts.register(email="ada@example.org", name="Ada", password=PASSWORD)
    assert (await accounts.create_admin(email="root@example.org", name="Root", password=PASSWORD)).role is Role.ADMIN


async def test_what_is_refused_leaves_no_account(accounts: Accounts, store: Store) -> None:
    for changes in (
        {"email": "no address"},
        {"name": "\u202egnik"},
        {"password": "short"},
        {"password": "ada@example.org"},
    ):
        typed = {"email": "ada@example.org", "name": "Ada", "password": PASSWORD} | changes
        with pytest.raises(InvalidInput):
            await accounts.register(email=typed["email"], name=typed["name"], password=typed["password"])
    assert await store.user_by_email("ada@example.org") is None


async def test_of_two_who_register_one_address_one_wins(accounts: Accounts) -> None:
    results = await asyncio.gather(
        *(
            accounts.register(email=email, name="Ada", password=PASSWORD)
            for email in ("ada@example.org", "ADA@example.org")
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(result, AlreadyRegistered) for result in results) == 1


async def test_every_failed_sign_in_costs_the_same_work(
    accounts: Accounts, ada: SignIn, password_work: list[str]
) -> None:
    await accounts.ensure_admin()

    work = {}
    for email in ("ada@example.org", "nobody@example.org", FIRST_ADMIN_EMAIL, "no address", "\ud800"):
        password_work.clear()
        with pytest.raises(Unauthenticated) as refusal:
            await accounts.login(email=email, password="not this one")
        work[email] = (tuple(password_work), refusal.value.message)

    assert set(work.values()) == {(("verify",), "That e-mail and password do not match.")}


async def test_an_older_hash_is_renewed_by_signing_in(accounts: Accounts, store: Store, ada: SignIn) -> None:
    older = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await store.update_user(replace(ada.user, password_hash=older))

    await accounts.login(email="ada@example.org", password=PASSWORD)
    renewed = await store.user(ada.user.id)

    assert renewed is not None
    assert renewed.password_hash not in (None, older)
    await accounts.login(email="ada@example.org", password=PASSWORD)


async def test_secrets_are_not_in_the_database(accounts: Accounts, ada: SignIn, store: Store, tmp_path: Path) -> None:
    link = await accounts.issue_one_time_link(ada.user.id, loopback_only=True)
    await accounts.refresh(ada.tokens.refresh_token)
    await store.close()

    stored = all_bytes_in(tmp_path)
    assert ada.user.id.encode() in stored
    for secret in (link, ada.tokens.refresh_token, ada.tokens.access_token, PASSWORD):
        assert secret.encode() not in stored


async def test_the_first_administrator_is_made_once(accounts: Accounts) -> None:
    admins = await asyncio.gather(*(accounts.ensure_admin() for _ in range(3)))

    assert len({admin.id for admin in admins}) == 1
    assert (admins[0].email, admins[0].role, admins[0].password_hash) == (FIRST_ADMIN_EMAIL, Role.ADMIN, None)


async def test_an_administrator_who_is_there_is_taken(accounts: Accounts, admin: SignIn) -> None:
    assert (await accounts.ensure_admin()).id == admin.user.id


async def test_a_learner_at_the_first_address_does_not_become_administrator(accounts: Accounts) -> None:
    await accounts.register(email=FIRST_ADMIN_EMAIL, name="Eve", password=PASSWORD)

    with pytest.raises(Conflict):
        await accounts.ensure_admin()


async def test_the_first_administrator_takes_an_address_and_a_password(accounts: Accounts) -> None:
    admin = await accounts.ensure_admin()
    completed = await accounts.complete_admin(admin.id, email="root@example.org", name="Root", password=PASSWORD)

    assert completed.id == admin.id
    signed_in = await accounts.login(email="root@example.org", password=PASSWORD)
    assert (await accounts.identify(signed_in.tokens.access_token)).role is Role.ADMIN
    with pytest.raises(Conflict):
        await accounts.complete_admin(admin.id, email="eve@example.org", name="Eve", password=PASSWORD)


async def test_nobody_else_is_completed(accounts: Accounts, ada: SignIn) -> None:
    for user_id in (ada.user.id, "01a206ed-b958-774c-b02f-91a98b8e6139"):
        with pytest.raises(NotFound):
            await accounts.complete_admin(user_id, email="root@example.org", name="Root", password=PASSWORD)


async def test_an_address_that_is_taken_completes_nobody(accounts: Accounts, ada: SignIn) -> None:
    admin = await accounts.ensure_admin()

    with pytest.raises(AlreadyRegistered):
        await accounts.complete_admin(admin.id, email="ADA@example.org", name="Root", password=PASSWORD)
    assert (await accounts.user(admin.id)).email == FIRST_ADMIN_EMAIL


async def test_an_account_that_is_gone_is_not_signed_in(accounts: Accounts) -> None:
    with pytest.raises(Unauthenticated):
        await accounts.user("01a206ed-b958-774c-b02f-91a98b8e6139")
