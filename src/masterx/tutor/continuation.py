"""Where a partial answer and its continuation meet: nothing twice, words whole, code blocks intact.

A model that is told to go on may repeat the last words, open the code block again that is still open, begin its
message without the space that was due, or even start over. All of this shows in its first words, so only those are
held back; the rest passes through as it comes.
"""

from __future__ import annotations

import re
from itertools import takewhile

WINDOW = 20_000
"""How many characters back a repetition is looked for."""

_WORD = re.compile(r"\w+")
_BLOCK = re.compile(r"(?:[-*+] |\d{1,3}[.)] |#{1,6} |\||> |```|~~~)")
"""What has to stand at the beginning of a line."""
_BEGINNING = re.compile(r"\w{1,32}|[-*+]|\d{1,3}[.)]|#{1,6}|`{1,2}|~{1,2}")
"""What may still become a longer word or a block."""
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_REOPENED = re.compile(r"\s*(?:```|~~~)[ \t]*[\w+#.-]+[ \t]*\n")
_NOT_TO_BE_JOINED = frozenset(".,;:!?)]}%\u201d\u2019\u2026")
"""After these a word needs a space, and none goes before them."""


class Seam:
    """Takes a continuation piece by piece and gives what is to follow the partial answer.

    An empty partial answer lets everything pass.
    """

    def __init__(self, partial: str) -> None:
        self._partial = partial
        self._window = partial[-WINDOW:]
        self._in_code = len(_FENCE.findall(partial)) % 2 == 1
        self._held: str | None = "" if partial else None

    def feed(self, piece: str) -> str:
        """What is now known to follow; mostly all of the piece, at the beginning perhaps nothing yet."""
        if self._held is None:
            return piece
        self._held += piece
        if self._is_undecided(self._held):
            return ""
        return self._decide(self._held)

    def finish(self) -> str:
        """What was held back when the continuation ended."""
        return self._decide(self._held) if self._held else ""

    def _is_undecided(self, held: str) -> bool:
        words = self._without_fence(held).lstrip()
        if not words or (self._in_code and held.lstrip()[:1] in {"`", "~"} and "\n" not in held.lstrip()):
            return True
        # As long as the partial answer has the same words somewhere, more of them may be a repetition.
        return words in self._window or (_BEGINNING.fullmatch(words) is not None and not _is_wide(words[0]))

    def _decide(self, held: str) -> str:
        self._held = None
        new = self._without_fence(held)
        words = new.lstrip()
        repeated = _repeated(self._window, words, spaced=words != new)
        if repeated:
            return words[repeated:]
        return _space(self._partial, new, in_code=self._in_code) + new

    def _without_fence(self, held: str) -> str:
        """A code block that is still open is opened again by many models, language and all."""
        return _REOPENED.sub("", held, count=1) if self._in_code and _REOPENED.match(held) else held


def _repeated(window: str, words: str, *, spaced: bool) -> int:
    """How many characters of the continuation are the end of the partial answer once more."""
    end = window.rstrip()
    for length in range(min(len(words), len(window)), 0, -1):
        text = words[:length]
        if window.endswith(text) or end.endswith(text):
            start = (len(window) if window.endswith(text) else len(end)) - length
            if _is_repetition(text, words[length:], before=window[:start], spaced=spaced):
                return length
    return 0


def _is_repetition(text: str, after: str, *, before: str, spaced: bool) -> bool:
    """Whether the same characters on both sides are the same words said twice, and not chance."""
    if before and before[-1].isalnum() and text[0].isalnum() and not _is_wide(text[0]):
        return False  # it would begin in the middle of a word
    if len(_WORD.findall(text)) > 1:
        return True
    if spaced or not text[-1].isalnum():
        # "very" and " very good" may well be meant; single marks are no words at all.
        return False
    if after[:1].isalnum():
        return len(text) > 2 and not _is_wide(text[0])  # "differ" and "differentiate"
    return True  # "a" and "a matrix" would make "aa matrix"


def _space(partial: str, new: str, *, in_code: bool) -> str:
    """What is missing between the two: messages begin without the white space that a next word would have had."""
    last, first = partial[-1:], new[:1]
    if last.isspace() or first.isspace() or not first:
        return ""
    if _BLOCK.match(new) and (not in_code or new.startswith(("```", "~~~"))):
        return "\n"
    if in_code or _is_wide(last) or _is_wide(first) or not first.isalnum():
        return ""
    if last in _NOT_TO_BE_JOINED:
        return "" if last in ".," and first.isdigit() and partial[-2:-1].isdigit() else " "
    return " " if last.isalnum() and not _belong_together(partial, new) else ""


def _belong_together(partial: str, new: str) -> bool:
    """Whether the cut went through a word. The text itself is the dictionary: English or not, it repeats its words."""
    fragment = "".join(takewhile(str.isalnum, reversed(partial)))[::-1].casefold()
    match = _WORD.match(new)
    rest = match[0].casefold() if match else ""
    earlier = {word.casefold() for word in _WORD.findall(partial[: len(partial) - len(fragment)])}
    return fragment + rest in earlier and rest not in earlier


def _is_wide(character: str) -> bool:
    """Scripts that put no spaces between words."""
    return bool(character) and ord(character) >= 0x2E80
