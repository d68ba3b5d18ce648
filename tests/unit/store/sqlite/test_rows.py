from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.records import make_session, make_turn, make_user

from masterx.errors import BackupError, ConfigurationError, DatabaseUnavailable
from masterx.store.rows import BATCH_ROWS, LEFT_OUT, Kind, Row, RowSource, kind_of
from masterx.store.schema import COLLECTIONS, SCHEMA_VERSION, SIDE_COLLECTIONS
from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.row_values import tables_of
from masterx.store.sqlite.rows import SQLiteRowSource, SQLiteRowTarget
from masterx.store.sqlite.store import SQLiteStore

Connect = Callable[[], sqlite3.Connection]


@pytest.fixture
async def source(store: SQLiteStore, file: DatabaseFile) -> AsyncIterator[SQLiteRowSource]:
    """Of a database with one lesson of one turn."""
    await add_lesson(store)
    source = await SQLiteRowSource.open(file)
    yield source
    await source.close()


async def add_lesson(store: SQLiteStore) -> None:
    user = make_user()
    await store.add_user(user)
    await store.record_turn(make_turn(make_session(user), opens_session=True))


async def rows_of(source: RowSource, collection: str) -> list[Row]:
    return [row async for batch in source.batches(collection) for row in batch]


async def test_every_collection_is_copied_or_left_out_on_purpose(source: SQLiteRowSource) -> None:
    assert set(source.fields) == {*COLLECTIONS, *SIDE_COLLECTIONS} - LEFT_OUT
    assert list(source.fields)[:3] == ["users", "sessions", "messages"]


async def test_the_kind_of_every_field_is_known(connect: Connect, store: SQLiteStore) -> None:
    """What the tables say of a column agrees with what its name says."""
    for table, fields in tables_of(connect()).items():
        (sql,) = connect().execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        types = dict(connect().execute("SELECT name, type FROM pragma_table_info(?)", (table,)))
        for name, kind in fields.items():
            place = f"{table}.{name}"
            assert (kind is Kind.BOOLEAN) == bool(re.search(rf"{name} IN \(0, 1\)", sql)), place
            assert (kind is Kind.VECTOR) == (types[name] == "BLOB"), place
            if kind in {Kind.TIME, Kind.JSON}:
                assert types[name] == "TEXT", place


async def test_what_looks_like_json_or_a_time_is_one(source: SQLiteRowSource) -> None:
    for collection, fields in source.fields.items():
        for row in await rows_of(source, collection):
            for (name, kind), value in zip(fields.items(), row, strict=True):
                place = f"{collection}.{name}"
                assert isinstance(value, list | dict) == (kind is Kind.JSON and value is not None), place
                if isinstance(value, str):
                    assert bool(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]{15}Z", value)) == (kind is Kind.TIME), place
                    assert not value.startswith(("{", "[")), place


async def test_it_shows_one_moment(store: SQLiteStore, source: SQLiteRowSource) -> None:
    before = await source.counts()
    await add_lesson(store)
    assert await source.counts() == before
    assert len(await rows_of(source, "messages")) == before["messages"] == 2


async def test_batches_go_on_behind_a_key(store: SQLiteStore, file: DatabaseFile) -> None:
    for _ in range(3):
        await add_lesson(store)
    source = await SQLiteRowSource.open(file)
    whole = await rows_of(source, "messages")
    place = list(source.fields["messages"]).index("id")
    ids = [row[place] for row in whole]
    assert ids == sorted(ids)
    rest = [row async for batch in source.batches("messages", after=[ids[3]]) for row in batch]
    assert rest == whole[4:]
    await source.close()


async def test_many_rows_come_in_batches(file: DatabaseFile, clock: FrozenClock) -> None:
    target = await SQLiteRowTarget.open(file, SCHEMA_VERSION, clock)
    fields = {"kind": Kind.PLAIN, "name": Kind.PLAIN, "span": Kind.PLAIN, "amount": Kind.PLAIN}
    rows = [["user", f"{number:06}", "day", number] for number in range(BATCH_ROWS + 1)]
    await target.add("budgets", fields, rows)
    assert await target.last_key("budgets") == ("user", f"{BATCH_ROWS:06}", "day")
    assert await target.last_key("alerts") is None
    await target.finish()
    source = await SQLiteRowSource.open(file)
    lengths = [len(batch) async for batch in source.batches("budgets")]
    assert lengths == [BATCH_ROWS, 1]
    await source.close()


