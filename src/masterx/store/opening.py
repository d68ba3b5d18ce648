"""Choosing the backend."""

from __future__ import annotations

from pathlib import Path

from masterx.clock import Clock
from masterx.errors import ConfigurationError
from masterx.settings import StoreSettings
from masterx.store.ports import Store
from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.store import SQLiteStore

DATABASE_FILE = "masterx.sqlite3"

_SQLITE_PREFIX = "sqlite:///"


async def open_store(settings: StoreSettings, clock: Clock) -> Store:
    """The store that the settings name, created or migrated as needed.

    Raises `ConfigurationError` for a URL that cannot be used and for a schema newer than this program,
    `DatabaseUnavailable` when the database is locked or gone.
    """
    # Absolute from the start: connections are opened again after failures, perhaps from another directory.
    file = DatabaseFile(sqlite_path(settings).absolute(), settings.busy_seconds)
    return await SQLiteStore.open(file, clock)


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
            "use sqlite:///relative/path or sqlite:////absolute/path, or leave it unset."
        )
    path = url.removeprefix(_SQLITE_PREFIX)
    if not path or path.endswith("/") or path == ":memory:" or "?" in path:
        raise ConfigurationError("MASTERX_DATABASE_URL: sqlite:/// needs the path of a file after it.")
    return Path(path)
