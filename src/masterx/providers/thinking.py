"""Open reasoning models write what they think into the answer itself, between ``<think>`` and ``</think>``."""

from __future__ import annotations

from enum import Enum, auto

_OPEN = "<think>"
_CLOSE = "</think>"


class _Place(Enum):
    START = auto()
    THOUGHT = auto()
    GAP = auto()
    """After a thought; the blank lines between it and the answer come in pieces of their own."""
    ANSWER = auto()


class ThinkingFilter:
    """Drops one such block at the beginning of an answer. The tags may be cut anywhere between two pieces."""

    def __init__(self) -> None:
        self._place = _Place.START
        self._held = ""

    def feed(self, piece: str) -> str:
        """What is now known to be for the reader: mostly all of the piece, at the beginning perhaps nothing yet."""
        if self._place is _Place.ANSWER:
            return piece
        self._held += piece
        if self._place is _Place.START:
            start = self._held.lstrip()
            if _OPEN.startswith(start[: len(_OPEN)]):
                if len(start) < len(_OPEN):
                    return ""
                self._place, self._held = _Place.THOUGHT, start.removeprefix(_OPEN)
        if self._place is _Place.THOUGHT:
            _, closed, rest = self._held.partition(_CLOSE)
            if not closed:
                self._held = self._held[1 - len(_CLOSE) :]
                return ""
            self._place, self._held = _Place.GAP, rest
        if self._place is _Place.GAP:
            self._held = self._held.lstrip()
            if not self._held:
                return ""
        self._place, text = _Place.ANSWER, self._held
        return text

    def finish(self) -> str:
        """What was held back when the answer ended, such as a lone ``<``; nothing of an unfinished thought."""
        return self._held if self._place is _Place.START and self._held.strip() else ""


def without_thinking(text: str) -> str:
    """The same for a whole answer."""
    thinking = ThinkingFilter()
    return thinking.feed(text) + thinking.finish()
