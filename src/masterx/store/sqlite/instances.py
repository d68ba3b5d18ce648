"""`BreakerStore` and `InstanceStore`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from masterx.records.health import BreakerState, KeptBreaker
from masterx.records.operations import Instance, InstanceState, JobRun, RecentError
from masterx.store.operations_ports import KEPT_ERRORS
from masterx.store.sqlite.columns import (
    json_text,
    optional_time_of,
    optional_time_text,
    placeholders,
    time_of,
    time_text,
)
from masterx.store.sqlite.tables import Tables

_BREAKER = "provider, revision, state, reason, openings, holds_seconds, changed_at"
_BREAKERS = f"SELECT {_BREAKER} FROM breakers ORDER BY provider"
_MOVE = f"""
    INSERT INTO breakers ({_BREAKER}) SELECT {placeholders(_BREAKER)}
    WHERE ?2 = 1 OR EXISTS (SELECT 1 FROM breakers WHERE provider = ?1)
    ON CONFLICT (provider) DO UPDATE SET revision = excluded.revision, state = excluded.state,
        reason = excluded.reason, openings = excluded.openings, holds_seconds = excluded.holds_seconds,
        changed_at = excluded.changed_at
    WHERE revision = excluded.revision - 1
"""

_INSTANCE = "id, host, process_id, version, started_at, last_seen, state, leads, jobs"
_NOTE = f"INSERT OR REPLACE INTO instances ({_INSTANCE}) VALUES ({placeholders(_INSTANCE)})"
_REMOVE = "DELETE FROM instances WHERE id = ?"
_INSTANCES = f"SELECT {_INSTANCE} FROM instances ORDER BY started_at, id"
_FORGET = "DELETE FROM instances WHERE last_seen < ?"

_ERROR = "id, timestamp, request_id, type, code, path, instance_id"
_ADD_ERROR = f"INSERT INTO recent_errors ({_ERROR}) VALUES ({placeholders(_ERROR)}) ON CONFLICT (id) DO NOTHING"
_DROP_OLD = "DELETE FROM recent_errors WHERE id <= (SELECT id FROM recent_errors ORDER BY id DESC LIMIT 1 OFFSET ?)"
_ERRORS = f"SELECT {_ERROR} FROM recent_errors ORDER BY id DESC LIMIT ?"
_COUNT = "SELECT count(*) FROM recent_errors WHERE timestamp >= ?"


class SQLiteInstances(Tables):
    async def breakers(self) -> Sequence[KeptBreaker]:
        return await self._readers.run(_breakers)

    async def move_breaker(self, breaker: KeptBreaker) -> bool:
        return await self._writer.run_lightly(_execute, _MOVE, _breaker_row(breaker)) == 1

    async def note_instance(self, instance: Instance) -> None:
        await self._writer.run_lightly(_execute, _NOTE, _instance_row(instance))

    async def remove_instance(self, instance_id: str) -> None:
        await self._writer.run_lightly(_execute, _REMOVE, (instance_id,))

    async def instances(self) -> Sequence[Instance]:
        return await self._readers.run(_instances)

    async def forget_instances(self, before: datetime) -> None:
        await self._writer.run_lightly(_execute, _FORGET, (time_text(before),))

    async def add_recent_errors(self, errors: Sequence[RecentError]) -> None:
        await self._writer.run_lightly(_add_errors, errors)

    async def recent_errors(self, *, limit: int) -> Sequence[RecentError]:
        return await self._readers.run(_errors, limit)

    async def count_recent_errors(self, since: datetime) -> int:
        return await self._readers.run(_count, since)


def _execute(connection: sqlite3.Connection, statement: str, parameters: tuple[Any, ...]) -> int:
    return connection.execute(statement, parameters).rowcount


def _breakers(connection: sqlite3.Connection) -> list[KeptBreaker]:
    return [
        KeptBreaker(
            provider=row[0],
            revision=row[1],
            state=BreakerState(row[2]),
            reason=row[3],
            openings=row[4],
            holds_seconds=row[5],
            changed_at=time_of(row[6]),
        )
        for row in connection.execute(_BREAKERS)
    ]


def _breaker_row(breaker: KeptBreaker) -> tuple[Any, ...]:
    return (
        breaker.provider,
        breaker.revision,
        breaker.state,
        breaker.reason,
        breaker.openings,
        breaker.holds_seconds,
        time_text(breaker.changed_at),
    )


def _instances(connection: sqlite3.Connection) -> list[Instance]:
    return [
        Instance(
            id=row[0],
            host=row[1],
            process_id=row[2],
            version=row[3],
            started_at=time_of(row[4]),
            last_seen=time_of(row[5]),
            state=InstanceState(row[6]),
            leads=bool(row[7]),
            jobs=tuple(
                JobRun(name=name, last_run=optional_time_of(last_run), last_error=last_error)
                for name, last_run, last_error in json.loads(row[8])
            ),
        )
        for row in connection.execute(_INSTANCES)
    ]


def _instance_row(instance: Instance) -> tuple[Any, ...]:
    jobs = [(job.name, optional_time_text(job.last_run), job.last_error) for job in instance.jobs]
    return (
        instance.id,
        instance.host,
        instance.process_id,
        instance.version,
        time_text(instance.started_at),
        time_text(instance.last_seen),
        instance.state,
        int(instance.leads),
        json_text(jobs),
    )


def _add_errors(connection: sqlite3.Connection, errors: Sequence[RecentError]) -> None:
    rows = [
        (error.id, time_text(error.timestamp), error.request_id, error.type, error.code, error.path, error.instance_id)
        for error in errors
    ]
    connection.executemany(_ADD_ERROR, rows)
    connection.execute(_DROP_OLD, (KEPT_ERRORS,))


def _errors(connection: sqlite3.Connection, limit: int) -> list[RecentError]:
    return [
        RecentError(
            id=row[0],
            timestamp=time_of(row[1]),
            request_id=row[2],
            type=row[3],
            code=row[4],
            path=row[5],
            instance_id=row[6],
        )
        for row in connection.execute(_ERRORS, (limit,))
    ]


def _count(connection: sqlite3.Connection, since: datetime) -> int:
    (count,) = connection.execute(_COUNT, (time_text(since),)).fetchone()
    return int(count)
