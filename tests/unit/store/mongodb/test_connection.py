from __future__ import annotations

import gc
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo import MongoClient
from tests.fakes.clock import FrozenClock
from tests.fakes.mongodb import MongoServer

from masterx.errors import ConfigurationError, DatabaseUnavailable
from masterx.store.mongodb.store import MongoStore

SECRET = "pa55word"


@pytest.fixture(autouse=True)
def _leave_no_socket_of_the_driver() -> Iterator[None]:
    """PyMongo's monitor does not close a socket whose connecting is cancelled, as it is when its client is closed.

    Such a socket goes with its last reference; here and now, so that no other test is blamed for it.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@contextmanager
def running(server: MongoServer) -> Iterator[MongoServer]:
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.remove()


async def test_a_server_on_its_own_is_refused_with_what_to_do(free_port: Callable[[], int], clock: FrozenClock) -> None:
    with running(MongoServer(free_port(), standalone=True)) as server:
        with pytest.raises(ConfigurationError, match=r"rs\.initiate\(\)") as refused:
            await MongoStore.open(server.url(), clock)
        assert "mongod --replSet rs0" in refused.value.message


async def test_a_wrong_password_is_told_without_being_repeated(
    free_port: Callable[[], int], clock: FrozenClock
) -> None:
    first = MongoServer(free_port())
    try:
        first.wait_until_ready()
        with MongoClient[Any](first.address) as client:
            client["masterx"].command("createUser", "masterx", pwd=SECRET, roles=["readWrite"])
        first.stop()
        with running(MongoServer(free_port(), folder=first.folder, password=True)) as server:
            right = f"mongodb://masterx:{SECRET}@127.0.0.1:{server.port}/masterx"
            store = await MongoStore.open(right, clock)
            await store.ping()
            await store.close()
            for url in (right.replace(SECRET, "another"), right.replace(f"masterx:{SECRET}@", "")):
                with pytest.raises(ConfigurationError, match="user name and password") as refused:
                    await MongoStore.open(url, clock)
                assert SECRET not in refused.value.message
                assert "another" not in refused.value.message
    finally:
        first.remove()


async def test_a_server_out_of_reach_is_told_within_seconds(free_port: Callable[[], int], clock: FrozenClock) -> None:
    url = f"mongodb://masterx:{SECRET}@127.0.0.1:{free_port()}/masterx?serverSelectionTimeoutMS=500"
    started = time.monotonic()
    with pytest.raises(DatabaseUnavailable) as unreachable:
        await MongoStore.open(url, clock)
    assert time.monotonic() - started < 30  # half a second, on any machine
    assert unreachable.value.details == {"reason": "unreachable"}
    assert SECRET not in f"{unreachable.value!r} {unreachable.value.__cause__!r}"


@pytest.mark.parametrize(
    "url",
    [
        f"mongodb://masterx:{SECRET}/@host",
        f"mongodb://masterx:{SECRET}@host:notaport/masterx",
        f"mongodb://masterx:{SECRET}@host/masterx?retryWrites=perhaps&w=-3",
        "mongodb://",
    ],
)
async def test_a_url_that_is_none_is_refused_and_not_repeated(url: str, clock: FrozenClock) -> None:
    with pytest.raises(ConfigurationError, match="MASTERX_DATABASE_URL") as refused:
        await MongoStore.open(url, clock)
    assert SECRET not in refused.value.message
