"""How often somebody asked, counted for all processes together; part of the contract in `store.ports`.

It may be lost in a power cut: a minute later nobody would ask.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from masterx.records.limits import WindowCount


class LimitStore(Protocol):
    async def hit_window(self, key: str, *, limit: int, window: timedelta, now: datetime) -> WindowCount:
        """Count a request if fewer than ``limit`` came within ``window`` before it; one that is refused is not counted.

        Of many who ask at once, no more than the limit are told that they are allowed.
        """
        ...

    async def forget_windows(self, before: datetime) -> None:
        """Keys under which nothing was counted since then."""
        ...
