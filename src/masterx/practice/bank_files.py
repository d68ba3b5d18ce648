"""Reading of item and skill files: TOML, checked, with the line of a mistake."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from masterx.practice.items import ItemTemplate, Skill, place_of

SKILLS_FILE = "skills.toml"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """`line` counts from 1."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Bank:
    """Items and skills by id, in the order of the files."""

    items: Mapping[str, ItemTemplate]
    skills: Mapping[str, Skill]
    places: Mapping[str, tuple[str, int]]
    """File and line of each item and skill."""

    @cached_property
    def _by_skill(self) -> Mapping[str, list[ItemTemplate]]:
        found: dict[str, list[ItemTemplate]] = {skill: [] for skill in self.skills}
        for item in self.items.values():
            found.setdefault(item.skill, []).append(item)
        return found

    @cached_property
    def skill_names(self) -> tuple[tuple[str, str], ...]:
        """Id and name of each skill."""
        return tuple((skill.id, skill.name) for skill in self.skills.values())

    def of_skill(self, skill: str) -> list[ItemTemplate]:
        return self._by_skill.get(skill, [])

    def subjects(self) -> list[str]:
        return list(dict.fromkeys(skill.subject for skill in self.skills.values()))


@cache
def own_bank() -> Bank:
    """What comes with MasterX. It has been through the linter, so a mistake in it is a defect."""
    bank, mistakes = read_bank(own_files())
    if mistakes:
        raise AssertionError(str(mistakes[0]))
    return bank


def own_files() -> list[tuple[str, str]]:
    """Names and texts."""
    folder = files("masterx.practice").joinpath("bank")
    found = [(entry.name, entry.read_text("utf-8")) for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return sorted(found)


def files_at(path: Path) -> list[tuple[str, str]]:
    """A file or all files of a folder. Raises `OSError` and `UnicodeDecodeError`."""
    paths = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    return [(str(one), one.read_text("utf-8")) for one in paths]


def read_bank(texts: Iterable[tuple[str, str]], known: Mapping[str, Skill] | None = None) -> tuple[Bank, list[Mistake]]:
    """`known`: skills that items may have though no file here defines them."""
    items: dict[str, ItemTemplate] = {}
    skills: dict[str, Skill] = dict(known or {})
    places: dict[str, tuple[str, int]] = {}
    mistakes: list[Mistake] = []
    for name, text in texts:
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            mistakes.append(Mistake(name, int(found[1]) if found else 1, f"no TOML: {error}"))
            continue
        if unknown := set(content) - {"item", "skill"}:
            mistakes.append(Mistake(name, 1, f"unknown key {min(unknown)}"))
        _add(name, text, content, "skill", Skill, skills, places, mistakes)
        _add(name, text, content, "item", ItemTemplate, items, places, mistakes)
    return Bank(items, skills, places), mistakes


def _add(
    name: str,
    text: str,
    content: Mapping[str, Any],
    key: str,
    model: type[Any],
    kept: dict[str, Any],
    places: dict[str, tuple[str, int]],
    mistakes: list[Mistake],
) -> None:
    rows = content.get(key, [])
    if not isinstance(rows, list):
        mistakes.append(Mistake(name, 1, f"write [[{key}]], with two brackets"))
        return
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == f"[[{key}]]"]
    for place, row in enumerate(rows):
        line = lines[place] if place < len(lines) else 1
        try:
            entry = model.model_validate(row)
        except ValidationError as error:
            for fault in error.errors(include_input=False, include_context=False, include_url=False):
                where = place_of(fault["loc"])
                mistakes.append(Mistake(name, line_of(text, line, where), f"{where}: {fault['msg']}"))
            continue
        if entry.id in kept and entry.id in places:
            mistakes.append(Mistake(name, line, f"the id {entry.id} is used twice"))
            continue
        kept[entry.id] = entry
        places[entry.id] = (name, line)


def line_of(text: str, start: int, field: str) -> int:
    """The line of a field within the entry that starts on a line."""
    key = field.partition(".")[0]
    for number, line in enumerate(text.splitlines()[start:], start + 1):
        if line.strip().startswith("[["):
            break
        if re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return start
