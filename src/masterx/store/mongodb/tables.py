"""What each family of collections stands on."""

from __future__ import annotations

from masterx.clock import Clock
from masterx.store.mongodb.database import Database


class Tables:
    """Base of the classes that fulfil one port each; they share one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
