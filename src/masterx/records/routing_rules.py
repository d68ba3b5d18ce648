"""What an operator wants of providers in one task category."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RuleKind(StrEnum):
    PINNED = "pinned"
    """It is asked first; of each category one at the most."""
    FORBIDDEN = "forbidden"
    """It is not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    category: str
    provider: str
    kind: RuleKind
    changed_at: datetime
