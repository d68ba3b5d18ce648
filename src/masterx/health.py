"""How the server and its providers are doing, told by what really happened: no model is called to find out.

All of it is over all processes: providers are judged by the ledger's last hour and by the breakers they share. Only the
uptime is this process's own.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import structlog

from masterx.clock import Clock, new_id
from masterx.errors import DatabaseError
from masterx.records.health import BreakerState, HealthStatus, ProviderHealth
from masterx.records.operations import ProviderTraffic

HOUR = timedelta(hours=1)
CACHED_SECONDS = 1.0
ENOUGH_CALLS = 5
"""Fewer say nothing about a provider's rate of success."""
DEGRADED_BELOW, DOWN_BELOW = 0.95, 0.5
LOW_DISK_BYTES = 500 * 1024 * 1024
WAITING = "provider_rate_limited"

logger = structlog.get_logger()

Check = Mapping[str, Any]


class Breakers(Protocol):
    def state(self, provider: str) -> BreakerState: ...

    def reason(self, provider: str) -> str | None: ...


class HealthStore(Protocol):
    async def ping(self) -> None: ...

    async def take_lease(self, name: str, holder: str, until: datetime, now: datetime) -> bool: ...

    async def provider_traffic(self, since: datetime) -> Sequence[ProviderTraffic]: ...

    async def provider_health(self, provider: str, *, limit: int) -> Sequence[ProviderHealth]: ...

    async def add_provider_health(self, snapshot: ProviderHealth) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderReport:
    snapshot: ProviderHealth
    p95_response_time_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    status: Literal["healthy", "degraded"]
    checks: Mapping[str, Check]
    recent_errors: int
    uptime_seconds: int
    timestamp: datetime


def judged(traffic: ProviderTraffic | None, state: BreakerState, reason: str | None) -> HealthStatus:
    """Healthy without calls: nothing speaks against it."""
    decided = 0 if traffic is None else traffic.errors + traffic.successes
    rate = 1.0 if traffic is None or decided < ENOUGH_CALLS else traffic.successes / decided
    if rate < DOWN_BELOW or (state is BreakerState.OPEN and reason != WAITING):
        return HealthStatus.DOWN
    if rate < DEGRADED_BELOW or state is not BreakerState.CLOSED:
        return HealthStatus.DEGRADED
    return HealthStatus.HEALTHY


