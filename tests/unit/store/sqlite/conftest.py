from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.clock import FrozenClock

from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.store import SQLiteStore


@pytest.fixture
def file(tmp_path: Path) -> DatabaseFile:
    return DatabaseFile(tmp_path / "data" / "masterx.sqlite3", busy_seconds=0.2)


@pytest.fixture
async def store(file: DatabaseFile, clock: FrozenClock) -> AsyncIterator[SQLiteStore]:
    store = await SQLiteStore.open(file, clock)
    yield store
    await store.close()


@pytest.fixture
def connect(file: DatabaseFile) -> Iterator[Callable[[], sqlite3.Connection]]:
    """Plain connections to the file, closed at the end."""
    connections: list[sqlite3.Connection] = []

    def connect() -> sqlite3.Connection:
        connections.append(sqlite3.connect(file.path, isolation_level=None))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()
