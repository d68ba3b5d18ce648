"""A turn under way: a task that produces events, and whoever listens, each at their own pace."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from masterx.tutor.events import Done, Failed, TurnEvent


class RunningTurn:
    """The turn goes on when nobody listens: what was asked for is finished, or stopped, and recorded.

    Listen with `next_events` or by iterating; only one listener at a time.
    """

    def __init__(self) -> None:
        self._events: deque[TurnEvent] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._interruptible = False
        self.stop_requested = False

    def start(self, work: Callable[[RunningTurn], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        self._task = asyncio.create_task(work(self), name="turn")
        return self._task

    def emit(self, event: TurnEvent) -> None:
        self._events.append(event)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def next_events(self) -> list[TurnEvent]:
        """All that has happened since the last call; waits for the first."""
        if not self._events:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        events = list(self._events)
        self._events.clear()
        return events

    async def __aiter__(self) -> AsyncIterator[TurnEvent]:
        while True:
            for event in await self.next_events():
                yield event
                if isinstance(event, Done | Failed):
                    return

    def stop(self) -> None:
        """Stop generating; what was written is recorded. Without effect once the answer is whole."""
        if not self.stop_requested:
            self.stop_requested = True
            if self._interruptible and self._task is not None:
                self._task.cancel()

    def allow_interruption(self, allowed: bool) -> None:
        """Called by the work around the part that `stop` may cut off: generating, never recording.

        Raises `asyncio.CancelledError` when a stop came before.
        """
        self._interruptible = allowed
        if allowed and self.stop_requested:
            raise asyncio.CancelledError

    def acknowledge_stop(self) -> None:
        """Called by the work when it has caught the cancellation that `stop` caused."""
        self._interruptible = False
        if self._task is not None:
            self._task.uncancel()
