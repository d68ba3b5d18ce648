"""A message that an operator asks for, to see whether alerts arrive."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from masterx.alerts.delivery import Sender, Sent
from masterx.clock import Clock
from masterx.errors import Conflict, RateLimited

PAUSE = timedelta(seconds=10)
"""Between two of them, so that nobody floods a channel by a button."""
TITLE = "MasterX: a test message"
NO_ADDRESS = (
    'No address for alerts is configured. Set MASTERX_ALERT_URLS, such as ["slack://…"], and start the server again.'
)


class AlertTrial:
    """Beside the queue: nothing waits, nothing is stored, nothing is tried again."""

    def __init__(self, clock: Clock, sender: Sender | None) -> None:
        self._clock = clock
        self._sender = sender
        self._one = asyncio.Lock()
        self._last: datetime | None = None

    @property
    def names(self) -> Sequence[str]:
        """The services that alerts go to, in the order of the setting."""
        return () if self._sender is None else self._sender.names

    async def send(self) -> Sequence[Sent]:
        """What came of it at each address.

        Raises `Conflict` where there is none, `RateLimited` while another is sent and shortly after it.
        """
        if self._sender is None:
            raise Conflict(NO_ADDRESS)
        now = self._clock.now()
        # A clock that was set back does not lock the button.
        waits = timedelta(0) if self._last is None or now < self._last else self._last + PAUSE - now
        if self._one.locked() or waits > timedelta(0):
            raise RateLimited(
                "A test message was just sent. Try again in a moment.",
                retry_after=max(1, math.ceil(waits.total_seconds())),
            )
        async with self._one:
            self._last = now
            return await self._sender.send_each(
                TITLE, f"Alerts of this server arrive here. Sent {now:%Y-%m-%d %H:%M} UTC by an administrator."
            )
