"""What was made of a learner before they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from masterx.records.checks import CheckedFact
from masterx.records.lesson_items import LessonItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All of it is empty where nothing is known."""

    instructions: str = ""
    """For the prompt."""
    item: LessonItem | None = None
    """To go below the answer, if that becomes whole."""
    facts: tuple[CheckedFact, ...] = ()


NOT_ASSESSED: Final = Assessment()
