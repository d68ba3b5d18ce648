"""All families over one file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial

from masterx.clock import Clock
from masterx.store.sqlite.api_keys import SQLiteApiKeys
from masterx.store.sqlite.audit import SQLiteAudit
from masterx.store.sqlite.benchmark_runs import SQLiteBenchmarkRuns
from masterx.store.sqlite.benchmarks import SQLiteBenchmarks
from masterx.store.sqlite.budgets import SQLiteBudgets
from masterx.store.sqlite.connection import DatabaseFile, require_sqlite, use_wal
from masterx.store.sqlite.cost_sums import SQLiteCostSums
from masterx.store.sqlite.costs import SQLiteCosts
from masterx.store.sqlite.credentials import SQLiteCredentials
from masterx.store.sqlite.errors import translated
from masterx.store.sqlite.feedback import SQLiteFeedback
from masterx.store.sqlite.goals import SQLiteGoals
from masterx.store.sqlite.health import SQLiteHealth
from masterx.store.sqlite.idempotency import SQLiteIdempotency
from masterx.store.sqlite.instances import SQLiteInstances
from masterx.store.sqlite.learners import SQLiteLearners
from masterx.store.sqlite.limits import SQLiteLimits
from masterx.store.sqlite.links import SQLiteLinks
from masterx.store.sqlite.messages import SQLiteMessages
from masterx.store.sqlite.migrations import applied_version, migrate, step_names
from masterx.store.sqlite.moods import SQLiteMoods
from masterx.store.sqlite.operations import SQLiteOperations
from masterx.store.sqlite.people import SQLitePeople
from masterx.store.sqlite.performance import SQLitePerformance
from masterx.store.sqlite.personal_data import SQLitePersonalData
from masterx.store.sqlite.practice import SQLitePractice
from masterx.store.sqlite.readers import Readers
from masterx.store.sqlite.recall import SQLiteRecall
from masterx.store.sqlite.sessions import SQLiteSessions
from masterx.store.sqlite.switches import SQLiteSwitches
from masterx.store.sqlite.turns import SQLiteTurns
from masterx.store.sqlite.users import SQLiteUsers
from masterx.store.sqlite.writer import Writer


class SQLiteStore(
    SQLiteUsers,
    SQLitePeople,
    SQLiteCredentials,
    SQLiteLinks,
    SQLiteSessions,
    SQLiteMessages,
    SQLiteTurns,
    SQLiteRecall,
    SQLiteMoods,
    SQLiteIdempotency,
    SQLiteCosts,
    SQLiteCostSums,
    SQLiteAudit,
    SQLiteBudgets,
    SQLiteBenchmarks,
    SQLiteBenchmarkRuns,
    SQLiteFeedback,
    SQLiteHealth,
    SQLiteOperations,
    SQLiteInstances,
    SQLiteLimits,
    SQLiteSwitches,
    SQLitePerformance,
    SQLitePractice,
    SQLiteLearners,
    SQLiteGoals,
    SQLitePersonalData,
    SQLiteApiKeys,
):
    @classmethod
    async def open(cls, file: DatabaseFile, clock: Clock) -> SQLiteStore:
        """Create the file where there is none, and bring its schema up to date."""
        prepare = partial(_prepare, clock=clock)
        await asyncio.to_thread(_create, file, prepare)
        return cls(Writer(file, prepare), Readers(file), clock)

    async def ping(self) -> None:
        await self._readers.run(applied_version)

    async def schema_version(self) -> int:
        return await self._readers.run(applied_version)

    async def close(self) -> None:
        # Readers first: the last connection to close folds the log into the file, and they may not write.
        await asyncio.to_thread(self._readers.stop)
        await asyncio.to_thread(self._writer.stop)


def _create(file: DatabaseFile, prepare: Callable[[sqlite3.Connection], None]) -> None:
    require_sqlite()
    file.create()
    try:
        connection = file.connect(read_only=False)
        try:
            prepare(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise translated(error) from error


def _prepare(connection: sqlite3.Connection, *, clock: Clock) -> None:
    use_wal(connection)
    migrate(connection, clock)


def missing_steps(file: DatabaseFile) -> list[str]:
    """What opening would do, as orders. Raises as `SQLiteStore.open`, and makes nothing."""
    if not file.path.exists():
        return [f"create the file {file.path}", *step_names(0)]
    try:
        connection = file.connect(read_only=True)
        try:
            return step_names(applied_version(connection))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise translated(error) from error
