"""One store for each backend. The tests beside this file know none of them by name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.mongodb import REAL_SERVER, MongoServer, empty, prepared_database
from tests.fakes.records import make_session, make_turn, make_user

from masterx.records.sessions import Session
from masterx.records.users import User
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store

PATIENCE_SECONDS = 60
"""Of one of two stores on one file with the other's writes, which take a tenth of a second on a quiet machine."""

BACKENDS = ("sqlite", "mongodb", *(("real mongodb",) if REAL_SERVER else ()))


@pytest.fixture(scope="session")
def mongodb_url(mongodb: MongoServer) -> Iterator[str]:
    with prepared_database(mongodb.address) as url:
        yield url


@pytest.fixture(scope="session")
def real_mongodb_url() -> Iterator[str]:
    assert REAL_SERVER is not None
    with prepared_database(REAL_SERVER) as url:
        yield url


@pytest.fixture(params=BACKENDS)
def store_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreSettings]:
    """An empty place to keep things. A database is made once for all tests of a process, and emptied after each."""
    data_dir = tmp_path / "data"
    match request.param:
        case "sqlite":
            yield StoreSettings(data_dir=data_dir, database_url=None, busy_seconds=PATIENCE_SECONDS)
        case "mongodb" | "real mongodb":
            url = request.getfixturevalue("mongodb_url" if request.param == "mongodb" else "real_mongodb_url")
            yield StoreSettings(data_dir=data_dir, database_url=url)
            empty(url)
        case unknown:
            raise AssertionError(unknown)


@pytest.fixture
def crowd(store_settings: StoreSettings) -> int:
    """How many calls a test makes at once: fewer where the server of tests needs 30 ms of a core for a turn."""
    return 200 if store_settings.database_url is None else 40


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
