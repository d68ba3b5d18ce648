"""The database locked, gone, damaged or full: a typed error at once, and no restart needed afterwards."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.records import make_session, make_turn, make_user

from masterx.errors import DatabaseError, DatabaseUnavailable
from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.store import SQLiteStore

HOLD_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""

FILL_FILE = """
import asyncio, resource, sys
from pathlib import Path
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_user
from masterx.errors import DatabaseUnavailable
from masterx.settings import StoreSettings
from masterx.store.opening import open_store

async def main():
    store = await open_store(StoreSettings(data_dir=Path(sys.argv[1]), database_url=None), FrozenClock())
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    user = make_user(name="n" * 400_000)
    try:
        await store.add_user(user)
    except DatabaseUnavailable as error:
        print(error.details["reason"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert await store.user(user.id) is None
    await store.add_user(user)
    assert await store.user(user.id) == user
    await store.close()

asyncio.run(main())
"""


async def _assert_unavailable(store: SQLiteStore, reason: str) -> None:
    for operation in (store.add_user(make_user()), store.ping(), store.user("anybody")):
        with pytest.raises(DatabaseUnavailable) as refused:
            await operation
        assert refused.value.details == {"reason": reason}


async def _assert_well(store: SQLiteStore) -> None:
    user = make_user()
    await store.add_user(user)
    assert await store.user(user.id) == user
    await store.ping()


def _checkpoint(path: Path) -> None:
    """Fold the log into the file, so that a copy of the file is whole."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _lock_holder(path: Path) -> subprocess.Popen[bytes]:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"locked\n"
    return other


async def test_a_lock_of_another_process_heals(store: SQLiteStore, file: DatabaseFile) -> None:
    user = make_user()
    await store.add_user(user)
    with _lock_holder(file.path) as other:
        session = make_session(user)
        with pytest.raises(DatabaseUnavailable) as refused:
            await store.record_turn(make_turn(session, opens_session=True))
        assert refused.value.details == {"reason": "locked"}
        assert refused.value.retry_after
        assert await store.user(user.id) == user
        other.communicate()
    assert await store.session(session.id, user.id) is None
    await store.record_turn(make_turn(session, opens_session=True))


async def test_a_file_that_vanishes_is_missed_at_once_and_never_made_anew(
    store: SQLiteStore, file: DatabaseFile, tmp_path: Path
) -> None:
    await _assert_well(store)
    away = tmp_path / "away"
    file.path.rename(away)
    await _assert_unavailable(store, "cannot_open")
    assert not file.path.exists()
    away.rename(file.path)
    await _assert_well(store)


async def test_a_folder_that_vanishes_and_returns(store: SQLiteStore, file: DatabaseFile, tmp_path: Path) -> None:
    await _assert_well(store)
    away = tmp_path / "away"
    file.path.parent.rename(away)
    await _assert_unavailable(store, "cannot_open")
    away.rename(file.path.parent)
    await _assert_well(store)


async def test_a_folder_that_may_not_be_read(store: SQLiteStore, file: DatabaseFile) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every folder")
    file.path.parent.chmod(0)
    try:
        await _assert_unavailable(store, "cannot_open")
    finally:
        file.path.parent.chmod(0o700)
    await _assert_well(store)


async def test_a_backup_put_in_its_place_is_what_is_read_from_then_on(
    store: SQLiteStore, file: DatabaseFile, tmp_path: Path
) -> None:
    before, after = make_user(), make_user()
    await store.add_user(before)
    _checkpoint(file.path)
    backup = tmp_path / "backup"
    shutil.copy(file.path, backup)
    await store.add_user(after)
    for name in ("-wal", "-shm"):
        file.path.with_name(file.path.name + name).unlink()
    backup.replace(file.path)
    assert await store.user(before.id) == before
    assert await store.user(after.id) is None
    await _assert_well(store)


def _garbled_whole(content: bytes) -> bytes:
    return b"not a database at all " * (len(content) // 20)


def _garbled_pages(content: bytes) -> bytes:
    """The first page, which names the tables, is good; all others are not: "disk image is malformed"."""
    return content[:4096] + b"\xa5" * (len(content) - 4096)


@pytest.mark.parametrize("garble", [_garbled_whole, _garbled_pages])
async def test_a_damaged_file_is_said_to_be_damaged_until_a_good_one_is_back(
    store: SQLiteStore, file: DatabaseFile, tmp_path: Path, garble: Callable[[bytes], bytes]
) -> None:
    await _assert_well(store)
    _checkpoint(file.path)
    good, bad = tmp_path / "good", tmp_path / "bad"
    shutil.copy(file.path, good)
    bad.write_bytes(garble(good.read_bytes()))
    bad.replace(file.path)
    for operation in (store.add_user(make_user()), store.user("anybody")):
        with pytest.raises(DatabaseError) as refused:
            await operation
        assert refused.value.details == {"reason": "damaged"}
    good.replace(file.path)
    await _assert_well(store)


async def test_a_full_database_refuses_and_takes_again_when_there_is_room(store: SQLiteStore) -> None:
    def allow_no_more_pages(connection: sqlite3.Connection) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    await store._writer.run(allow_no_more_pages)
    with pytest.raises(DatabaseUnavailable) as refused:
        await store.add_user(make_user(name="n" * 100_000))
    assert refused.value.details == {"reason": "disk_full"}
    await store.add_user(make_user(name="n" * 100_000))


def test_a_disk_that_takes_no_more_bytes_heals(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL_FILE, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) in {("disk_full", ""), ("disk_error", "")}


async def test_readers_cannot_write(store: SQLiteStore) -> None:
    with pytest.raises(DatabaseUnavailable) as refused:
        await store._readers.run(lambda connection: connection.execute("DELETE FROM users"))
    assert refused.value.details == {"reason": "read_only"}
