"""Time and identity, passed in so that tests can hold them still."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

TOLERATED_SKEW_SECONDS = 5.0
"""How far the clocks of two hosts may be apart without a lease, a breaker or a limit going wrong."""


class Clock(Protocol):
    """The two times that a program needs: what a calendar says and what a stopwatch says."""

    def now(self) -> datetime:
        """The present as an aware datetime in UTC, in whole milliseconds: what every store keeps and compares."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed point; never goes back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        moment = datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        return time.monotonic()


def new_id(now: datetime) -> str:
    """A UUID of version 7 (RFC 9562, section 5.7) as text: 48 bits of milliseconds, then 74 random bits.

    Ids sort by creation, which keeps index pages dense and gives equal timestamps a stable order.
    """
    milliseconds = int(now.timestamp() * 1000)
    random_bits = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= (random_bits >> 68) << 64
    value |= 0b10 << 62
    value |= random_bits & 0x3FFF_FFFF_FFFF_FFFF
    return str(UUID(int=value))
