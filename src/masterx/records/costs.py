"""The ledger: one row a call, and the daily sums that follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from masterx.records.money import NanoDollars

GENERAL = "general"
"""The task category of what was not read."""


class Pricing(StrEnum):
    PRICED = "priced"
    FREE = "free"
    """A local model, by the catalogue."""
    UNPRICED = "unpriced"
    """No known price: the amount is unknown, not zero."""


class CallPurpose(StrEnum):
    CHAT = "chat"
    BENCHMARK = "benchmark"


class CallOutcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"
    """Ended by our side (a learner who left, a stop) after something may have been generated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEvent:
    """One call to one provider, whatever came of it. Never changed once written."""

    id: str
    timestamp: datetime
    provider: str
    model: str
    purpose: CallPurpose
    outcome: CallOutcome
    pricing: Pricing
    cost: NanoDollars
    """0 when free or unpriced; ``pricing`` tells which."""
    category: str = GENERAL
    budget_charge: NanoDollars = NanoDollars(0)
    """What counts against budgets: the cost, or for a call without a known price the ceiling that was set."""
    user_id: str | None = None
    tier: str | None = None
    """The learner's subscription at the time of the call."""
    session_id: str | None = None
    message_id: str | None = None
    """The answer that this call produced, if it produced one."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0
    usage_estimated: bool = False
    duration_ms: int = 0
    error_code: str | None = None

    @property
    def total_tokens(self) -> int:
        """Input and output; cached and reasoning tokens are parts of these, not additions."""
        return self.input_tokens + self.output_tokens


class CostPeriod(StrEnum):
    """By the UTC calendar."""

    HOUR = "hour"
    TODAY = "today"
    WEEK = "week"
    """From Monday."""
    MONTH = "month"
    YEAR = "year"
    """The last twelve months, this one included."""


@dataclass(frozen=True, slots=True)
class CostSpan:
    since: datetime
    until: datetime
    """Not included."""


class CostStep(StrEnum):
    """What a series over time goes by."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPoint:
    """One provider's calls in one hour or day."""

    starts_at: datetime
    provider: str
    requests: int
    failed: int
    tokens: int
    cost: NanoDollars
    unpriced: int


class CostGrouping(StrEnum):
    PROVIDER = "provider"
    MODEL = "model"
    CATEGORY = "category"
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSum:
    """Some calls together."""

    name: str | None
    """Of what they were grouped by; a user's is their id. None for everything, and for calls without a user."""
    requests: int
    failed: int
    tokens: int
    cost: NanoDollars
    unpriced: int
    """Calls whose cost is not known, and not in ``cost``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostBreakdown:
    """The calls of a span by each thing they can be grouped by, and those of other spans, as of one moment."""

    total: CostSum
    by_provider: tuple[CostSum, ...]
    """These, the dearest first, then by name."""
    by_model: tuple[CostSum, ...]
    """By provider and model, with a space between them."""
    by_category: tuple[CostSum, ...]
    by_user: tuple[CostSum, ...]
    windows: tuple[CostSum, ...]
    """One for each of the other spans, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTracking:
    """Sums of the ledger for one UTC day, provider and user (None: the whole system)."""

    id: str
    date: date
    provider: str
    user_id: str | None
    total_requests: int
    total_tokens: int
    total_cost: NanoDollars
    category_breakdown: Mapping[str, NanoDollars] = field(default_factory=dict)

    @property
    def avg_cost_per_request(self) -> float:
        """In nano-dollars."""
        return self.total_cost / self.total_requests if self.total_requests else 0.0
