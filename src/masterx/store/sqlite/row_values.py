"""Columns as the values of `store.rows`, and back."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from masterx.store.rows import LEFT_OUT, PORTABLE_KEYS, Fields, Kind, Row, kind_of
from masterx.store.schema import COLLECTIONS, SIDE_COLLECTIONS
from masterx.store.sqlite.columns import json_text
from masterx.store.sqlite.migrations import MIGRATIONS

_TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
_COLUMNS = "SELECT name, type, hidden FROM pragma_table_xinfo(?)"
_NOT_GENERATED: Final = 0
_ORDER: Final = {name: place for place, name in enumerate((*COLLECTIONS, *SIDE_COLLECTIONS))}

Conversion = Callable[[Any], Any]


def _vector_text(blob: bytes) -> str:
    return b64encode(blob).decode()


_FROM_COLUMN: Final[Mapping[Kind, Conversion]] = {
    Kind.JSON: json.loads,
    Kind.BOOLEAN: bool,
    Kind.VECTOR: _vector_text,
}
_TO_COLUMN: Final[Mapping[Kind, Conversion]] = {
    Kind.JSON: json_text,
    Kind.BOOLEAN: int,
    Kind.VECTOR: b64decode,
}


def tables_of(connection: sqlite3.Connection) -> Mapping[str, Fields]:
    """What is in this database, whatever its version, without columns that are computed from others."""
    texts = {name: sql for name, sql in connection.execute(_TABLES) if name not in LEFT_OUT}
    return {
        name: {
            column: _kind(name, column, declared, texts[name])
            for column, declared, hidden in connection.execute(_COLUMNS, (name,))
            if hidden == _NOT_GENERATED
        }
        for name in sorted(texts, key=lambda name: (_ORDER.get(name, len(_ORDER)), name))
    }


def _kind(table: str, column: str, declared: str, sql: str) -> Kind:
    if declared == "BLOB":
        return Kind.VECTOR
    return Kind.BOOLEAN if f"CHECK ({column} IN (0, 1))" in sql else kind_of(table, column)


def from_columns(fields: Fields, rows: Sequence[Sequence[Any]]) -> Sequence[Row]:
    return _converted(fields, rows, _FROM_COLUMN)


def to_columns(fields: Fields, rows: Sequence[Row]) -> Sequence[Row]:
    return _converted(fields, rows, _TO_COLUMN)


def _converted(
    fields: Fields, rows: Sequence[Sequence[Any]], conversions: Mapping[Kind, Conversion]
) -> Sequence[list[Any]]:
    places = [(place, conversions[kind]) for place, kind in enumerate(fields.values()) if kind in conversions]
    converted = [list(row) for row in rows]
    for row in converted:
        for place, convert in places:
            if row[place] is not None:
                row[place] = convert(row[place])
    return converted


def keys_of(connection: sqlite3.Connection, tables: Iterable[str]) -> Mapping[str, Sequence[str]]:
    primary = "SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk"
    return {
        table: PORTABLE_KEYS.get(table) or [name for (name,) in connection.execute(primary, (table,))]
        for table in tables
    }


@dataclass(frozen=True, slots=True)
class Shapes:
    fields: Mapping[str, Fields]
    keys: Mapping[str, Sequence[str]]


def shapes_of_version(version: int) -> Shapes:
    """What rows are made of in every store at a schema version; from a database that is made for the purpose."""
    with contextlib.closing(empty_database(version)) as model:
        fields = tables_of(model)
        return Shapes(fields, keys_of(model, fields))


def empty_database(version: int) -> sqlite3.Connection:
    """In memory. Its tables have no rows and no version."""
    model = sqlite3.connect(":memory:", isolation_level=None)
    for migration in MIGRATIONS[:version]:
        for statement in migration.statements:
            model.execute(statement)
    return model
