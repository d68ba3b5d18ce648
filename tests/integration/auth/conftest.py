"""Accounts on a real SQLite file behind real routes, driven over ASGI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from tests.fakes.clock import FrozenClock
from tests.fakes.settings import make_settings

from masterx.accounts.accounts import Accounts, SignIn
from masterx.accounts.passwords import Passwords
from masterx.accounts.people import People
from masterx.api import admin as admin_routes
from masterx.api import auth, users
from masterx.api import people as people_routes
from masterx.api.cookies import clear_sign_in_cookies, set_sign_in_cookies
from masterx.api.errors import install_error_answers
from masterx.api.identity import CurrentIdentity, authorise
from masterx.limits.limiter import RateLimiter
from masterx.settings import AccountSettings, LimitSettings, Settings, StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store

KEY = b"a signing key of 32 characters or more"
PASSWORD = "correct horse battery"


class CountingHasher(PasswordHasher):
    """Real argon2id, made quick, that counts its work."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.calls: list[str] = []

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.calls.append("hash")
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002 (the library's name)
        self.calls.append("verify")
        return super().verify(hash, password)


NO_LIMITS = LimitSettings(_env_file=None, rate_limit_free=10_000, rate_limit_address=10_000)
"""These tests are about how often passwords may be guessed, not how often anything may be asked."""


@dataclass
class AccountServices:
    """What the routes under test ask of the services."""

    accounts: Accounts
    store: Store
    settings: Settings
    limiter: RateLimiter

    @property
    def people(self) -> People:
        return self.accounts.people


Client = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def password_work(hasher: CountingHasher) -> list[str]:
    """What was asked of argon2, in order."""
    return hasher.calls


@pytest.fixture
def settings() -> AccountSettings:
    return AccountSettings(_env_file=None)


@pytest.fixture
async def store(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Store]:
    opened = await open_store(StoreSettings(_env_file=None, data_dir=tmp_path), clock)
    yield opened
    await opened.close()


@pytest.fixture
def new_accounts(
    store: Store, clock: FrozenClock, hasher: CountingHasher
) -> Iterator[Callable[[AccountSettings], Accounts]]:
    made: list[Accounts] = []

    def make(settings: AccountSettings) -> Accounts:
        made.append(Accounts(settings, KEY, store, clock, passwords=Passwords(threads=2, hasher=hasher)))
        return made[-1]

    yield make
    for accounts in made:
        accounts.close()


@pytest.fixture
def accounts(new_accounts: Callable[[AccountSettings], Accounts], settings: AccountSettings) -> Accounts:
    return new_accounts(settings)


@pytest.fixture
def app(accounts: Accounts, store: Store, clock: FrozenClock, tmp_path: Path) -> FastAPI:
    """The routers under test, and stand-ins at other addresses that have rules."""
    app = FastAPI(dependencies=[Depends(authorise)])
    app.state.services = AccountServices(accounts, store, make_settings(tmp_path), RateLimiter(NO_LIMITS, clock))
    app.include_router(auth.router)
    app.include_router(users.router)
    app.include_router(admin_routes.router)
    app.include_router(people_routes.router)
    install_error_answers(app)

    @app.post("/api/v1/chat")
    async def own(identity: CurrentIdentity) -> str:
        return identity.user_id

    @app.get("/first-run")
    async def admins_only(identity: CurrentIdentity) -> str:
        return identity.role.value

    @app.get("/sign-in")
    async def public(request: Request) -> str | None:
        return request.state.identity.user_id if request.state.identity else None

    @app.post("/sign-in")
    async def sign_in(request: Request, response: Response) -> None:
        signed_in = await accounts.login(email="ada@example.org", password=PASSWORD)
        set_sign_in_cookies(response, request, signed_in.tokens)

    @app.post("/sign-out")
    async def sign_out(request: Request, response: Response) -> None:
        clear_sign_in_cookies(response, request)

    @app.get("/without-a-rule")
    async def forgotten() -> str:
        return "forgotten"

    inner = APIRouter()

    @inner.get("/")
    async def first_page_of_another_prefix() -> str:
        return "not the page that has the rule of this name"

    app.include_router(inner, prefix="/elsewhere")
    return app


@pytest.fixture
async def client_at(app: FastAPI) -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack:

        def open_client(
            host: str = "127.0.0.1", base_url: str = "http://masterx.test", **options: Any
        ) -> httpx2.AsyncClient:
            transport = httpx2.ASGITransport(app, client=(host, 4711))
            client = httpx2.AsyncClient(transport=transport, base_url=base_url, **options)
            stack.push_async_callback(client.aclose)
            return client

        yield open_client


@pytest.fixture
def client(client_at: Client) -> httpx2.AsyncClient:
    return client_at()


@pytest.fixture
async def ada(accounts: Accounts) -> SignIn:
    await accounts.register(email="ada@example.org", name="Ada", password=PASSWORD)
    return await accounts.login(email="ada@example.org", password=PASSWORD)


@pytest.fixture
def as_ada(ada: SignIn) -> dict[str, str]:
    """The header that speaks for her."""
    return {"Authorization": f"Bearer {ada.tokens.access_token}"}


@pytest.fixture
def as_admin(admin: SignIn) -> dict[str, str]:
    return {"Authorization": f"Bearer {admin.tokens.access_token}"}


@pytest.fixture
async def admin(accounts: Accounts) -> SignIn:
    await accounts.create_admin(email="root@example.org", name="Root", password=PASSWORD)
    return await accounts.login(email="root@example.org", password=PASSWORD)
