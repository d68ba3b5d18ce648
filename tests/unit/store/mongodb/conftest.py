from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from tests.fakes.clock import FrozenClock
from tests.fakes.mongodb import MongoServer
from tests.fakes.mongodb_commands import Commands
from tests.fakes.mongodb_wire import MongoWire, mongo_wire

from masterx.store.mongodb.store import MongoStore


@pytest.fixture
def url(mongodb: MongoServer) -> Iterator[str]:
    """Of a database that nobody else has."""
    url = mongodb.url()
    yield url
    with MongoClient[Any](url) as client:
        client.drop_database(client.get_default_database().name)


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
async def store(url: str, clock: FrozenClock, commands: Commands) -> AsyncIterator[MongoStore]:
    store = await MongoStore.open(url, clock, listeners=[commands])
    commands.sent.clear()
    yield store
    await store.close()


@pytest.fixture
async def wire(mongodb: MongoServer) -> AsyncIterator[MongoWire]:
    async with mongo_wire(mongodb.port) as opened:
        yield opened
