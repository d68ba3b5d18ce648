"""Tables that are sorted and filtered by what stands in the address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

from fastapi import Request

Row = TypeVar("Row")
Direction = Literal["ascending", "descending"]
Key = Callable[[Any], Any]
"""What rows are sorted by; rows for which it is None come last in either direction."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """Which column a table is sorted by, as ``?sort=name`` or ``?sort=-name`` says it."""

    column: str
    descending: bool

    @classmethod
    def of(cls, text: str, keys: Mapping[str, Key], standard: str) -> Sorting:
        """Anything that names no column means `standard`, since people write addresses by hand."""
        chosen = text if text.removeprefix("-") in keys else standard
        return cls(chosen.removeprefix("-"), chosen.startswith("-"))

    def __str__(self) -> str:
        return f"-{self.column}" if self.descending else self.column

    def next_for(self, column: str, *, first_descending: bool = False) -> str:
        """What a press on a column's head asks for."""
        if column != self.column:
            return f"-{column}" if first_descending else column
        return column if self.descending else f"-{column}"

    def state_of(self, column: str) -> Direction | None:
        if column != self.column:
            return None
        return "descending" if self.descending else "ascending"

    def sort(self, rows: Iterable[Row], keys: Mapping[str, Key]) -> list[Row]:
        key = keys[self.column]
        found = list(rows)
        known = sorted((row for row in found if key(row) is not None), key=key, reverse=self.descending)
        return known + [row for row in found if key(row) is None]


def address_with(request: Request, **changes: str | None) -> str:
    """The address that was asked for with some of its query changed; None or "" leaves a name out."""
    query = {**request.query_params, **{name: value or "" for name, value in changes.items()}}
    kept = {name: value for name, value in query.items() if value != ""}
    return request.url.path + (f"?{urlencode(kept)}" if kept else "")


def matching(rows: Sequence[Row], words: str, text_of: Callable[[Row], str]) -> list[Row]:
    """Rows whose text holds each of the words, whatever their case."""
    wanted = words.casefold().split()
    return [row for row in rows if all(word in text_of(row).casefold() for word in wanted)]
