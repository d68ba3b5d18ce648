"""What an operator told all processes, heard by each: providers switched, breakers reset, a reload.

Every process looks once a second, which is one read. Why not a signal of the operating system: docs/decisions/0024.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from masterx.errors import DatabaseError
from masterx.records.administration import Signals

LOOK_SECONDS = 1.0

logger = structlog.get_logger()

Apply = Callable[[Signals], Awaitable[None]]
"""Takes over what is new in them; knows itself what it has seen."""


class SignalStore(Protocol):
    async def signals(self) -> Signals: ...


class OperatorSignals:
    def __init__(self, store: SignalStore, listeners: Sequence[Apply]) -> None:
        self._store = store
        self._listeners = tuple(listeners)

    async def look(self) -> None:
        """Raises `DatabaseError`, and what a listener raises."""
        signals = await self._store.signals()
        for apply in self._listeners:
            await apply(signals)

    async def run(self) -> None:
        """Until cancelled. While the store is gone, what was known holds."""
        is_gone = False
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except DatabaseError as error:
                if not is_gone:
                    logger.warning("signals_not_read", error_type=type(error).__name__)
                is_gone = True
            except Exception as error:
                # The outermost edge of this work: a process must not go deaf.
                logger.exception("signals_not_applied", error_type=type(error).__name__)
            else:
                is_gone = False