async def test_closed_to_writers(store: SQLiteStore, file: DatabaseFile) -> None:
    """The store's own writer waits for the lock, in vain."""
    source = await SQLiteRowSource.open(file, closed_to_writers=True)
    with pytest.raises(DatabaseUnavailable):
        await add_lesson(store)
    with pytest.raises(DatabaseUnavailable):
        await SQLiteRowSource.open(DatabaseFile(file.path, 0.01), closed_to_writers=True)
    await source.close()
    await add_lesson(store)


async def filled(file: DatabaseFile, clock: FrozenClock, collection: str, rows: Sequence[Row]) -> SQLiteRowTarget:
    target = await SQLiteRowTarget.open(file, SCHEMA_VERSION, clock)
    await target.add(collection, (await target.written()).fields[collection], rows)
    return target


@pytest.mark.parametrize("row", [["system", "", "day", -1], ["nobody", "", "day", 1], ["system", None, "day", 1]])
async def test_a_row_that_does_not_fit(file: DatabaseFile, clock: FrozenClock, row: Row) -> None:
    with pytest.raises(BackupError, match="does not fit"):
        await filled(file, clock, "budgets", [row])


async def test_a_row_that_belongs_to_nobody(file: DatabaseFile, clock: FrozenClock) -> None:
    time = "2026-03-14T15:09:26.000000Z"
    target = await filled(file, clock, "devices", [["id", "nobody", "Firefox", time, time, time]])
    with pytest.raises(BackupError, match="belongs to"):
        await target.finish()
    await target.abandon()
    assert list(file.path.parent.iterdir()) == []


async def test_other_fields_and_newer_schemas(file: DatabaseFile, clock: FrozenClock) -> None:
    target = await SQLiteRowTarget.open(file, SCHEMA_VERSION, clock)
    for collection in ("budgets", "nothing_of_ours"):
        with pytest.raises(BackupError, match="other fields"):
            await target.add(collection, {"name; DROP TABLE users": Kind.PLAIN}, [["x"]])
    await target.abandon()
    with pytest.raises(ConfigurationError, match="newer"):
        await SQLiteRowTarget.open(file, SCHEMA_VERSION + 1, clock)


async def test_rows_of_an_older_schema_are_brought_forward(file: DatabaseFile, clock: FrozenClock) -> None:
    target = await SQLiteRowTarget.open(file, 1, clock)
    fields = (await target.written()).fields
    values = {"id": "ada", "email": "a@b", "email_normalised": "a@b", "name": "Ada", "role": "learner"}
    values |= {"created_at": "2026-03-14T15:09:26.000000Z", "subscription_tier": "free"}
    preferences: dict[str, object] = {
        "preferred_subjects": [],
        "learning_style": None,
        "difficulty_preference": "adaptive",
    }
    typed = values | {"learning_preferences": preferences, "total_sessions": 0}
    await target.add("users", fields["users"], [[typed.get(name) for name in fields["users"]]])
    await target.finish()
    store = await SQLiteStore.open(file, clock)
    assert await store.schema_version() == SCHEMA_VERSION
    user = await store.user("ada")
    assert user is not None
    assert user.name == "Ada"
    await store.close()


async def test_there_has_to_be_a_database(file: DatabaseFile) -> None:
    with pytest.raises(BackupError, match="no database"):
        await SQLiteRowSource.open(file)


def test_kinds_go_by_name() -> None:
    fields = ("created_at", "timestamp", "content", "routing", "position", "id")
    assert [kind_of("messages", name) for name in fields] == [
        Kind.TIME,
        Kind.TIME,
        Kind.PLAIN,
        Kind.JSON,
        Kind.LOCAL,
        Kind.PLAIN,
    ]
