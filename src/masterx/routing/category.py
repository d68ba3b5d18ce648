"""What a message is about, in the light of the lesson it stands in. Pure."""

from __future__ import annotations

from typing import Final

CLEAR: Final = 0.6
"""How sure a reading has to be to change the topic of a lesson."""
FOLLOW_UP_WORDS: Final = 6
"""A message this short ("and why?", "do the second one too") rarely changes the topic..."""
SURE: Final = 0.85
"""...unless it is plain."""


def topic_after(category: str, certainty: float, words: int, current: str | None) -> str:
    """The topic from this message on; ``current`` is the lesson's so far, None for a new one."""
    if current is None or category == current:
        return category
    needed = SURE if words <= FOLLOW_UP_WORDS else CLEAR
    return category if certainty >= needed else current
