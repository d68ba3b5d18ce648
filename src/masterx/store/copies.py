"""Choosing the backend for whole copies."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from masterx.clock import Clock
from masterx.settings import StoreSettings
from masterx.store.opening import mongodb_url, sqlite_path
from masterx.store.rows import RowSource, RowTarget
from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.replacing import new_database
from masterx.store.sqlite.rows import SQLiteRowSource


@contextlib.asynccontextmanager
async def row_source(
    settings: StoreSettings, clock: Clock, *, closed_to_writers: bool = False
) -> AsyncIterator[RowSource]:
    """All rows of the store that the settings name, as of one moment.

    ``closed_to_writers``: no server works with it and, of SQLite, none can until the block ends. Raises `BackupError`,
    `ConfigurationError` or `DatabaseError` where the store cannot be read like that.
    """
    source: RowSource
    url = mongodb_url(settings)
    if url is None:
        source = await SQLiteRowSource.open(_file(settings), closed_to_writers=closed_to_writers)
    else:
        from masterx.store.mongodb.rows import MongoRowSource  # noqa: PLC0415 (see opening.open_store)

        source = await MongoRowSource.open(url, clock, closed_to_writers=closed_to_writers)
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
    url = mongodb_url(settings)
    if url is None:
        async with new_database(_file(settings), schema_version, clock, replace=replace, resume=resume) as file:
            yield file
        return
    from masterx.store.mongodb.rows import MongoRowTarget  # noqa: PLC0415 (see opening.open_store)

    target = await MongoRowTarget.open(url, schema_version, clock, replace=replace, resume=resume)
    try:
        try:
            yield target
            await target.finish()
        except BaseException:
            if not resume:
                await target.abandon()
            raise
    finally:
        await target.pause()


def _file(settings: StoreSettings) -> DatabaseFile:
    return DatabaseFile(sqlite_path(settings).absolute(), settings.busy_seconds)
