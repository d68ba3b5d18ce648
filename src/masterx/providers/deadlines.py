"""The three deadlines of a call, kept by one object whatever the dialect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from masterx.errors import ProviderTimeout
from masterx.providers.base import Deadlines

T = TypeVar("T")


class Countdown:
    """Starts when it is made. Only waiting counts: time that a slow reader takes between pieces is not the model's.

    No timer is held between two waits, so a generator that uses it may be read from any task.
    """

    def __init__(self, provider: str, deadlines: Deadlines) -> None:
        self._provider = provider
        self._clock = asyncio.get_running_loop().time
        start = self._clock()
        self._stall = deadlines.stall
        self._total = start + deadlines.total
        self._piece: float | None = start + deadlines.first_token
        self._piece_phase = "first_token"

    def piece_arrived(self) -> None:
        """Something of the answer came: from the next wait on, the stall deadline counts anew."""
        self._piece = None
        self._piece_phase = "stall"

    def limit(self) -> tuple[float, str]:
        """When to stop waiting for the next piece, in the loop's time, and the name of that deadline.

        It stays where it is until a piece arrives, so bytes that never make a piece do not move it.
        """
        if self._piece is None:
            self._piece = self._clock() + self._stall
        if self._piece < self._total:
            return self._piece, self._piece_phase
        return self._total, "total"

    async def next_piece(self, waiting: Awaitable[T]) -> T:
        """Await it for as long as the next piece may take. Raises `ProviderTimeout`."""
        limit, phase = self.limit()
        return await self._until(limit, phase, waiting)

    async def whole_answer(self, waiting: Awaitable[T]) -> T:
        """Await it for as long as the whole answer may take. Raises `ProviderTimeout`."""
        return await self._until(self._total, "total", waiting)

    async def _until(self, limit: float, phase: str, waiting: Awaitable[T]) -> T:
        timer = asyncio.timeout_at(limit)
        try:
            async with timer:
                return await waiting
        except TimeoutError as error:
            if not timer.expired():
                raise
            raise ProviderTimeout(self._provider, details={"phase": phase}) from error
