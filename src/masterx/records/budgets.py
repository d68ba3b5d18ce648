"""Caps on what may be spent, and the money that calls under way hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from masterx.records.money import NanoDollars


class BudgetWindow(StrEnum):
    """By the UTC calendar, not rolling."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class ScopeKind(StrEnum):
    SYSTEM = "system"
    PROVIDER = "provider"
    TIER = "tier"
    """All learners of a tier together."""
    USER = "user"


@dataclass(frozen=True, slots=True)
class BudgetScope:
    """Whose spending is meant."""

    kind: ScopeKind
    name: str = ""
    """A provider's name, a tier or a user's id; empty for the system."""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What an operator set: no more than this in each window."""

    scope: BudgetScope
    window: BudgetWindow
    amount: NanoDollars


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """A budget in one of its windows."""

    budget: Budget
    starts_at: datetime
    resets_at: datetime
    """Where the next window begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """How full a cap is."""

    cap: Cap
    spent: NanoDollars
    """Of calls that are over; one without a known price counts with the ceiling that was set for it."""
    reserved: NanoDollars
    """The most that calls under way may still cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """The most that one call can cost, held until the call is in the ledger.

    It counts in the windows that hold ``created_at``, which is also the time of the call: what is reserved in a
    window is charged in that window.
    """

    id: str
    provider: str
    user_id: str | None
    tier: str | None
    amount: NanoDollars
    created_at: datetime
    expires_at: datetime
    """After a crash, the money is free again from then on."""
