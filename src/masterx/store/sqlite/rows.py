"""`RowSource` and `RowTarget` over a file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from masterx.clock import Clock
from masterx.errors import BackupError, ConfigurationError, MasterXError
from masterx.store.rows import BATCH_ROWS, Fields, Key, Row
from masterx.store.schema import SCHEMA_VERSION
from masterx.store.sqlite.columns import placeholders
from masterx.store.sqlite.connection import DatabaseFile, require_sqlite, use_wal
from masterx.store.sqlite.errors import translated
from masterx.store.sqlite.migrations import MIGRATIONS, applied_version, migrate
from masterx.store.sqlite.row_values import empty_database, from_columns, keys_of, tables_of, to_columns

_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
_CACHE_KIB = 65_536


class SQLiteRowSource:
    """One read transaction: with the write-ahead log, writers neither wait for it nor change what it sees.

    The log cannot be folded into the file meanwhile, so it grows by what is written.
    """

    store: Final = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.schema_version = applied_version(connection)
        self.fields: Mapping[str, Fields] = tables_of(connection)
        self.keys: Mapping[str, Sequence[str]] = keys_of(connection, self.fields)

    @classmethod
    async def open(cls, file: DatabaseFile, *, closed_to_writers: bool = False) -> SQLiteRowSource:
        """``closed_to_writers``: nobody else writes until `close`; raises `DatabaseUnavailable` where somebody does.

        Raises `BackupError` where there is no database, `ConfigurationError` for one that is newer or no one of ours.
        """
        if not file.path.is_file():
            raise BackupError(f"There is no database at {str(file.path)!r}.")
        return await asyncio.to_thread(cls._open, file, closed_to_writers)

    @classmethod
    def _open(cls, file: DatabaseFile, closed_to_writers: bool) -> SQLiteRowSource:
        try:
            connection = file.connect(read_only=not closed_to_writers)
            try:
                connection.execute("BEGIN IMMEDIATE" if closed_to_writers else "BEGIN")
                source = cls(connection)
                _require_known(source.schema_version)
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            raise translated(error) from error
        return source

    async def counts(self) -> Mapping[str, int]:
        return await asyncio.to_thread(self._counts)

    def _counts(self) -> Mapping[str, int]:
        try:
            return {
                name: int(self._connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])
                for name in self.fields
            }
        except sqlite3.Error as error:
            raise translated(error) from error

    async def batches(self, collection: str, *, after: Key | None = None) -> AsyncIterator[Sequence[Row]]:
        fields = self.fields[collection]
        keys = ", ".join(self.keys[collection])
        behind = "" if after is None else f"WHERE ({keys}) > ({placeholders(keys)})"
        statement = f"SELECT {', '.join(fields)} FROM {collection} {behind} ORDER BY {keys}"

        def begin() -> sqlite3.Cursor:
            return self._connection.execute(statement, tuple(after or ()))

        def following(cursor: sqlite3.Cursor) -> Sequence[Row]:
            return from_columns(fields, cursor.fetchmany(BATCH_ROWS))

        try:
            cursor = await asyncio.to_thread(begin)
            while rows := await asyncio.to_thread(following, cursor):
                yield rows
        except sqlite3.Error as error:
            raise translated(error) from error

    async def close(self) -> None:
        await asyncio.to_thread(self._connection.close)


class SQLiteRowTarget:
    """A new file beside where the database will be; its indexes are made when all rows are in."""

    def __init__(self, file: DatabaseFile, connection: sqlite3.Connection, clock: Clock) -> None:
        self.file = file
        self._positions = _Positions(connection)
        self._connection = connection
        self._clock = clock
        self._fields = tables_of(connection)
        self._keys = keys_of(connection, self._fields)
        self._finished = False

    @classmethod
    async def open(cls, file: DatabaseFile, schema_version: int, clock: Clock) -> SQLiteRowTarget:
        """Goes on with a file that an earlier attempt left. Raises `BackupError` for a schema newer than ours."""
        return await asyncio.to_thread(cls._open, file, schema_version, clock)

    @classmethod
    def _open(cls, file: DatabaseFile, schema_version: int, clock: Clock) -> SQLiteRowTarget:
        _require_known(schema_version)
        require_sqlite()
        file.create()
        try:
            connection = file.connect(read_only=False)
            try:
                use_wal(connection)
                for pragma in ("foreign_keys = OFF", "synchronous = NORMAL", f"cache_size = -{_CACHE_KIB}"):
                    connection.execute(f"PRAGMA {pragma}")
                migrate(connection, clock, MIGRATIONS[:schema_version])
                for name, _ in connection.execute(_INDEXES).fetchall():
                    connection.execute(f"DROP INDEX {name}")
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            raise _failure(error) from error
        return cls(file, connection, clock)

    async def last_key(self, collection: str) -> Key | None:
        keys = self._keys[collection]
        order = ", ".join(f"{key} DESC" for key in keys)
        statement = f"SELECT {', '.join(keys)} FROM {collection} ORDER BY {order} LIMIT 1"
        row = await asyncio.to_thread(lambda: self._connection.execute(statement).fetchone())
        return None if row is None else tuple(row)

    async def count(self, collection: str) -> int:
        statement = f"SELECT count(*) FROM {collection}"
        (count,) = await asyncio.to_thread(lambda: self._connection.execute(statement).fetchone())
        return int(count)

    async def written(self) -> SQLiteRowSource:
        return await asyncio.to_thread(SQLiteRowSource, self._connection)

    async def add(self, collection: str, fields: Fields, rows: Sequence[Row]) -> None:
        if set(fields) != set(self._fields.get(collection, ())):
            raise BackupError(f"The rows of {collection!r} have other fields than this schema version.")
        await asyncio.to_thread(self._add, collection, fields, rows)

    def _add(self, collection: str, fields: Fields, rows: Sequence[Row]) -> None:
        names = ", ".join(fields)
        statement = f"INSERT INTO {collection} ({names}) VALUES ({placeholders(names)})"
        if collection == "messages":
            rows = self._positions.numbered(fields, rows)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(statement, to_columns(fields, rows))
            self._connection.execute("COMMIT")
        except (sqlite3.Error, OverflowError, ValueError, TypeError, AttributeError) as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise _failure(error) from error

    async def finish(self) -> None:
        await asyncio.to_thread(self._finish)

    def _finish(self) -> None:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for statement in _index_statements(applied_version(connection)):
                connection.execute(statement)
            connection.execute("COMMIT")
            if (orphan := connection.execute("PRAGMA foreign_key_check").fetchone()) is not None:
                raise BackupError(f"A row of {orphan[0]!r} belongs to a row of {orphan[2]!r} that is not there.")
            connection.execute("PRAGMA foreign_keys = ON")
            migrate(connection, self._clock)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise _failure(error) from error
        connection.close()
        _sync(self.file)
        self._finished = True

    async def abandon(self) -> None:
        if not self._finished:
            self._connection.close()
            remove_database(self.file)

    async def pause(self) -> None:
        """Leave what is there for another attempt."""
        await asyncio.to_thread(self._connection.close)


class _Positions:
    """Numbers messages as they come. A store may count them by session; here a number is given once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._next = connection.execute("SELECT ifnull(max(position), 0) + 1 FROM messages").fetchone()[0]

    def numbered(self, fields: Fields, rows: Sequence[Row]) -> Sequence[Row]:
        """By time, and within a moment as their store had them. Ids sort by time, so that batches follow each other."""
        names = list(fields)
        moment, place = names.index("timestamp"), names.index("position")
        numbered = [list(row) for row in sorted(rows, key=lambda row: (row[moment], row[place]))]
        for row in numbered:
            row[place] = self._next
            self._next += 1
        return numbered


