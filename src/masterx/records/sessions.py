"""A learning session: a lesson with its running totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from masterx.records.money import NanoDollars


class SessionStatus(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    id: str
    user_id: str
    started_at: datetime
    last_activity_at: datetime
    ended_at: datetime | None = None
    title: str | None = None
    current_topic: str | None = None
    assigned_provider: str | None = None
    total_messages: int = 0
    total_tokens: int = 0
    total_cost: NanoDollars = NanoDollars(0)
    """Of the priced calls; an unpriced call adds nothing here and is marked on its message."""
    avg_response_time_ms: float | None = None
    emotion_trajectory: tuple[str, ...] = ()
    performance_score: float | None = None
    status: SessionStatus = SessionStatus.ACTIVE
