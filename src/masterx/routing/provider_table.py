"""Each configured provider as its operator sees it: what it is, how it does, what it costs, whether it may be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from masterx.clock import Clock
from masterx.costs.budget import cap_at
from masterx.costs.dashboard import span_of
from masterx.providers.discovery import ConfiguredProvider
from masterx.providers.keys import KeyReport, ProviderKeys
from masterx.records.budgets import Budget, BudgetWindow, Cap, ScopeKind, Spending
from masterx.records.costs import CostGrouping, CostPeriod, CostSum
from masterx.records.health import BreakerState, HealthStatus, ProviderHealth
from masterx.records.money import NanoDollars
from masterx.routing.breakers import Breakers
from masterx.routing.switches import ProviderSwitches

HISTORY = timedelta(hours=24)
SLOT = timedelta(minutes=15)
_WORST_FIRST = (HealthStatus.DOWN, HealthStatus.DEGRADED, HealthStatus.HEALTHY)


class TableStore(Protocol):
    async def cost_sums(
        self, since: datetime, until: datetime, by: CostGrouping | None = None, *, limit: int | None = None
    ) -> Sequence[CostSum]: ...

    async def budgets(self) -> Sequence[Budget]: ...

    async def spending(self, caps: Sequence[Cap], now: datetime) -> Sequence[Spending]: ...

    async def health_since(self, since: datetime) -> Sequence[ProviderHealth]: ...


class Report(Protocol):
    """How a provider's last hour was."""

    @property
    def snapshot(self) -> ProviderHealth: ...

    @property
    def p95_response_time_ms(self) -> int | None: ...


class LastHour(Protocol):
    async def providers(self) -> Sequence[Report]: ...


class Registry(Protocol):
    @property
    def providers(self) -> Mapping[str, ConfiguredProvider]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCap:
    window: BudgetWindow
    amount: NanoDollars
    spent: NanoDollars
    reserved: NanoDollars


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSlot:
    """A quarter of an hour of snapshots: the worst status, and the newest figures."""

    starts_at: datetime
    status: HealthStatus | None
    """None without a snapshot: no server ran."""
    success_rate: float | None
    avg_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    name: str
    label: str
    model_name: str
    dialect: str
    configured: str
    """`ready`, or what is missing."""
    problem: str | None
    demo: bool
    free: bool
    enabled: bool
    switched_at: datetime | None
    """When it was disabled, enabled or reset last."""
    status: HealthStatus | None
    """These are of the last hour; None for one that cannot be called."""
    success_rate: float | None
    requests_last_hour: int
    errors_last_hour: int
    avg_ms: float | None
    p95_ms: int | None
    last_success: datetime | None
    last_failure: datetime | None
    breaker: BreakerState
    breaker_reason: str | None
    """The code of the error that opened it."""
    spent_hour: NanoDollars
    spent_today: NanoDollars
    caps: tuple[ProviderCap, ...]
    """Its own; the system's hold as well."""
    key_first_seen: datetime | None
    """None where none is needed or none is there."""
    key_age_days: int | None
    key_problem: str | None
    history: tuple[HealthSlot, ...]
    """The last 24 hours, oldest first."""


def health_slots(snapshots: Sequence[ProviderHealth], now: datetime) -> tuple[HealthSlot, ...]:
    """One provider's snapshots, by time, in slots that end with the one that holds `now`."""
    since_midnight = now - now.replace(hour=0, minute=0, second=0, microsecond=0)
    newest = now - since_midnight % SLOT
    count = HISTORY // SLOT
    first = newest - (count - 1) * SLOT
    slots: list[list[ProviderHealth]] = [[] for _ in range(count)]
    for snapshot in snapshots:
        place = (snapshot.timestamp - first) // SLOT
        if 0 <= place < count:
            slots[place].append(snapshot)
    return tuple(_slot(first + place * SLOT, held) for place, held in enumerate(slots))


