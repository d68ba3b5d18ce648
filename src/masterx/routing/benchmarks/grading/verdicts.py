"""What a grader says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PASSED_AT: Final = 70.0
"""Quality at which a test counts as passed."""
LONGEST_ANSWER: Final = 24_000
"""Characters; a longer answer to any of our prompts is not one, and gets 0 unread."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    share: float
    """0 to 1."""
    reason: str
    """A sentence for people."""

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError("a share lies between 0 and 1")


@dataclass(frozen=True, slots=True)
class Grade:
    quality: float
    """0 to 100."""
    reasons: tuple[str, ...]
    """Plain sentences, one or more for each check, in the order of the file."""

    @property
    def passed(self) -> bool:
        return self.quality >= PASSED_AT
