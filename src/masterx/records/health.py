"""How a provider was doing at one moment, from real traffic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HealthStatus(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DOWN = "down"


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBreaker:
    """A provider's breaker as all processes know it."""

    provider: str
    revision: int
    """1 for the first change that is kept, and one more with each: who moves it names the one they saw."""
    state: BreakerState
    reason: str | None
    """The code of the error that opened it; None when it is closed."""
    openings: int
    """In a row, without its having been trusted again."""
    holds_seconds: float
    """From `changed_at`: until the next probe or, where it is closed, until it is trusted again."""
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderHealth:
    id: str
    provider: str
    timestamp: datetime
    status: HealthStatus
    success_rate: float | None
    """0 to 1 over the last hour; None without requests."""
    avg_response_time_ms: float | None
    requests_last_hour: int
    errors_last_hour: int
    circuit_breaker_state: BreakerState
    last_success: datetime | None = None
    last_failure: datetime | None = None
