"""`OperationsStore`: leases, alerts, and what health is told by."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from masterx.records.money import NanoDollars
from masterx.records.operations import Alert, AlertKind, Delivery, ProviderTraffic
from masterx.store.sqlite.columns import optional_time_of, optional_time_text, placeholders, time_of, time_text
from masterx.store.sqlite.tables import Tables

_TAKE = """
    INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?3)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE holder = excluded.holder OR until <= ?4
"""
_RELEASE = "DELETE FROM leases WHERE name = ? AND holder = ?"

_COLUMNS = (
    "id, kind, subject, period, value, threshold, raised_at, resolved_at, delivery, tries, next_try_at, delivery_error"
)
_RAISE = f"""
    INSERT INTO alerts ({_COLUMNS}) SELECT {placeholders(_COLUMNS)}
    WHERE NOT EXISTS (SELECT 1 FROM alerts WHERE kind = ?2 AND subject = ?3 AND resolved_at IS NULL)
    ON CONFLICT (kind, subject, period) DO NOTHING
"""
_RESOLVE = f"""
    UPDATE alerts SET resolved_at = ?3, delivery = CASE delivery WHEN 'none' THEN 'none' ELSE 'pending' END,
        tries = 0, next_try_at = CASE delivery WHEN 'none' THEN NULL ELSE ?3 END, delivery_error = NULL
    WHERE kind = ?1 AND subject = ?2 AND resolved_at IS NULL RETURNING {_COLUMNS}
"""
_LIST = f"SELECT {_COLUMNS} FROM alerts ORDER BY raised_at DESC, id DESC LIMIT ?"
_OPEN = f"SELECT {_COLUMNS} FROM alerts WHERE resolved_at IS NULL"
_DUE = f"SELECT {_COLUMNS} FROM alerts WHERE delivery = 'pending' AND next_try_at <= ? ORDER BY next_try_at LIMIT ?"
_DELIVERED = """
    UPDATE alerts SET delivery = ?, tries = ?, next_try_at = ?, delivery_error = ?
    WHERE id = ? AND resolved_at IS ?
"""
_FORGET_ALERTS = "DELETE FROM alerts WHERE raised_at < ? AND resolved_at IS NOT NULL"
_FORGET_HEALTH = "DELETE FROM provider_health WHERE timestamp < ?"

_TRAFFIC = """
    WITH calls AS (
        SELECT provider, outcome, duration_ms, timestamp, count(*) OVER (PARTITION BY provider, outcome) AS alike,
            row_number() OVER (PARTITION BY provider, outcome ORDER BY duration_ms) AS place
        FROM cost_events WHERE timestamp >= ?
    )
    SELECT provider, count(*), sum(outcome = 'failed'), sum(outcome = 'succeeded'),
        avg(CASE outcome WHEN 'succeeded' THEN duration_ms END),
        max(CASE WHEN outcome = 'succeeded' AND place = (alike * 95 + 99) / 100 THEN duration_ms END),
        max(CASE outcome WHEN 'succeeded' THEN timestamp END),
        max(CASE outcome WHEN 'failed' THEN timestamp END)
    FROM calls GROUP BY provider
"""
_SPENT = "SELECT ifnull(sum(cost), 0) FROM cost_events WHERE timestamp >= ?"


class SQLiteOperations(Tables):
    async def take_lease(self, name: str, holder: str, until: datetime, now: datetime) -> bool:
        return await self._writer.run(_take, name, holder, until, now)

    async def release_lease(self, name: str, holder: str) -> None:
        await self._writer.run(_execute, _RELEASE, (name, holder))

    async def raise_alert(self, alert: Alert) -> bool:
        return await self._writer.run(_execute, _RAISE, _row(alert)) == 1

    async def resolve_alert(self, kind: AlertKind, subject: str, now: datetime) -> Alert | None:
        return await self._writer.run(_resolve, kind, subject, now)

    async def alerts(self, *, limit: int) -> Sequence[Alert]:
        return await self._readers.run(_select, _LIST, (limit,))

    async def open_alerts(self) -> Sequence[Alert]:
        return await self._readers.run(_select, _OPEN, ())

    async def due_alerts(self, now: datetime, *, limit: int) -> Sequence[Alert]:
        return await self._readers.run(_select, _DUE, (time_text(now), limit))

    async def note_delivery(self, alert: Alert) -> None:
        row = (alert.delivery, alert.tries, optional_time_text(alert.next_try_at), alert.delivery_error, alert.id)
        await self._writer.run(_execute, _DELIVERED, (*row, optional_time_text(alert.resolved_at)))

    async def forget_operations(self, before: datetime) -> None:
        for statement in (_FORGET_ALERTS, _FORGET_HEALTH):
            await self._writer.run(_execute, statement, (time_text(before),))

    async def provider_traffic(self, since: datetime) -> Sequence[ProviderTraffic]:
        return await self._readers.run(_traffic, since)

    async def spent_since(self, since: datetime) -> NanoDollars:
        return await self._readers.run(_spent, since)


def _execute(connection: sqlite3.Connection, statement: str, parameters: tuple[Any, ...]) -> int:
    return connection.execute(statement, parameters).rowcount


def _take(connection: sqlite3.Connection, name: str, holder: str, until: datetime, now: datetime) -> bool:
    return _execute(connection, _TAKE, (name, holder, time_text(until), time_text(now))) == 1


def _resolve(connection: sqlite3.Connection, kind: AlertKind, subject: str, now: datetime) -> Alert | None:
    rows = connection.execute(_RESOLVE, (kind, subject, time_text(now))).fetchall()
    return _alert(rows[0]) if rows else None


def _select(connection: sqlite3.Connection, query: str, parameters: tuple[Any, ...]) -> list[Alert]:
    return [_alert(row) for row in connection.execute(query, parameters)]


def _spent(connection: sqlite3.Connection, since: datetime) -> NanoDollars:
    (total,) = connection.execute(_SPENT, (time_text(since),)).fetchone()
    return NanoDollars(total)


def _traffic(connection: sqlite3.Connection, since: datetime) -> list[ProviderTraffic]:
    return [
        ProviderTraffic(
            provider=row[0],
            requests=row[1],
            errors=row[2],
            successes=row[3],
            avg_ms=row[4],
            p95_ms=row[5],
            last_success=optional_time_of(row[6]),
            last_failure=optional_time_of(row[7]),
        )
        for row in connection.execute(_TRAFFIC, (time_text(since),))
    ]


def _row(alert: Alert) -> tuple[Any, ...]:
    return (
        alert.id,
        alert.kind,
        alert.subject,
        alert.period,
        alert.value,
        alert.threshold,
        time_text(alert.raised_at),
        optional_time_text(alert.resolved_at),
        alert.delivery,
        alert.tries,
        optional_time_text(alert.next_try_at),
        alert.delivery_error,
    )


def _alert(row: tuple[Any, ...]) -> Alert:
    return Alert(
        id=row[0],
        kind=AlertKind(row[1]),
        subject=row[2],
        period=row[3],
        value=row[4],
        threshold=row[5],
        raised_at=time_of(row[6]),
        resolved_at=optional_time_of(row[7]),
        delivery=Delivery(row[8]),
        tries=row[9],
        next_try_at=optional_time_of(row[10]),
        delivery_error=row[11],
    )
