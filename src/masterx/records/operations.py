"""What whoever runs the server is told: alerts, and how providers did over a span of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlertKind(StrEnum):
    COST_HOUR = "cost_hour"
    COST_DAY = "cost_day"
    PROVIDER_DOWN = "provider_down"
    BREAKER_OPEN = "breaker_open"
    ERROR_RATE = "error_rate"
    DISK = "disk"
    BACKLOG = "backlog"


class Delivery(StrEnum):
    NONE = "none"
    """Nobody is told: no address was set."""
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    """Given up after the last try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One threshold that was passed in one period. Raised once, resolved at most once."""

    id: str
    kind: AlertKind
    subject: str
    """The provider it is about; empty for the system."""
    period: str
    """What it is raised once in, such as `2026-03-14T15`."""
    value: float
    threshold: float
    raised_at: datetime
    resolved_at: datetime | None = None
    delivery: Delivery = Delivery.NONE
    """Of the newest news: that it was raised or, once it is, that it is over."""
    tries: int = 0
    next_try_at: datetime | None = None
    delivery_error: str | None = None
    """In our words: a service's own may quote the address, which is a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTraffic:
    """The calls to one provider over some time. Times of calls are those of calls that succeeded."""

    provider: str
    requests: int
    errors: int
    successes: int
    """The rest was stopped by our side and says nothing."""
    avg_ms: float | None
    p95_ms: int | None
    """By nearest rank."""
    last_success: datetime | None
    last_failure: datetime | None
