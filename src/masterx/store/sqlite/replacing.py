"""Putting a new database file in the place of one that nobody uses."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

from masterx.clock import Clock
from masterx.errors import BackupError, MasterXError
from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.rows import SQLiteRowSource, SQLiteRowTarget, remove_database

_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
"""The bytes of the file that every connection with a write-ahead log holds a lock on (SQLite's os.h)."""


@contextlib.asynccontextmanager
async def new_database(
    file: DatabaseFile, schema_version: int, clock: Clock, *, replace: bool, resume: bool = False
) -> AsyncIterator[SQLiteRowTarget]:
    """What is filled in the block takes the place of the database when the block ends well.

    The one that was there stays beside it under another name. ``resume`` goes on with what an earlier block left that
    did not end well, and leaves it again. Raises `BackupError` where a server or another restore is at work, and for a
    database with rows in it unless ``replace``.
    """
    draft = DatabaseFile(file.path.with_name(f".{file.path.name}.{'moving' if resume else 'new'}"), file.busy_seconds)
    file.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone_in(file.path.parent):
        await _require_room(file, replace=replace)
        if not resume:
            remove_database(draft)
        target = await SQLiteRowTarget.open(draft, schema_version, clock)
        try:
            yield target
            await target.finish()
            await asyncio.to_thread(_put_in_place, draft, file, clock.now())
        except BaseException:
            await (target.pause() if resume else target.abandon())
            raise


async def _require_room(file: DatabaseFile, *, replace: bool) -> None:
    if not file.path.exists():
        return
    with _unused(file):
        pass
    if not replace and not await _is_empty(file):
        raise BackupError(
            f"There is a database with rows in it at {str(file.path)!r}. To put another in its place, say --replace; "
            "it is kept beside it under another name."
        )


async def _is_empty(file: DatabaseFile) -> bool:
    """A file that cannot be read as a database of ours is not empty, unless it has no byte."""
    if file.path.stat().st_size == 0:
        return True
    try:
        source = await SQLiteRowSource.open(file)
    except (MasterXError, sqlite3.Error):
        return False
    try:
        return not any((await source.counts()).values())
    finally:
        await source.close()


def _put_in_place(draft: DatabaseFile, file: DatabaseFile, now: datetime) -> None:
    """One renaming: whoever opens the path finds the old database or the new one."""
    kept = file.path.with_name(f"{file.path.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
    try:
        if file.path.exists():
            _fold_log(file)
            with _unused(file):
                _keep(file.path, kept)
                draft.path.replace(file.path)
        else:
            draft.path.replace(file.path)
        remove_database(draft)
        _sync_folder(file.path.parent)
    except OSError as error:
        raise BackupError(f"The new database could not be put in its place: {error.strerror}.") from error


def _fold_log(file: DatabaseFile) -> None:
    """What a killed server left in its log belongs to the old database, which is kept. A damaged one keeps its log."""
    with contextlib.suppress(sqlite3.Error):
        connection = file.connect(read_only=False)
        try:
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        finally:
            connection.close()


def _keep(path: Path, kept: Path) -> None:
    kept.unlink(missing_ok=True)
    kept.hardlink_to(path)
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + suffix))


@contextlib.contextmanager
def _unused(file: DatabaseFile) -> Iterator[None]:
    """Nobody has the database open, and nobody can open it meanwhile. Raises `BackupError` where somebody has.

    This process may have no connection to it: closing the descriptor drops all locks that the process has on the file.
    """
    with file.path.open("rb+") as opened:
        try:
            fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except OSError as error:
            raise BackupError(f"A server, or another program, works with {str(file.path)!r}. Stop it first.") from error
        yield


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """The lock goes with the process, however that ends. Raises `BackupError` where another one has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BackupError(f"Another restore is at work in {str(folder)!r}.") from error
        yield
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
