"""Each error of the driver is a real one, made by SQLite itself."""

from __future__ import annotations

import sqlite3

import pytest

from masterx.errors import Conflict, DatabaseError, DatabaseUnavailable, InvalidInput, MasterXError, NotFound
from masterx.store.sqlite.errors import breaks_connection, translated

SCHEMA = """
    PRAGMA foreign_keys = ON;
    CREATE TABLE parents (id TEXT PRIMARY KEY) STRICT;
    CREATE TABLE rows (
        id TEXT PRIMARY KEY, size INTEGER NOT NULL CHECK (size > 0), parent TEXT REFERENCES parents (id)
    ) STRICT;
    INSERT INTO rows VALUES ('a', 1, NULL);
"""
INSERT = "INSERT INTO rows VALUES (?, ?, ?)"


@pytest.fixture
def connection() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    return connection


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("a", 1, None), Conflict),
        (("b", 0, None), InvalidInput),
        (("b", None, None), InvalidInput),
        (("b", "much", None), InvalidInput),
        (("b", 2**63, None), InvalidInput),
        (("\ud800", 1, None), InvalidInput),
        (("b", 1, "nobody"), NotFound),
        (("b", object(), None), DatabaseError),
        (("b",), DatabaseError),
    ],
)
def test_refused_values(
    connection: sqlite3.Connection, values: tuple[object, ...], expected: type[MasterXError]
) -> None:
    with pytest.raises((sqlite3.Error, OverflowError, UnicodeEncodeError)) as refused:
        connection.execute(INSERT, values)
    answer = translated(refused.value)
    assert type(answer) is expected
    assert answer.__cause__ is refused.value
    connection.close()


def test_a_text_longer_than_sqlite_allows(connection: sqlite3.Connection) -> None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000)
    with pytest.raises(sqlite3.Error) as refused:
        connection.execute(INSERT, ("b" * 2_000, 1, None))
    assert isinstance(translated(refused.value), InvalidInput)
    assert not breaks_connection(refused.value)
    connection.close()


def test_a_read_only_database(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = ON")
    with pytest.raises(sqlite3.Error) as refused:
        connection.execute(INSERT, ("b", 1, None))
    answer = translated(refused.value)
    assert isinstance(answer, DatabaseUnavailable)
    assert answer.details == {"reason": "read_only"}
    assert breaks_connection(refused.value)
    connection.close()


def test_errors_of_our_own_pass_unchanged() -> None:
    for error in (NotFound(), KeyError("x")):
        assert translated(error) is error


def test_nothing_the_driver_wrote_is_shown(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.Error) as refused:
        connection.execute("SELECT secret FROM nowhere")
    answer = translated(refused.value)
    assert isinstance(answer, DatabaseError)
    assert "secret" not in f"{answer.message}{answer.details}"
    connection.close()
