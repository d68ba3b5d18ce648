"""How far copying has come, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    step: str
    """What is being done, in a word for people."""
    collection: str
    rows: int
    """Done so far in this step, of all collections."""
    of_rows: int
    """As counted before: a little more or less may come."""
    file_bytes: int = 0
    """Of the file, written or read so far; 0 where there is none."""


Watch = Callable[[Progress], None]


def unwatched(_progress: Progress) -> None:
    """For who does not look."""
