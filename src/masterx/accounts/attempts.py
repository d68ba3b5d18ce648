"""Counting attempts, each of which may be a guess, and how long to wait when there were many.

`Attempts` is small so that a shared store can take its place when several processes serve one school.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from masterx.clock import Clock

MAX_KEYS = 20_000
"""A few megabytes. Beyond it the key that was charged longest ago is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    free: int
    """Attempts without a pause between them."""
    forgiven_seconds: float
    """After this long one attempt is forgotten."""
    longest_wait: float
    """Seconds. The pause after the free attempts is one second, and doubles with each up to this."""


class Attempts(Protocol):
    async def charge(self, key: str, budget: Budget) -> float:
        """0: counted, go ahead. Else the seconds to wait before the next; it was not counted."""
        ...

    async def refund(self, key: str) -> None:
        """That one was no guess."""
        ...

    async def clear(self, key: str) -> None:
        """None of them were."""
        ...


@dataclass(slots=True)
class _Count:
    attempts: float
    at: float
    free_at: float


class MemoryAttempts:
    """In this process. Counted before the work begins, so that many guesses at once do not pass as one."""

    def __init__(self, clock: Clock, max_keys: int = MAX_KEYS) -> None:
        self._clock = clock
        self._max_keys = max_keys
        self._counts: dict[str, _Count] = {}

    def __len__(self) -> int:
        return len(self._counts)

    async def charge(self, key: str, budget: Budget) -> float:
        now = self._clock.monotonic()
        count = self._counts.pop(key, None) or _Count(0.0, now, now)
        self._counts[key] = count  # to the end: the first key is the one to forget
        if now < count.free_at:
            return count.free_at - now
        count.attempts = max(0.0, count.attempts - (now - count.at) / budget.forgiven_seconds) + 1
        count.at = now
        beyond = math.ceil(count.attempts) - budget.free
        count.free_at = now if beyond < 0 else now + min(budget.longest_wait, 2.0 ** min(beyond, 30))
        if len(self._counts) > self._max_keys:
            del self._counts[next(iter(self._counts))]
        return 0.0

    async def refund(self, key: str) -> None:
        count = self._counts.get(key)
        if count is not None:
            count.attempts = max(0.0, count.attempts - 1)

    async def clear(self, key: str) -> None:
        self._counts.pop(key, None)
