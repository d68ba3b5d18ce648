"""Logs of responses from a file: CSV, compressed or not, with the columns user, item, skill, correct and order."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from masterx.errors import InvalidInput

Integers = NDArray[np.int64]

REQUIRED = ("user", "item", "correct")
_ANSWERS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}
LONGEST_NAME = 500


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """`number` counts from 1 and includes the header, as an editor shows it."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class ResponseLog:
    """Columns of one length: one learner's rows stand together, in the order they were given.

    `users`, `items` and `skills` index the names.
    """

    users: Integers
    items: Integers
    skills: Integers
    correct: Integers
    user_names: tuple[str, ...]
    item_names: tuple[str, ...]
    skill_names: tuple[str, ...]
    broken: tuple[BrokenRow, ...] = ()
    """Rows that were left out."""

    def __len__(self) -> int:
        return len(self.users)

    def where(self, rows: NDArray[np.bool_]) -> ResponseLog:
        """Some of the rows, under the same names."""
        return ResponseLog(
            self.users[rows],
            self.items[rows],
            self.skills[rows],
            self.correct[rows],
            self.user_names,
            self.item_names,
            self.skill_names,
        )


@dataclass(frozen=True, slots=True)
class _Row:
    user: str
    item: str
    skill: str
    correct: int
    order: float


def read_log(path: Path) -> ResponseLog:
    """Rows that cannot be used are left out and named in `broken`.

    Without a column `skill` there is one skill; without `order`, rows are in the order of the file. Raises InvalidInput
    when the file cannot be read, lacks another column or has no usable row.
    """
    try:
        with path.open("rb") as raw, _unpacked(raw) as plain:
            lines = io.TextIOWrapper(plain, encoding="utf-8-sig", errors="replace", newline="")
            rows, broken = _usable(csv.reader(lines), path.name)
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise InvalidInput(f"{path.name} cannot be read: {type(error).__name__}.") from error
    if not rows:
        raise InvalidInput(f"{path.name} has no usable row{_first(broken)}.")
    return _log(rows, broken)


def _unpacked(raw: io.BufferedReader) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(raw) if raw.peek(2).startswith(b"\x1f\x8b") else raw)


def log_of(rows: Sequence[tuple[str, str, str, int]]) -> ResponseLog:
    """From (user, item, skill, correct), each learner's in order."""
    return _log([_Row(*row, order) for order, row in enumerate(rows)], [])


def _usable(lines: Iterator[list[str]], name: str) -> tuple[list[_Row], list[BrokenRow]]:
    header = [column.strip().lower() for column in next(lines, [])]
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        raise InvalidInput(f"{name} lacks the column {missing[0]!r}; its first line must name user, item and correct.")
    places = {column: header.index(column) for column in (*REQUIRED, "skill", "order") if column in header}
    rows: list[_Row] = []
    broken: list[BrokenRow] = []
    for number, fields in enumerate(lines, start=2):
        if not any(fields):
            continue
        row = _row(fields, places, len(rows))
        if isinstance(row, _Row):
            rows.append(row)
        else:
            broken.append(BrokenRow(number, row))
    return rows, broken


def _row(fields: list[str], places: Mapping[str, int], position: int) -> _Row | str:
    """The row, or why it is none."""
    if len(fields) <= max(places.values()):
        return f"{len(fields)} fields are too few"
    user, item, answer = (fields[places[column]].strip() for column in REQUIRED)
    skill = fields[places["skill"]].strip() if "skill" in places else ""
    if not user or not item:
        return "the user or the item is empty"
    if max(len(user), len(item), len(skill)) > LONGEST_NAME:
        return f"a name is longer than {LONGEST_NAME} characters"
    correct = _ANSWERS.get(answer.lower())
    if correct is None:
        return "correct is neither 0 nor 1"
    order = _number(fields[places["order"]]) if "order" in places else float(position)
    return "order is not a number" if order is None else _Row(user, item, skill, correct, order)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _log(rows: Sequence[_Row], broken: Sequence[BrokenRow]) -> ResponseLog:
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    skills: dict[str, int] = {}
    codes = np.array(
        [
            (
                users.setdefault(row.user, len(users)),
                items.setdefault(row.item, len(items)),
                skills.setdefault(row.skill, len(skills)),
                row.correct,
            )
            for row in rows
        ],
        dtype=np.int64,
    )
    orders = np.array([row.order for row in rows])
    codes = codes[np.lexsort((orders, codes[:, 0]))]
    return ResponseLog(
        codes[:, 0], codes[:, 1], codes[:, 2], codes[:, 3], tuple(users), tuple(items), tuple(skills), tuple(broken)
    )


def _first(broken: Sequence[BrokenRow]) -> str:
    return f"; row {broken[0].number}: {broken[0].reason}" if broken else ""
