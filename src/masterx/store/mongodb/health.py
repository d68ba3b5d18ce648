"""`HealthStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from masterx.records.health import BreakerState, HealthStatus, ProviderHealth
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import document, optional_time_in, time_in
from masterx.store.mongodb.tables import Tables


class MongoHealth(Tables):
    async def add_provider_health(self, snapshot: ProviderHealth) -> None:
        await self._database.write(_add, snapshot)

    async def provider_health(self, provider: str, *, limit: int) -> Sequence[ProviderHealth]:
        return await self._database.read(_newest, provider, limit)


async def _add(access: Access, snapshot: ProviderHealth) -> None:
    rate, average = snapshot.success_rate, snapshot.avg_response_time_ms
    row = document(
        id=snapshot.id,
        provider=snapshot.provider,
        timestamp=snapshot.timestamp,
        status=snapshot.status,
        success_rate=None if rate is None else float(rate),
        avg_response_time_ms=None if average is None else float(average),
        requests_last_hour=snapshot.requests_last_hour,
        errors_last_hour=snapshot.errors_last_hour,
        circuit_breaker_state=snapshot.circuit_breaker_state,
        last_success=snapshot.last_success,
        last_failure=snapshot.last_failure,
    )
    await access.insert("provider_health", row)


async def _newest(access: Access, provider: str, limit: int) -> list[ProviderHealth]:
    rows = await access.all(
        "provider_health", {"provider": provider}, sort=[("timestamp", -1), ("_id", -1)], limit=limit
    )
    return [health_of(row) for row in rows]


def health_of(row: Mapping[str, Any]) -> ProviderHealth:
    return ProviderHealth(
        id=row["_id"],
        provider=row["provider"],
        timestamp=time_in(row, "timestamp"),
        status=HealthStatus(row["status"]),
        success_rate=row["success_rate"],
        avg_response_time_ms=row["avg_response_time_ms"],
        requests_last_hour=row["requests_last_hour"],
        errors_last_hour=row["errors_last_hour"],
        circuit_breaker_state=BreakerState(row["circuit_breaker_state"]),
        last_success=optional_time_in(row, "last_success"),
        last_failure=optional_time_in(row, "last_failure"),
    )