def remove_database(file: DatabaseFile) -> None:
    """The file with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        file.path.with_name(file.path.name + suffix).unlink(missing_ok=True)


def _index_statements(version: int) -> Sequence[str]:
    """Those of this version."""
    with contextlib.closing(empty_database(version)) as model:
        return [sql for (_, sql) in model.execute(_INDEXES)]


def _require_known(version: int) -> None:
    if version > SCHEMA_VERSION:
        raise ConfigurationError(
            f"That has schema version {version}, this program knows versions up to {SCHEMA_VERSION}: "
            "a newer MasterX has written it. Use that one."
        )


def _failure(error: Exception) -> MasterXError:
    """What goes wrong in filling a new file, for whoever started it."""
    if isinstance(error, sqlite3.OperationalError):
        match error.sqlite_errorcode & 0xFF:
            case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
                return BackupError("The disk is full or failed before all rows were written. Nothing was replaced.")
            case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY:
                return BackupError("The folder of the database cannot be written to. Nothing was replaced.")
    known = translated(error)
    if isinstance(known, MasterXError) and not isinstance(error, sqlite3.IntegrityError):
        return known
    return BackupError("A row does not fit the tables of its schema version. Nothing was replaced.")


def _sync(file: DatabaseFile) -> None:
    descriptor = os.open(file.path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
