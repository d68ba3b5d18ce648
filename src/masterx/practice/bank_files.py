"""Reading of item and skill files: TOML, checked, with the line of a mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from pydantic import ValidationError

from masterx.authoring.toml_files import Mistake, files_in, heads_of, line_of, parsed
from masterx.practice.items import ItemTemplate, Skill, place_of

SKILLS_FILE = "skills.toml"


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
    return files_in("masterx.practice", "bank")


def read_bank(texts: Iterable[tuple[str, str]], known: Mapping[str, Skill] | None = None) -> tuple[Bank, list[Mistake]]:
    """`known`: skills that items may have though no file here defines them."""
    items: dict[str, ItemTemplate] = {}
    skills: dict[str, Skill] = dict(known or {})
    places: dict[str, tuple[str, int]] = {}
    mistakes: list[Mistake] = []
    for name, text in texts:
        content = parsed(name, text)
        if isinstance(content, Mistake):
            mistakes.append(content)
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
    lines = heads_of(text, key)
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
