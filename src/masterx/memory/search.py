"""Finding what was said: by meaning, and among what is near in meaning first what has the very words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from masterx.errors import EncoderUnavailable
from masterx.records.readings import Reading
from masterx.records.recall import Recalled

if TYPE_CHECKING:
    from masterx.memory.ranking import Vectors

NEAR_ENOUGH: Final = 0.2
"""A search is asked for on purpose, so less is enough than for what comes to mind by itself."""
LOOKED_AT: Final = 60
WORD_WEIGHT: Final = 0.35
"""Of all words of the query being there: worth this much similarity."""
EXCERPT_LENGTH: Final = 240
_WORD = re.compile(r"\w+")


class _Reader(Protocol):
    async def read(self, text: str) -> Reading: ...


class _Recall(Protocol):
    async def nearest(
        self, user_id: str, vector: Vectors, *, count: int, least: float, distinct: bool
    ) -> tuple[Recalled, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    recalled: Recalled
    excerpt: str
    """The part of the message around the first of the words, else its beginning."""


class MessageSearch:
    def __init__(self, reader: _Reader | None, recall: _Recall) -> None:
        self._reader = reader
        self._recall = recall

    async def search(self, user_id: str, query: str, *, limit: int) -> tuple[Found, ...]:
        """Of this learner's messages, the best first. Raises `EncoderUnavailable` and `DatabaseUnavailable`."""
        if self._reader is None:
            raise EncoderUnavailable
        reading = await self._reader.read(query)
        near = await self._recall.nearest(
            user_id, reading.embedding, count=LOOKED_AT, least=NEAR_ENOUGH, distinct=False
        )
        words = _words(query)
        ranked = sorted(near, key=lambda one: -(one.similarity + WORD_WEIGHT * _share(words, one.message.content)))
        return tuple(Found(recalled=one, excerpt=excerpt_around(one.message.content, words)) for one in ranked[:limit])


def excerpt_around(text: str, words: Sequence[str]) -> str:
    """On one line, `EXCERPT_LENGTH` characters at most and two marks of what was left out."""
    line = " ".join(text.split())
    if len(line) <= EXCERPT_LENGTH:
        return line
    folded = line.casefold()
    places = [place for word in words if (place := folded.find(word)) >= 0]
    start = max(0, min(places) - EXCERPT_LENGTH // 4) if places else 0
    start = min(start, len(line) - EXCERPT_LENGTH)
    if start > 0:
        start = line.rfind(" ", 0, start + 1) + 1
    end = start + EXCERPT_LENGTH
    if end < len(line):
        end = max(line.rfind(" ", start, end), start + EXCERPT_LENGTH // 2)
    return ("… " if start else "") + line[start:end] + (" …" if end < len(line) else "")


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _share(words: Sequence[str], text: str) -> float:
    """How many of the words are there."""
    if not words:
        return 0.0
    there = set(_words(text))
    return sum(word in there for word in words) / len(words)
