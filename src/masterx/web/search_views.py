"""What the search page shows of what was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from masterx.memory.search import Found
from masterx.records.messages import MessageRole
from masterx.web.lesson_views import UNTITLED

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an excerpt."""

    text: str
    sought: bool
    """One of the words that were looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    address: str
    lesson: str
    by_learner: bool
    said_at: datetime
    excerpt: tuple[Piece, ...]


def results(found: Iterable[Found], titles: Mapping[str, str | None], query: str) -> tuple[Result, ...]:
    """In the order they were found in. `titles`: by the session's id; what has none of these is left out."""
    return tuple(
        Result(
            address=f"/lessons/{message.session_id}#m-{message.id}",
            lesson=titles[message.session_id] or UNTITLED,
            by_learner=message.role is MessageRole.USER,
            said_at=message.timestamp,
            excerpt=pieces(one.excerpt, query),
        )
        for one in found
        if (message := one.recalled.message).session_id in titles
    )


def pieces(excerpt: str, query: str) -> tuple[Piece, ...]:
    """The excerpt cut at the words of the query; joined, the pieces are the excerpt."""
    sought = {word.casefold() for word in _WORD.findall(query)}
    cut: list[Piece] = []
    end = 0
    for word in _WORD.finditer(excerpt):
        if word.group().casefold() not in sought:
            continue
        cut += [Piece(excerpt[end : word.start()], sought=False), Piece(word.group(), sought=True)]
        end = word.end()
    cut.append(Piece(excerpt[end:], sought=False))
    return tuple(piece for piece in cut if piece.text)
