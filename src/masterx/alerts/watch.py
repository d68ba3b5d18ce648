"""Which thresholds are passed now, and what is news about that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog

from masterx.clock import Clock, new_id
from masterx.records.health import BreakerState, HealthStatus, ProviderHealth
from masterx.records.money import NanoDollars, to_dollars
from masterx.records.operations import Alert, AlertKind, Delivery
from masterx.settings import AlertSettings

PERIOD_MINUTES = 15
"""What is neither an hour nor a day is raised once in this time, however often it comes and goes."""
ENOUGH_CALLS = 20
"""Fewer in an hour make no rate of errors."""
COSTS = frozenset({AlertKind.COST_HOUR, AlertKind.COST_DAY})

logger = structlog.get_logger()


class AlertStore(Protocol):
    async def raise_alert(self, alert: Alert) -> bool: ...

    async def resolve_alert(self, kind: AlertKind, subject: str, now: datetime) -> Alert | None: ...

    async def open_alerts(self) -> Sequence[Alert]: ...

    async def spent_since(self, since: datetime) -> NanoDollars: ...


@dataclass(frozen=True, slots=True)
class Condition:
    kind: AlertKind
    subject: str
    value: float
    threshold: float
    holds: bool
    period: str


class AlertWatch:
    def __init__(self, settings: AlertSettings, store: AlertStore, clock: Clock, *, tells: bool) -> None:
        """`tells`: somebody is told, so alerts are to be delivered."""
        self._settings = settings
        self._store = store
        self._clock = clock
        self._tells = tells

    async def look(
        self, providers: Sequence[ProviderHealth], *, disk: Mapping[str, Any], database: Mapping[str, Any]
    ) -> None:
        """Raise what is passed and was not, resolve what is over. Raises `DatabaseError`."""
        now = self._clock.now()
        conditions = [
            *await self._costs(now),
            *self._providers(providers, now),
            self._disk(disk, now),
            self._backlog(database, now),
        ]
        for condition in conditions:
            if condition.holds:
                await self._raise(condition, now)
        holding = {(condition.kind, condition.subject) for condition in conditions if condition.holds}
        for alert in await self._store.open_alerts():
            if (alert.kind, alert.subject) not in holding:
                await self._resolve(alert, now)

    async def _costs(self, now: datetime) -> list[Condition]:
        hour = now.replace(minute=0, second=0, microsecond=0)
        spans = (
            (AlertKind.COST_HOUR, hour, self._settings.alert_hourly_dollars, f"{hour:%Y-%m-%dT%H}"),
            (AlertKind.COST_DAY, hour.replace(hour=0), self._settings.alert_daily_dollars, f"{hour:%Y-%m-%d}"),
        )
        conditions = []
        for kind, since, threshold, period in spans:
            spent = to_dollars(await self._store.spent_since(since))
            conditions.append(Condition(kind, "", spent, threshold, spent >= threshold, period))
        return conditions

    def _providers(self, providers: Sequence[ProviderHealth], now: datetime) -> Iterator[Condition]:
        period = _quarter(now)
        for one in providers:
            down = one.status is HealthStatus.DOWN
            is_open = one.circuit_breaker_state is BreakerState.OPEN
            rate = 0.0 if one.success_rate is None else 1 - one.success_rate
            yield Condition(AlertKind.PROVIDER_DOWN, one.provider, rate, 0.5, down and not is_open, period)
            yield Condition(AlertKind.BREAKER_OPEN, one.provider, 1, 1, is_open, period)
        calls = sum(one.requests_last_hour for one in providers)
        errors = sum(one.errors_last_hour for one in providers)
        rate, threshold = errors / max(1, calls), self._settings.alert_error_rate
        yield Condition(AlertKind.ERROR_RATE, "", rate, threshold, calls >= ENOUGH_CALLS and rate >= threshold, period)

    def _disk(self, disk: Mapping[str, Any], now: datetime) -> Condition:
        free, least = disk["free_bytes"] / 2**20, self._settings.alert_disk_free_mib
        return Condition(AlertKind.DISK, "", free, least, free < least, _quarter(now))

    def _backlog(self, database: Mapping[str, Any], now: datetime) -> Condition:
        """A write that waits long has many before it, or a disk that does not keep up."""
        waited, longest = database.get("write_ms", 0.0) / 1000, self._settings.alert_backlog_seconds
        return Condition(AlertKind.BACKLOG, "", waited, longest, waited >= longest, _quarter(now))

    async def _raise(self, condition: Condition, now: datetime) -> None:
        alert = Alert(
            id=new_id(now),
            kind=condition.kind,
            subject=condition.subject,
            period=condition.period,
            value=condition.value,
            threshold=condition.threshold,
            raised_at=now,
            delivery=Delivery.PENDING if self._tells else Delivery.NONE,
            next_try_at=now if self._tells else None,
        )
        if not await self._store.raise_alert(alert):
            return
        if condition.kind in COSTS:
            logger.warning(
                "cost_threshold_exceeded",
                current_cost=round(condition.value, 4),
                threshold=condition.threshold,
                provider=condition.subject or None,
                period=condition.period,
            )
        else:
            logger.warning(
                "alert_raised",
                kind=condition.kind.value,
                subject=condition.subject,
                value=round(condition.value, 4),
                threshold=condition.threshold,
            )

    async def _resolve(self, alert: Alert, now: datetime) -> None:
        if await self._store.resolve_alert(alert.kind, alert.subject, now) is not None:
            logger.info("alert_resolved", kind=alert.kind.value, subject=alert.subject)


def _quarter(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H}:{now.minute // PERIOD_MINUTES * PERIOD_MINUTES:02}"
