"""What is remembered, as a note that stands before the learner's first message in a prompt.

It is the learner's and the tutor's own text, so it goes where their text goes, and never among the instructions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from masterx.memory.context import MIN_EXCERPT_TOKENS, excerpt
from masterx.memory.summary import summarise
from masterx.memory.tokens import estimate_tokens
from masterx.records.messages import Message, MessageRole
from masterx.records.recall import Recalled

_EARLIER_LESSONS: Final = "[From my earlier lessons, in case it helps:"
_EARLIER_HERE: Final = "[Earlier in this lesson, in short:"
_END: Final = "\n]\n\n"


def earlier_lessons(recalled: Sequence[Recalled], budget_tokens: int, now: datetime | None) -> str:
    """The most fitting first, each with its age and shortened to its share; empty when nothing fits."""
    room = budget_tokens - estimate_tokens(_EARLIER_LESSONS + _END)
    lines: list[str] = []
    for place, one in enumerate(recalled):
        share = room // (len(recalled) - place)
        if share < MIN_EXCERPT_TOKENS:
            break
        speaker = "I" if one.message.role is MessageRole.USER else "You"
        head = f"\n- {speaker}, {_age(one.message.timestamp, now)}: "
        words = excerpt(" ".join(one.message.content.split()), share - estimate_tokens(head) - 1)
        line = head + " ".join(words.split())
        room -= estimate_tokens(line)
        lines.append(line)
    return _EARLIER_LESSONS + "".join(lines) + _END if lines else ""


def earlier_here(fallen: Sequence[Message], budget_tokens: int) -> str:
    """What is no longer sent in full; empty when nothing fell out or nothing fits."""
    summary = summarise(fallen, budget_tokens - estimate_tokens(_EARLIER_HERE + _END) - 1) if fallen else ""
    return f"{_EARLIER_HERE}\n{summary}{_END}" if summary else ""


def _age(moment: datetime, now: datetime | None) -> str:
    days = 0 if now is None else (now - moment) // timedelta(days=1)
    if days < 1:
        return "today"
    return "yesterday" if days == 1 else f"{days} days ago"
