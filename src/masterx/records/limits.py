"""How often somebody asked in the last minute, as all processes count it together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCount:
    allowed: bool
    """This request; then it is counted."""
    count: int
    oldest: datetime
    """Of those that count; the time of this request where none does."""
