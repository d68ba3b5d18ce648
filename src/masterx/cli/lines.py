"""Lines that a command reads: from a file, or from standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from masterx.errors import InvalidInput

STANDARD_INPUT = "-"


def lines_of(file: str) -> Iterator[str]:
    """The lines of `file`, `-` being standard input. InvalidInput where it cannot be read or is no UTF-8."""
    try:
        if file == STANDARD_INPUT:
            yield from sys.stdin
            return
        with Path(file).open(encoding="utf-8") as lines:
            yield from lines
    except (OSError, UnicodeDecodeError) as error:
        name = "Standard input" if file == STANDARD_INPUT else file
        raise InvalidInput(f"{name} cannot be read.") from error
