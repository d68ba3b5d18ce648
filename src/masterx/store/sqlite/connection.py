"""Opening the file, and noticing when it is another one."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from masterx.errors import ConfigurationError, DatabaseUnavailable

OLDEST_SQLITE = (3, 37, 0)
"""STRICT tables; RETURNING and upserts are older."""

_CACHED_STATEMENTS = 128
_CACHE_KIB = 2_048
_WAL_PAGES = 1_000

FileIdentity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class DatabaseFile:
    path: Path
    """Absolute."""
    busy_seconds: float

    def create(self) -> None:
        """An empty file that only its owner can read, unless there is one. Its folder is made with mode 0700."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise ConfigurationError(
                f"The database cannot be kept at {str(self.path)!r}: {error.strerror}. "
                "Set MASTERX_DATA_DIR or MASTERX_DATABASE_URL to a place this server may write to."
            ) from error

    def identity(self) -> FileIdentity:
        """Device and inode. An open connection outlives a deleted file and would go on writing to nowhere."""
        try:
            status = os.stat(self.path)  # noqa: PTH116 (on the path of every read; Path.stat costs twice)
        except OSError as error:
            raise DatabaseUnavailable(details={"reason": "cannot_open"}, retry_after=1) from error
        return status.st_dev, status.st_ino

    def connect(self, *, read_only: bool) -> sqlite3.Connection:
        """Never creates the file: one that vanished must not come back empty.

        Autocommit; transactions are begun in so many words. No memory map: a disk error there is a signal
        that kills the process, not an error that can be answered.
        """
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw",
            uri=True,
            timeout=self.busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_CACHED_STATEMENTS,
        )
        try:
            for pragma in (
                "foreign_keys = ON",
                "synchronous = FULL",
                "secure_delete = ON",
                f"cache_size = -{_CACHE_KIB}",
                "mmap_size = 0",
                f"wal_autocheckpoint = {_WAL_PAGES}",
                "trusted_schema = OFF",
                f"query_only = {'ON' if read_only else 'OFF'}",
            ):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection


def use_wal(connection: sqlite3.Connection) -> None:
    """Kept in the file itself. Raises `ConfigurationError` where the file system cannot do it."""
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise ConfigurationError(
            "The database's file system does not support SQLite's write-ahead log; "
            "set MASTERX_DATA_DIR to a folder on a local disk."
        )


def require_sqlite() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(str(part) for part in OLDEST_SQLITE)
        raise ConfigurationError(
            f"This Python has SQLite {sqlite3.sqlite_version}; MasterX needs {needed} or newer. "
            "Use a newer Python build."
        )
