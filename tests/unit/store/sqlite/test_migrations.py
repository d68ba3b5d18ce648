from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from tests.fakes.clock import FrozenClock

from masterx.errors import ConfigurationError
from masterx.store.schema import COLLECTIONS, INDEXES, SCHEMA_VERSION, SIDE_COLLECTIONS, Index
from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.migrations import MIGRATIONS, Migration, applied_version, migrate
from masterx.store.sqlite.store import SQLiteStore

Connect = Callable[[], sqlite3.Connection]

FIRST = Migration("first", ("CREATE TABLE notes (text TEXT)", "INSERT INTO notes VALUES ('kept')"))
SECOND = Migration("second", ("ALTER TABLE notes ADD COLUMN size INTEGER", "UPDATE notes SET size = length(text)"))
BROKEN = Migration("broken", ("CREATE TABLE half (x)", "INSERT INTO nowhere VALUES (1)"))


@pytest.fixture
def connection(file: DatabaseFile, connect: Connect) -> sqlite3.Connection:
    file.create()
    return connect()


def test_an_old_shape_is_brought_forward_with_its_rows(connection: sqlite3.Connection, clock: FrozenClock) -> None:
    migrate(connection, clock, [FIRST])
    assert applied_version(connection) == 1
    clock.advance(60)
    migrate(connection, clock, [FIRST, SECOND])
    assert connection.execute("SELECT text, size FROM notes").fetchall() == [("kept", 4)]
    applied = connection.execute("SELECT version, name, applied_at FROM schema_version").fetchall()
    assert applied == [(1, "first", "2026-03-14T15:09:26.000000Z"), (2, "second", "2026-03-14T15:10:26.000000Z")]


def test_migrating_again_changes_nothing(connection: sqlite3.Connection, clock: FrozenClock) -> None:
    migrate(connection, clock)
    changes = connection.total_changes
    migrate(connection, clock)
    assert connection.total_changes == changes


def test_steps_are_applied_all_or_none(connection: sqlite3.Connection, clock: FrozenClock) -> None:
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, clock, [FIRST, BROKEN])
    assert applied_version(connection) == 0
    assert not connection.in_transaction
    migrate(connection, clock, [FIRST, SECOND])


def test_devices_that_are_signed_in_stay_signed_in(connection: sqlite3.Connection, clock: FrozenClock) -> None:
    migrate(connection, clock, MIGRATIONS[:1])
    connection.execute(
        "INSERT INTO users VALUES ('ada', 'a', 'a', 'Ada', '1', 'learner', NULL, '{}', NULL, 'free', 0, NULL)"
    )
    connection.executemany(
        "INSERT INTO refresh_tokens VALUES (?, 'ada', ?, ?, ?, ?, ?, ?)",
        [
            ("1", "laptop", "hash 1", "2026-01-01", "2026-02-01", "2026-01-02", None),
            ("2", "laptop", "hash 2", "2026-01-02", "2026-02-02", None, None),
            ("3", "phone", "hash 3", "2026-01-03", "2026-02-03", None, "2026-01-04"),
        ],
    )
    connection.execute("INSERT INTO one_time_links VALUES ('l', 'ada', 'hash', '1', '2', 1, NULL)")
    migrate(connection, clock, MIGRATIONS)
    assert connection.execute("SELECT * FROM devices").fetchall() == [
        ("laptop", "ada", "Unknown device", "2026-01-01", "2026-01-02", "2026-02-02")
    ]
    tokens = connection.execute("SELECT id, device_id, token_hash, used_at FROM refresh_tokens ORDER BY id").fetchall()
    assert tokens == [("1", "laptop", "hash 1", "2026-01-02"), ("2", "laptop", "hash 2", None)]
    assert connection.execute("SELECT purpose FROM one_time_links").fetchall() == [("sign_in",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_what_was_spent_before_counts_against_budgets(connection: sqlite3.Connection, clock: FrozenClock) -> None:
    migrate(connection, clock, MIGRATIONS[:2])
    connection.executemany(
        "INSERT INTO cost_events VALUES (?, ?, 'groq', 'm', 'chat', 'succeeded', 'priced', ?, 'general', ?, NULL, NULL,"
        " 1, 1, 0, 0, 0, 1, NULL)",
        [("1", "2026-03-14T15:09:26.000000Z", 5, "ada"), ("2", "2026-03-14T16:00:00.000000Z", 7, None)],
    )
    migrate(connection, clock, MIGRATIONS[:3])
    assert connection.execute("SELECT * FROM budget_spending WHERE kind = 'system'").fetchall() == [
        ("system", "", "2026-03", 12),
        ("system", "", "2026-03-14", 12),
        ("system", "", "2026-03-14T15", 5),
        ("system", "", "2026-03-14T16", 7),
    ]
    others = connection.execute("SELECT kind, name, spent FROM budget_spending WHERE period = '2026-03' ORDER BY kind")
    assert others.fetchall() == [("provider", "groq", 12), ("system", "", 12), ("user", "ada", 5)]


async def test_a_newer_schema_is_refused_and_left_alone(
    file: DatabaseFile, clock: FrozenClock, store: SQLiteStore, connect: Connect
) -> None:
    newer = SCHEMA_VERSION + 1
    connect().execute("INSERT INTO schema_version VALUES (?, 'of tomorrow', '')", (newer,))
    with pytest.raises(ConfigurationError, match=f"version {newer}.*newer MasterX"):
        await SQLiteStore.open(file, clock)
    assert applied_version(connect()) == newer


def test_another_programs_database_is_refused(connection: sqlite3.Connection, clock: FrozenClock) -> None:
    connection.execute("CREATE TABLE invoices (id)")
    with pytest.raises(ConfigurationError, match="another program"):
        migrate(connection, clock)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("invoices",)]


def test_the_list_ends_at_this_programs_version() -> None:
    assert len(MIGRATIONS) == SCHEMA_VERSION


def test_every_collection_is_a_strict_table(connection: sqlite3.Connection, clock: FrozenClock) -> None:
    migrate(connection, clock)
    tables = {row[1]: row[5] for row in connection.execute("PRAGMA table_list") if not row[1].startswith("sqlite_")}
    assert set(tables) == {*COLLECTIONS, *SIDE_COLLECTIONS, "schema_version"}
    assert set(tables.values()) == {1}


@pytest.mark.parametrize("index", INDEXES, ids=lambda index: index.name)
def test_every_index_is_there(connection: sqlite3.Connection, clock: FrozenClock, index: Index) -> None:
    migrate(connection, clock)
    listed = {row[1]: row for row in connection.execute(f"PRAGMA index_list({index.collection})")}
    _, _, unique, _, partial = listed[index.name]
    assert (bool(unique), bool(partial)) == (index.unique, index.where is not None)
    keys = [row for row in connection.execute(f"PRAGMA index_xinfo({index.name})") if row[5]]
    assert tuple((row[2], -1 if row[3] else 1) for row in keys) == index.keys
