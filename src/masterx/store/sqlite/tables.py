"""What each family of tables stands on."""

from __future__ import annotations

from masterx.clock import Clock
from masterx.store.sqlite.readers import Readers
from masterx.store.sqlite.writer import Writer


class Tables:
    """Base of the classes that fulfil one port each; they share one writer and one set of readers."""

    def __init__(self, writer: Writer, readers: Readers, clock: Clock) -> None:
        self._writer = writer
        self._readers = readers
        self._clock = clock
