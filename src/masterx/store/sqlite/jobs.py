"""What travels from an event loop to a database thread, and back."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any


class Erasing(IntEnum):
    """How far what an operation deleted is to be gone."""

    NOTHING = 0
    LOG = 1
    """From the write-ahead log too."""
    FILE = 2
    """From every byte of the file: pages that were split keep copies of rows in their unused parts."""


class Job:
    """One operation, waited for by one future."""

    __slots__ = ("args", "erasing", "future", "lasting", "operation")

    def __init__(
        self,
        future: asyncio.Future[Any],
        operation: Callable[..., Any],
        args: tuple[Any, ...],
        *,
        erasing: Erasing = Erasing.NOTHING,
        lasting: bool = True,
    ) -> None:
        """`lasting`: what it writes has to survive a power cut."""
        self.future = future
        self.operation = operation
        self.args = args
        self.erasing = erasing
        self.lasting = lasting

    def run(self, connection: sqlite3.Connection) -> Any:
        return self.operation(connection, *self.args)


Outcome = tuple[asyncio.Future[Any], Any, Exception | None]


def deliver(outcomes: Iterable[Outcome]) -> None:
    """Resolve futures from a thread, with one wake-up of each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].get_loop(), []).append(outcome)
    for loop, its_outcomes in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, its_outcomes)
        except RuntimeError:
            if not loop.is_closed():
                raise
            # Whoever waited has gone with the loop.


def _resolve(outcomes: list[Outcome]) -> None:
    for future, value, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
