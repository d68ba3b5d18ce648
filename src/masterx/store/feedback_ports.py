"""What learners' feedback comes to; part of the contract in `store.ports`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from masterx.records.feedback_standing import FeedbackDay, FeedbackStanding


class FeedbackStore(Protocol):
    async def feedback_standing(self, since: datetime, until: datetime) -> Sequence[FeedbackStanding]:
        """Of each provider in each category in which it answered in the span; `since` included, `until` not.

        By category and provider. Of more than `MOST_ANSWERS` the newest are looked at.
        """
        ...

    async def feedback_days(self, since: datetime, until: datetime) -> Sequence[FeedbackDay]:
        """Of each day with a rating in the span, by day, category and provider; of the same answers."""
        ...
