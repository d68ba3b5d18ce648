"""From any older schema to this one, a numbered step at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from masterx.clock import Clock
from masterx.errors import ConfigurationError
from masterx.store.schema import SCHEMA_VERSION
from masterx.store.sqlite import (
    accounts_schema,
    administration_schema,
    api_keys_schema,
    benchmark_runs_schema,
    budgets_schema,
    initial_schema,
    instances_schema,
    learners_schema,
    lesson_practice_schema,
    limits_schema,
    operations_schema,
    paused_jobs_schema,
    practice_schema,
    recall_schema,
    routing_schema,
    verdicts_schema,
)
from masterx.store.sqlite.columns import time_text


@dataclass(frozen=True, slots=True)
class Migration:
    """Its version is its place in the list, from 1."""

    name: str
    statements: tuple[str, ...]


MIGRATIONS: Final = (
    Migration("initial", initial_schema.TABLES + initial_schema.INDEXES),
    Migration("accounts", accounts_schema.STATEMENTS),
    Migration("budgets", budgets_schema.STATEMENTS),
    Migration("operations", operations_schema.STATEMENTS),
    Migration("instances", instances_schema.STATEMENTS),
    Migration("administration", administration_schema.STATEMENTS),
    Migration("recall", recall_schema.STATEMENTS),
    Migration("api keys", api_keys_schema.STATEMENTS),
    Migration("practice", practice_schema.STATEMENTS),
    Migration("benchmark runs", benchmark_runs_schema.STATEMENTS),
    Migration("routing", routing_schema.STATEMENTS),
    Migration("practice in lessons", lesson_practice_schema.STATEMENTS),
    Migration("learners", learners_schema.STATEMENTS),
    Migration("request windows", limits_schema.STATEMENTS),
    Migration("paused jobs", paused_jobs_schema.STATEMENTS),
    Migration("shares of right answers", verdicts_schema.STATEMENTS),
)

assert len(MIGRATIONS) == SCHEMA_VERSION  # noqa: S101 (a slip of the programmer, seen on the first import)


def applied_version(connection: sqlite3.Connection) -> int:
    """0 for an empty file. Raises `ConfigurationError` for somebody else's database."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return 0
    if "schema_version" not in tables:
        raise ConfigurationError(
            "The database file holds tables of another program; "
            "set MASTERX_DATA_DIR or MASTERX_DATABASE_URL to another place."
        )
    (version,) = connection.execute("SELECT ifnull(max(version), 0) FROM schema_version").fetchone()
    return int(version)


def step_names(version: int) -> list[str]:
    """The steps from this version on, as orders. Raises `ConfigurationError` for a version newer than this program."""
    if _is_current(version, MIGRATIONS):
        return []
    steps = enumerate(MIGRATIONS[version:], start=version + 1)
    return [f"bring the schema to version {number}: {migration.name}" for number, migration in steps]


def migrate(connection: sqlite3.Connection, clock: Clock, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """All missing steps in one transaction. Two processes may start at once: the lock lets one of them do it.

    Raises `ConfigurationError` when the schema is newer than this program.
    """
    if _is_current(applied_version(connection), migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = applied_version(connection)
        if not _is_current(version, migrations):
            _apply(connection, clock, migrations, version)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _is_current(version: int, migrations: Sequence[Migration]) -> bool:
    if version > len(migrations):
        raise ConfigurationError(
            f"The database has schema version {version}, this program knows versions up to {len(migrations)}: "
            "a newer MasterX has written to it. Start that one, or restore a backup from before."
        )
    return version == len(migrations)


def _apply(connection: sqlite3.Connection, clock: Clock, migrations: Sequence[Migration], version: int) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_version"
        " (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT"
    )
    for number, migration in enumerate(migrations[version:], start=version + 1):
        for statement in migration.statements:
            connection.execute(statement)
        connection.execute(
            "INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, ?)",
            (number, migration.name, time_text(clock.now())),
        )
