"""Files that authors write: found, read, and pointed into by line."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """`line` counts from 1."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def files_in(package: str, folder: str) -> list[tuple[str, str]]:
    """Names and texts of the TOML files that come with a package, by name."""
    entries = files(package).joinpath(folder).iterdir()
    return sorted((entry.name, entry.read_text("utf-8")) for entry in entries if entry.name.endswith(".toml"))


def files_at(path: Path) -> list[tuple[str, str]]:
    """A file, or all TOML files of a folder by name. Raises `OSError` and `UnicodeDecodeError`."""
    paths = sorted(found for found in path.iterdir() if found.suffix == ".toml") if path.is_dir() else [path]
    return [(str(one), one.read_text("utf-8")) for one in paths]


def parsed(name: str, text: str) -> dict[str, Any] | Mistake:
    """Its content, or where it stops being TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        return Mistake(name, int(found[1]) if found else 1, f"no TOML: {error}")


def heads_of(text: str, key: str) -> list[int]:
    """The lines on which the entries `[[key]]` begin."""
    return [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == f"[[{key}]]"]


def line_of(text: str, start: int, field: str) -> int:
    """The line of a field within the entry that starts on a line, which stands for a field that is not there; 0 is the
    top of the file. Of `a.b` the line of `a`.
    """
    key = field.partition(".")[0]
    for number, line in enumerate(text.splitlines()[start:], start + 1):
        if line.strip().startswith("[["):
            break
        if re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return max(start, 1)
