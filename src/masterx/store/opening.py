"""Choosing the backend."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from masterx.clock import Clock
from masterx.errors import ConfigurationError
from masterx.settings import StoreSettings
from masterx.store.ports import Store
from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.store import SQLiteStore, missing_steps

DATABASE_FILE = "masterx.sqlite3"

_SQLITE_PREFIX = "sqlite:///"
_MONGODB_PREFIXES = ("mongodb://", "mongodb+srv://")


async def open_store(settings: StoreSettings, clock: Clock) -> Store:
    """The store that the settings name, created or migrated as needed.

    Raises `ConfigurationError` for a URL that cannot be used and for a schema newer than this program,
    `DatabaseUnavailable` when the database is locked, gone or out of reach.
    """
    url = mongodb_url(settings)
    if url is not None:
        # Not before it is needed: the driver takes a fifth of a second to import.
        from masterx.store.mongodb.store import MongoStore  # noqa: PLC0415

        return await MongoStore.open(url, clock)
    # Absolute from the start: connections are opened again after failures, perhaps from another directory.
    file = DatabaseFile(sqlite_path(settings).absolute(), settings.busy_seconds)
    return await SQLiteStore.open(file, clock)


async def initialise(settings: StoreSettings, clock: Clock, *, dry_run: bool) -> Sequence[str]:
    """What was done to create the store or to bring it up to date, each as an order; in a dry run, what would be.

    Raises as `open_store`. A dry run makes nothing, and no file either.
    """
    url = mongodb_url(settings)
    if url is not None:
        from masterx.store.mongodb.store import initialise as initialise_mongodb  # noqa: PLC0415 (as above)

        return await initialise_mongodb(url, clock, dry_run=dry_run)
    missing = await asyncio.to_thread(missing_steps, DatabaseFile(sqlite_path(settings).absolute(), 1))
    if not dry_run:
        store = await open_store(settings, clock)
        await store.close()
    return missing


def mongodb_url(settings: StoreSettings) -> str | None:
    """None where the store is a file."""
    url = settings.database_url
    return url if url is not None and url.startswith(_MONGODB_PREFIXES) else None


def sqlite_path(settings: StoreSettings) -> Path:
    """`sqlite:///` and a path: `sqlite:///data/a.db` is relative, `sqlite:////var/a.db` absolute.

    The URL is not repeated in an error, for one of another database may hold a password.
    """
    url = settings.database_url
    if url is None:
        return settings.data_dir / DATABASE_FILE
    if not url.startswith(_SQLITE_PREFIX):
        scheme = url.partition(":")[0] if "://" in url else ""
        raise ConfigurationError(
            f"MASTERX_DATABASE_URL: {scheme!r} is no database that this server knows; "
            "use sqlite:///relative/path, sqlite:////absolute/path or mongodb://host/name, or leave it unset."
        )
    path = url.removeprefix(_SQLITE_PREFIX)
    if not path or path.endswith("/") or path == ":memory:" or "?" in path:
        raise ConfigurationError("MASTERX_DATABASE_URL: sqlite:/// needs the path of a file after it.")
    return Path(path)
