"""What whoever runs the server is told: which processes answer, errors, alerts, how providers did lately."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentError:
    """An answer of 5xx or a turn that failed. No text of anybody: where the request id leads, the log says more."""

    id: str
    timestamp: datetime
    request_id: str
    type: str
    code: str
    path: str
    """The route's template."""
    instance_id: str
    """The process that met it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """How a background job did last."""

    name: str
    last_run: datetime | None
    last_error: str | None
    """The error's code; None after a run that went well."""


class InstanceState(StrEnum):
    SERVING = "serving"
    DRAINING = "draining"
    """It was told to stop, and answers what it has begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A process that answers, as it said of itself last."""

    id: str
    host: str
    process_id: int
    version: str
    started_at: datetime
    last_seen: datetime
    state: InstanceState
    leads: bool
    """Whether it runs the background jobs for all."""
    jobs: tuple[JobRun, ...] = ()
    """Of the one that leads."""
