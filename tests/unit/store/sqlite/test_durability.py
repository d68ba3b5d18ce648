"""What was acknowledged is on disk, and what was deleted is not."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.fakes.clock import START, FrozenClock
from tests.fakes.records import MINUTE, make_session, make_turn, make_user

from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.store import SQLiteStore

RECORD_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_session, make_turn, make_user
from masterx.settings import StoreSettings
from masterx.store.opening import open_store

async def learner(store, user):
    session = make_session(user)
    await store.record_turn(make_turn(session, opens_session=True))
    while True:
        turn = make_turn(session)
        await store.record_turn(turn)
        print(turn.question.id, turn.answer.id, flush=True)

async def main():
    store = await open_store(StoreSettings(data_dir=Path(sys.argv[1]), database_url=None), FrozenClock())
    user = make_user()
    await store.add_user(user)
    print(user.id, flush=True)
    await asyncio.gather(*(learner(store, user) for _ in range(16)))

asyncio.run(main())
"""
ACKNOWLEDGED = 200


def _record_and_kill(folder: Path) -> tuple[str, set[str]]:
    """The learner, and the ids of all messages that the child had acknowledged when it was killed."""
    with subprocess.Popen(
        [sys.executable, "-c", RECORD_UNTIL_KILLED, str(folder)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        user_id = child.stdout.readline().strip()
        words = [word for _ in range(ACKNOWLEDGED) for word in child.stdout.readline().split()]
        child.kill()
        words += child.stdout.read().split()
    # The very last word may have been cut off.
    return user_id, {word for word in words if len(word) == len(user_id)}


async def test_a_killed_process_loses_no_turn_that_it_acknowledged(tmp_path: Path, clock: FrozenClock) -> None:
    user_id, acknowledged = await asyncio.to_thread(_record_and_kill, tmp_path)
    assert len(acknowledged) >= 2 * ACKNOWLEDGED
    store = await open_store(StoreSettings(data_dir=tmp_path, database_url=None), clock)
    sessions = (await store.sessions(user_id, limit=100)).sessions
    stored = {
        message.id: message
        for session in sessions
        for message in await store.messages(session.id, user_id, limit=100_000)
    }
    assert acknowledged <= set(stored)
    answered = {message.reply_to for message in stored.values() if message.reply_to}
    assert answered == {message.id for message in stored.values() if message.reply_to is None}
    assert sum(session.total_messages for session in sessions) == len(stored)
    (system, _) = await store.cost_tracking(START.date(), START.date())
    events = await store.cost_events(START, START + MINUTE)
    assert system.total_requests == len(events) == len(answered)
    await store.close()


async def test_the_settings_that_make_it_so_are_on(store: SQLiteStore) -> None:
    names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "query_only", "mmap_size", "busy_timeout")

    def settings(connection: sqlite3.Connection) -> dict[str, object]:
        rows = {name: connection.execute(f"PRAGMA {name}").fetchone() for name in names}
        return {name: row[0] if row else 0 for name, row in rows.items()}

    full = 2
    expected = {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "secure_delete": 1,
        "query_only": 0,
        "mmap_size": 0,
        "busy_timeout": 200,
    }
    await store.ping()
    assert await store._readers.run(settings) == {**expected, "query_only": 1}
    assert await store._writer.run(settings) == expected
    session = await _open_and_delete_a_session(store)
    assert await store._writer.run(settings) == expected, session


async def _open_and_delete_a_session(store: SQLiteStore, text: str = "text") -> str:
    user = make_user()
    session = make_session(user, title=text)
    await store.add_user(user)
    await store.record_turn(make_turn(session, opens_session=True, question=text, answer=text * 10_000))
    await store.delete_session(session.id, user.id)
    return session.id


async def test_erased_text_lingers_in_no_file(store: SQLiteStore, file: DatabaseFile) -> None:
    secret = "an embarrassing question"
    await _open_and_delete_a_session(store, secret)
    files = list(file.path.parent.iterdir())
    assert file.path in files
    for path in files:
        assert secret.encode() not in path.read_bytes(), path.name


async def test_a_reader_at_work_only_puts_the_wiping_off(store: SQLiteStore, file: DatabaseFile) -> None:
    secret = "an embarrassing question"
    reader = sqlite3.connect(file.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM users").fetchone()
    await _open_and_delete_a_session(store, secret)
    reader.execute("COMMIT")
    reader.close()
    await store.add_user(make_user())
    for path in file.path.parent.iterdir():
        assert secret.encode() not in path.read_bytes(), path.name


async def test_the_log_is_folded_in_at_the_end(store: SQLiteStore, file: DatabaseFile) -> None:
    await store.add_user(make_user())
    await store.close()
    assert [path.name for path in file.path.parent.iterdir()] == [file.path.name]
