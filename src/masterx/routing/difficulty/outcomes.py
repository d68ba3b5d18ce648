"""What a weak and a strong model made of the same questions, from a file.

The columns are those of the published RouteLLM outcomes: index, prompt, mixtral_correct, gpt4_correct, and where there
is one, contaminated. Others are passed over: a router sees the prompt alone.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from masterx.errors import InvalidInput

PROMPT: Final = "prompt"
WEAK: Final = "mixtral_correct"
STRONG: Final = "gpt4_correct"
CONTAMINATED: Final = "contaminated"
LONGEST_PROMPT: Final = 1_000_000
_TRUTHS: Final = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    prompts: tuple[str, ...]
    weak: NDArray[np.bool_]
    """Whether the weak model was right."""
    strong: NDArray[np.bool_]
    left_out: int = 0
    """Rows that are marked as contaminated."""

    def __len__(self) -> int:
        return len(self.prompts)

    @property
    def gain(self) -> NDArray[np.float64]:
        """1 where only the strong model was right, -1 where only the weak one, else 0."""
        gain: NDArray[np.float64] = np.subtract(self.strong, self.weak, dtype=np.float64)
        return gain

    def where(self, rows: NDArray[np.intp]) -> Outcomes:
        return Outcomes(tuple(self.prompts[row] for row in rows), self.weak[rows], self.strong[rows])


def read_outcomes(path: Path) -> Outcomes:
    """Raises `InvalidInput`, naming the row as an editor counts it, for a file that is not of this kind."""
    prompts: list[str] = []
    weak: list[bool] = []
    strong: list[bool] = []
    left_out = 0
    for number, row in _rows(path):
        if _truth(row, CONTAMINATED, number, missing=False):
            left_out += 1
            continue
        prompt = row.get(PROMPT)
        if not prompt or len(prompt) > LONGEST_PROMPT:
            raise InvalidInput(f"Row {number} has no prompt that can be used.", details={"row": number})
        prompts.append(prompt)
        weak.append(_truth(row, WEAK, number))
        strong.append(_truth(row, STRONG, number))
    if not prompts:
        raise InvalidInput("There is no row to learn from.", details={"file": path.name})
    return Outcomes(tuple(prompts), np.array(weak), np.array(strong), left_out)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str | None]]]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InvalidInput("The file cannot be read.", details={"file": path.name}) from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = {PROMPT, WEAK, STRONG} - set(reader.fieldnames or ())
    if missing:
        raise InvalidInput(f"The file has no column {', '.join(sorted(missing))}.", details={"file": path.name})
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InvalidInput(f"Row {reader.line_num} cannot be read.", details={"row": reader.line_num}) from error


def _truth(row: dict[str, str | None], column: str, number: int, *, missing: bool | None = None) -> bool:
    value = row.get(column)
    if value is None and missing is not None and column not in row:
        return missing
    truth = _TRUTHS.get((value or "").strip().casefold())
    if truth is None:
        raise InvalidInput(f"Row {number}: {column} is neither true nor false.", details={"row": number})
    return truth