def _slot(starts_at: datetime, held: Sequence[ProviderHealth]) -> HealthSlot:
    return HealthSlot(
        starts_at=starts_at,
        status=min((one.status for one in held), key=_WORST_FIRST.index, default=None),
        success_rate=held[-1].success_rate if held else None,
        avg_ms=held[-1].avg_response_time_ms if held else None,
    )


class ProviderTable:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(
        self,
        registry: Registry,
        store: TableStore,
        clock: Clock,
        *,
        last_hour: LastHour,
        breakers: Breakers,
        switches: ProviderSwitches,
        keys: ProviderKeys,
    ) -> None:
        self._registry = registry
        self._store = store
        self._clock = clock
        self._last_hour = last_hour
        self._breakers = breakers
        self._switches = switches
        self._keys = keys

    async def rows(self) -> tuple[ProviderRow, ...]:
        """In the operator's order."""
        now = self._clock.now()
        reports = {report.snapshot.provider: report for report in await self._last_hour.providers()}
        hour, today = [await self._spent(period, now) for period in (CostPeriod.HOUR, CostPeriod.TODAY)]
        caps, keys = await self._caps(now), await self._keys.reports()
        history: dict[str, list[ProviderHealth]] = {}
        for snapshot in await self._store.health_since(now - HISTORY):
            history.setdefault(snapshot.provider, []).append(snapshot)
        return tuple(
            self._row(
                entry,
                reports.get(name),
                spent=(hour.get(name, NanoDollars(0)), today.get(name, NanoDollars(0))),
                caps=tuple(caps.get(name, ())),
                key=keys.get(name),
                history=health_slots(history.get(name, ()), now),
            )
            for name, entry in self._registry.providers.items()
        )

    def _row(
        self,
        entry: ConfiguredProvider,
        report: Report | None,
        *,
        spent: tuple[NanoDollars, NanoDollars],
        caps: tuple[ProviderCap, ...],
        key: KeyReport | None,
        history: tuple[HealthSlot, ...],
    ) -> ProviderRow:
        name, info, switch = entry.name, entry.info, self._switches.switch(entry.name)
        snapshot = None if report is None else report.snapshot
        return ProviderRow(
            name=name,
            label=info.label,
            model_name=entry.model_name,
            dialect=info.dialect,
            configured=entry.status.value,
            problem=entry.problem,
            demo=info.demo,
            free=info.free,
            enabled=self._switches.may_call(name),
            switched_at=None if switch is None else switch.changed_at,
            status=None if snapshot is None else snapshot.status,
            success_rate=None if snapshot is None else snapshot.success_rate,
            requests_last_hour=0 if snapshot is None else snapshot.requests_last_hour,
            errors_last_hour=0 if snapshot is None else snapshot.errors_last_hour,
            avg_ms=None if snapshot is None else snapshot.avg_response_time_ms,
            p95_ms=None if report is None else report.p95_response_time_ms,
            last_success=None if snapshot is None else snapshot.last_success,
            last_failure=None if snapshot is None else snapshot.last_failure,
            breaker=self._breakers.state(name),
            breaker_reason=self._breakers.reason(name),
            spent_hour=spent[0],
            spent_today=spent[1],
            caps=caps,
            key_first_seen=None if key is None else key.first_seen_at,
            key_age_days=None if key is None else key.age_days,
            key_problem=None if key is None else key.problem,
            history=history,
        )

    async def _spent(self, period: CostPeriod, now: datetime) -> dict[str | None, NanoDollars]:
        span = span_of(period, now)
        sums = await self._store.cost_sums(span.since, span.until, CostGrouping.PROVIDER)
        return {each.name: each.cost for each in sums}

    async def _caps(self, now: datetime) -> dict[str, list[ProviderCap]]:
        budgets = [budget for budget in await self._store.budgets() if budget.scope.kind is ScopeKind.PROVIDER]
        caps: dict[str, list[ProviderCap]] = {}
        for spending in await self._store.spending([cap_at(budget, now) for budget in budgets], now):
            budget = spending.cap.budget
            caps.setdefault(budget.scope.name, []).append(
                ProviderCap(
                    window=budget.window, amount=budget.amount, spent=spending.spent, reserved=spending.reserved
                )
            )
        return caps
