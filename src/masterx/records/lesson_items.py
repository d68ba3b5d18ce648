"""A question of the bank that stands below an answer of the tutor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonItem:
    """The item and the seed give the question again, on every machine. Its id is that of the answer."""

    subject: str
    skill: str
    item_id: str
    seed: int
    chance: float | None = None
    """Of a right answer, 0 to 1, as it looked then."""
