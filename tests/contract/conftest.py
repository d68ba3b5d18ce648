"""One store for each backend. The tests beside this file know none of them by name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_session, make_turn, make_user

from masterx.records.sessions import Session
from masterx.records.users import User
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store

BACKENDS = ("sqlite",)


@pytest.fixture(params=BACKENDS)
def store_settings(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    """An empty place to keep things."""
    match request.param:
        case "sqlite":
            return StoreSettings(data_dir=tmp_path / "data", database_url=None)
        case unknown:
            raise AssertionError(unknown)


@pytest.fixture
async def store(store_settings: StoreSettings, clock: FrozenClock) -> AsyncIterator[Store]:
    store = await open_store(store_settings, clock)
    yield store
    await store.close()


@pytest.fixture
async def user(store: Store) -> User:
    user = make_user()
    await store.add_user(user)
    return user


@pytest.fixture
async def stranger(store: Store) -> User:
    user = make_user()
    await store.add_user(user)
    return user


@pytest.fixture
async def session(store: Store, user: User) -> Session:
    """A lesson of one turn."""
    return await store.record_turn(make_turn(make_session(user), opens_session=True))
