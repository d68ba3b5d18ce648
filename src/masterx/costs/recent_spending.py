"""How full caps were a moment ago: near enough to decide who is asked first, and far cheaper than asking each time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from masterx.clock import Clock
from masterx.records.budgets import Cap, Spending

KEPT_SECONDS: Final = 1.0
MOST_KEPT: Final = 4_096


class _Store(Protocol):
    async def spending(self, caps: Sequence[Cap], now: datetime) -> Sequence[Spending]: ...


class RecentSpending:
    """Never what a reservation is decided by: that asks the store itself."""

    def __init__(self, store: _Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: dict[Cap, tuple[float, Spending]] = {}

    async def of(self, caps: Sequence[Cap], now: datetime) -> Sequence[Spending]:
        """In the order of the caps, each at most `KEPT_SECONDS` old. Raises `DatabaseUnavailable`."""
        moment = self._clock.monotonic()
        old = [cap for cap in caps if cap not in self._kept or moment - self._kept[cap][0] >= KEPT_SECONDS]
        if old:
            if len(self._kept) + len(old) > MOST_KEPT:
                self._kept.clear()
            for spending in await self._store.spending(old, now):
                self._kept[spending.cap] = (moment, spending)
        return [self._kept[cap][1] for cap in caps]
