"""What comes out when the books are checked against each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from masterx.records.money import NanoDollars


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One figure that differs from what the ledger's rows add up to."""

    book: str
    """`cost_tracking`, `category_breakdown`, `cost_series`, `user_costs`, `sessions`, `messages` or
    `budget_spending`."""
    place: str
    """A day with its provider and user, an id, or a scope with its period."""
    figure: str
    ledger: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """All books as of one moment."""

    calls: int
    cost: NanoDollars
    chat_cost: NanoDollars
    """What calls of lessons cost; it is ``lesson_cost`` and ``erased_cost`` together."""
    lesson_cost: NanoDollars
    """By the sessions that are there."""
    erased_cost: NanoDollars
    """By calls whose session is not there: it was deleted, or never came to be since no model answered."""
    mismatches: tuple[Mismatch, ...]

    @property
    def is_true(self) -> bool:
        return not self.mismatches


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksCheck:
    """That an audit was made, and what came of it."""

    checked_at: datetime
    calls: int
    cost: NanoDollars
    mismatches: int

    @property
    def agree(self) -> bool:
        return self.mismatches == 0
