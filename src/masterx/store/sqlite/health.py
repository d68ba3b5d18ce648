"""`HealthStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from masterx.records.health import BreakerState, HealthStatus, ProviderHealth
from masterx.store.sqlite.columns import (
    optional_time_of,
    optional_time_text,
    placeholders,
    time_of,
    time_text,
)
from masterx.store.sqlite.tables import Tables

HEALTH_COLUMNS = (
    "id, provider, timestamp, status, success_rate, avg_response_time_ms, requests_last_hour, errors_last_hour,"
    " circuit_breaker_state, last_success, last_failure"
)
_INSERT = f"INSERT INTO provider_health ({HEALTH_COLUMNS}) VALUES ({placeholders(HEALTH_COLUMNS)})"
_SELECT = f"SELECT {HEALTH_COLUMNS} FROM provider_health WHERE provider = ? ORDER BY timestamp DESC, id DESC LIMIT ?"


class SQLiteHealth(Tables):
    async def add_provider_health(self, snapshot: ProviderHealth) -> None:
        await self._writer.run(_add, snapshot)

    async def provider_health(self, provider: str, *, limit: int) -> Sequence[ProviderHealth]:
        return await self._readers.run(_select, provider, limit)


def _add(connection: sqlite3.Connection, snapshot: ProviderHealth) -> None:
    connection.execute(
        _INSERT,
        (
            snapshot.id,
            snapshot.provider,
            time_text(snapshot.timestamp),
            snapshot.status,
            snapshot.success_rate,
            snapshot.avg_response_time_ms,
            snapshot.requests_last_hour,
            snapshot.errors_last_hour,
            snapshot.circuit_breaker_state,
            optional_time_text(snapshot.last_success),
            optional_time_text(snapshot.last_failure),
        ),
    )


def _select(connection: sqlite3.Connection, provider: str, limit: int) -> list[ProviderHealth]:
    return [health_of(row) for row in connection.execute(_SELECT, (provider, limit))]


def health_of(row: tuple[Any, ...]) -> ProviderHealth:
    """A row of `HEALTH_COLUMNS`."""
    return ProviderHealth(
        id=row[0],
        provider=row[1],
        timestamp=time_of(row[2]),
        status=HealthStatus(row[3]),
        success_rate=row[4],
        avg_response_time_ms=row[5],
        requests_last_hour=row[6],
        errors_last_hour=row[7],
        circuit_breaker_state=BreakerState(row[8]),
        last_success=optional_time_of(row[9]),
        last_failure=optional_time_of(row[10]),
    )
