"""A server that speaks MongoDB's protocol, as a process of its own: SecantusDB, which is for tests only (GPL).

It keeps its files as WiredTiger does, syncs each commit, has transactions, snapshots, unique and partial indexes, TTL
and explain. It lacks text and hashed indexes, `$vectorSearch`, sharding and members beside itself. Where one of its
answers is not MongoDB's, the test that meets it says so. `MASTERX_TEST_MONGODB_URI` names a real server to use as well.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from pymongo import DeleteMany, MongoClient
from tests.fakes.clock import FrozenClock

from masterx.store.mongodb.collections import ALL_COLLECTIONS, BOOKKEEPING, EXPIRY, indexes
from masterx.store.mongodb.store import MongoStore

REAL_SERVER = os.environ.get("MASTERX_TEST_MONGODB_URI")
PATIENCE_SECONDS = 180
_TEN_YEARS = 10 * 366 * 86_400


class MongoServer:
    def __init__(
        self,
        port: int,
        *,
        folder: Path | None = None,
        standalone: bool = False,
        password: bool = False,
        transaction_seconds: float | None = None,
    ) -> None:
        """`folder`: where an earlier one kept its files. `password`: who has no account gets nothing.

        `transaction_seconds`: how long one that was left open holds its rows; a minute where none is said.
        """
        self.port = port
        self.folder = folder or Path(tempfile.mkdtemp(prefix="masterx-mongodb-", dir=_quick_place()))
        self._owns_folder = folder is None
        command = [sys.executable, "-m", "secantus", "--port", str(port), "--storage-path", str(self.folder / "data")]
        command += ["--sync-on-commit", "--cache-size", "256M", "--session-max", "400", "--log-level", "WARNING"]
        command += ["--standalone"] if standalone else []
        command += ["--auth"] if password else []
        if transaction_seconds is not None:
            script = Path(__file__).with_name("mongodb_process.py")
            command = [sys.executable, str(script), str(port), str(self.folder / "data"), str(transaction_seconds)]
        self._log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)

    @property
    def address(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}"

    def url(self, database: str | None = None) -> str:
        """Of a database; of one that nobody else uses where none is named."""
        return f"{self.address}/{database or fresh_name()}"

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, (self.folder / "log").read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise AssertionError("the MongoDB server did not come up")

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        self.kill()
        if self._owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)
        self._process.wait(PATIENCE_SECONDS)
        self._log.close()


def fresh_name() -> str:
    return f"masterx_{uuid4().hex}"


def on_server(server: str, database: str) -> str:
    """The URL of a database there; what the URL says beside it stays."""
    parts = urlsplit(server)
    return urlunsplit(parts._replace(path=f"/{database}"))


@contextmanager
def dropped_after(url: str) -> Iterator[None]:
    yield
    with MongoClient[Any](url) as client:
        client.drop_database(client.get_default_database().name)


@contextmanager
def prepared_database(server: str) -> Iterator[str]:
    """The URL of an empty one with all collections and indexes, dropped in the end.

    Nothing in it expires by itself: servers go by the real time, and the tests' clock stands still somewhere else.
    """
    url = on_server(server, fresh_name())
    asyncio.run(_prepare(url))
    with MongoClient[Any](url) as client:
        database = client.get_default_database()
        for index in indexes():
            if index.name in EXPIRY:
                changed = {"name": index.name, "expireAfterSeconds": _TEN_YEARS}
                database.command("collMod", index.collection, index=changed)
        yield url
        client.drop_database(database.name)


async def _prepare(url: str) -> None:
    store = await MongoStore.open(url, FrozenClock())
    await store.close()


def empty(url: str) -> None:
    """All collections of a database but the one that holds its version."""
    with MongoClient[Any](url) as client:
        name = client.get_default_database().name
        rows = [each for each in ALL_COLLECTIONS if each not in BOOKKEEPING]
        if client.server_info()["versionArray"][0] >= 8:
            client.bulk_write([DeleteMany({}, namespace=f"{name}.{each}") for each in rows])
        else:
            for each in rows:
                client[name][each].delete_many({})


def _quick_place() -> str | None:
    """A disk in memory where there is one: each test makes a database of its own, which is many small files."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (a folder with an unguessable name in it)
