"""Choosing the backend for whole copies."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from masterx.clock import Clock
from masterx.settings import StoreSettings
from masterx.store.opening import sqlite_path
from masterx.store.rows import RowSource, RowTarget
from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.replacing import new_database
from masterx.store.sqlite.rows import SQLiteRowSource


@contextlib.asynccontextmanager
async def row_source(settings: StoreSettings, *, closed_to_writers: bool = False) -> AsyncIterator[RowSource]:
    """All rows of the store that the settings name, as of one moment.

    ``closed_to_writers``: nobody else writes until the block ends. Raises `BackupError`, `ConfigurationError` or
    `DatabaseError` where the store cannot be read like that.
    """
    source = await SQLiteRowSource.open(_file(settings), closed_to_writers=closed_to_writers)
    try:
        yield source
    finally:
        await source.close()


@contextlib.asynccontextmanager
async def row_target(
    settings: StoreSettings, schema_version: int, clock: Clock, *, replace: bool = False, resume: bool = False
) -> AsyncIterator[RowTarget]:
    """A store to fill; it is the one that the settings name when the block ends well.

    ``resume`` goes on with what an earlier block left. Raises `BackupError` where a server or another restore is at
    work, and for a store with rows in it unless ``replace``.
    """
    async with new_database(_file(settings), schema_version, clock, replace=replace, resume=resume) as target:
        yield target


def _file(settings: StoreSettings) -> DatabaseFile:
    return DatabaseFile(sqlite_path(settings).absolute(), settings.busy_seconds)
