"""What the processes of one installation tell each other; part of the contract in `store.ports`.

All of it is bounded: a breaker for each provider, a row for each process, the newest errors. What is written here
only the living need, so it may be lost in a power cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from masterx.records.health import KeptBreaker
from masterx.records.operations import Instance, RecentError

KEPT_ERRORS: Final = 1_000
"""Of all processes together; older ones are forgotten."""


class BreakerStore(Protocol):
    async def breakers(self) -> Sequence[KeptBreaker]:
        """Of each provider whose breaker ever moved."""
        ...

    async def move_breaker(self, breaker: KeptBreaker) -> bool:
        """Keep it if its revision follows the one that is kept (1 where none is).

        False, and nothing written, when somebody else moved it first. Of many who ask at once, one is told True.
        """
        ...


class InstanceStore(Protocol):
    async def note_instance(self, instance: Instance) -> None:
        """Add or replace what a process says of itself."""
        ...

    async def remove_instance(self, instance_id: str) -> None:
        """One that is not there is passed over."""
        ...

    async def instances(self) -> Sequence[Instance]:
        """The one that started first comes first."""
        ...

    async def forget_instances(self, before: datetime) -> None:
        """Those that were last seen before: they died without a word."""
        ...

    async def add_recent_errors(self, errors: Sequence[RecentError]) -> None:
        """Those beyond the newest `KEPT_ERRORS`, by id, are forgotten; an id that is there already is passed over."""
        ...

    async def recent_errors(self, *, limit: int) -> Sequence[RecentError]:
        """Newest first."""
        ...

    async def count_recent_errors(self, since: datetime) -> int:
        """Not more than `KEPT_ERRORS`."""
        ...