class Health:
    def __init__(
        self,
        store: HealthStore,
        clock: Clock,
        breakers: Breakers,
        provider_names: Callable[[], Sequence[str]],
        data_dir: Path,
        jobs: Callable[[], Awaitable[Check]],
        count_errors: Callable[[], Awaitable[int]],
        encoder: Callable[[], Check],
        recall: Callable[[], Check],
    ) -> None:
        """`jobs` tells the state of the background jobs, with a "status" as every check has; `count_errors` those of
        the last five minutes.
        """
        self._store = store
        self._clock = clock
        self._breakers = breakers
        self._provider_names = provider_names
        self._data_dir = data_dir
        self._jobs = jobs
        self._count_errors = count_errors
        self._encoder = encoder
        self._recall = recall
        self._started = clock.monotonic()
        self._holder = new_id(clock.now())
        self._kept: tuple[float, HealthReport] | None = None
        self._asking = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()

    async def report(self) -> HealthReport:
        """Kept for a second, so that many who ask cost as much as one."""
        async with self._asking:
            now = self._clock.monotonic()
            if self._kept is None or now - self._kept[0] >= CACHED_SECONDS:
                self._kept = (now, await self._report())
            return self._kept[1]

    async def providers(self) -> list[ProviderReport]:
        """Each configured provider over the last hour. Raises `DatabaseError`."""
        now = self._clock.now()
        traffic = {one.provider: one for one in await self._store.provider_traffic(now - HOUR)}
        return [await self._provider(name, traffic.get(name), now) for name in self._provider_names()]

    async def take_snapshots(self) -> None:
        for report in await self.providers():
            await self._store.add_provider_health(report.snapshot)

    def breaker_changed(self, provider: str, _state: BreakerState) -> None:
        """Keep a snapshot of this moment; called on the path of a turn, so it is written beside it."""
        task = asyncio.get_running_loop().create_task(self._keep(provider), name="breaker-changed")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def aclose(self) -> None:
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def disk(self) -> Check:
        usage = await asyncio.to_thread(shutil.disk_usage, self._data_dir)
        status = "degraded" if usage.free < LOW_DISK_BYTES else "healthy"
        return {"status": status, "free_bytes": usage.free, "total_bytes": usage.total}

    async def database(self) -> Check:
        """A real read, and a real write that reaches the disk."""
        started = self._clock.monotonic()
        try:
            await self._store.ping()
            read = self._clock.monotonic()
            now = self._clock.now()
            await self._store.take_lease(f"health-{self._holder[-12:]}", self._holder, now, now)
        except DatabaseError as error:
            return {"status": "down", "error": error.code}
        written = self._clock.monotonic()
        return {
            "status": "healthy",
            "read_ms": round((read - started) * 1000, 1),
            "write_ms": round((written - read) * 1000, 1),
        }

    async def _report(self) -> HealthReport:
        try:
            providers: Check = _providers_check(await self.providers())
        except DatabaseError as error:
            providers = {"status": "unknown", "error": error.code}
        checks = {
            "database": await self.database(),
            "providers": providers,
            "emotion_detection": self._encoder(),
            "recall": self._recall(),
            "jobs": await self._jobs(),
            "disk": await self.disk(),
        }
        good = all(check["status"] in {"healthy", "loading", "not installed"} for check in checks.values())
        return HealthReport(
            status="healthy" if good else "degraded",
            checks=checks,
            recent_errors=await self._count_errors(),
            uptime_seconds=int(self._clock.monotonic() - self._started),
            timestamp=self._clock.now(),
        )

    async def _provider(self, name: str, traffic: ProviderTraffic | None, now: datetime) -> ProviderReport:
        state, reason = self._breakers.state(name), self._breakers.reason(name)
        last_success = None if traffic is None else traffic.last_success
        last_failure = None if traffic is None else traffic.last_failure
        if last_success is None or last_failure is None:
            for former in await self._store.provider_health(name, limit=1):
                last_success = last_success or former.last_success
                last_failure = last_failure or former.last_failure
        decided = 0 if traffic is None else traffic.errors + traffic.successes
        snapshot = ProviderHealth(
            id=new_id(now),
            provider=name,
            timestamp=now,
            status=judged(traffic, state, reason),
            success_rate=None if traffic is None or not decided else traffic.successes / decided,
            avg_response_time_ms=None if traffic is None else traffic.avg_ms,
            requests_last_hour=0 if traffic is None else traffic.requests,
            errors_last_hour=0 if traffic is None else traffic.errors,
            circuit_breaker_state=state,
            last_success=last_success,
            last_failure=last_failure,
        )
        return ProviderReport(snapshot=snapshot, p95_response_time_ms=None if traffic is None else traffic.p95_ms)

    async def _keep(self, provider: str) -> None:
        try:
            now = self._clock.now()
            traffic = {one.provider: one for one in await self._store.provider_traffic(now - HOUR)}
            report = await self._provider(provider, traffic.get(provider), now)
            await self._store.add_provider_health(report.snapshot)
        except DatabaseError as error:
            logger.warning("provider_health_not_kept", error_type=type(error).__name__, provider=provider)


def _providers_check(reports: Sequence[ProviderReport]) -> Check:
    """Degraded when one of them is not healthy: others still answer."""
    states = {report.snapshot.provider: report.snapshot.status.value for report in reports}
    good = all(state == HealthStatus.HEALTHY for state in states.values())
    return {"status": "healthy" if good else "degraded", "by_provider": states}
