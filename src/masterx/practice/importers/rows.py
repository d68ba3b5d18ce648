"""What importers have in common: rows that become items, and rows that do not."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from masterx.practice.drawing import draw
from masterx.practice.grading.grader import ReferenceUnreadable, check_reference
from masterx.practice.grading.short_text import normalised
from masterx.practice.items import ItemTemplate, Skill
from masterx.practice.template_language import TemplateFault


class RowFault(Exception):
    """A row cannot become an item; the text says why."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Nothing is written while there are faults."""

    skills: tuple[Skill, ...]
    items: tuple[ItemTemplate, ...]
    faults: tuple[str, ...]
    """Each with its row, counted from 1."""


def numbered_json(path: Path) -> Iterator[tuple[str, Any]]:
    """Lines of JSON, or the entries of one JSON array, each with its row. Raises `RowFault` where it is neither."""
    text = path.read_text("utf-8")
    if text.lstrip().startswith("["):
        try:
            entries = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RowFault("the file is no JSON") from error
        yield from ((f"row {number}", entry) for number, entry in enumerate(entries, 1))
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield f"row {number}", json.loads(line)
            except (ValueError, RecursionError):
                yield f"row {number}", None


def collect(
    rows: Iterable[tuple[str, Any]], skills: tuple[Skill, ...], read: Callable[[str, Any], list[dict[str, Any]]]
) -> Imported:
    """`read` makes the fields of items out of a row, or raises `RowFault`."""
    items: dict[str, ItemTemplate] = {}
    faults: list[str] = []
    for place, row in rows:
        try:
            _add(read(place, row if isinstance(row, dict) else _no_object()), items)
        except RowFault as fault:
            faults.append(f"{place}: {fault}")
        except ValidationError as error:
            first = error.errors(include_input=False, include_context=False, include_url=False)[0]
            faults.append(f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}")
    return Imported(skills, tuple(items.values()), tuple(faults))


def _add(rows: list[dict[str, Any]], items: dict[str, ItemTemplate]) -> None:
    for fields in rows:
        item = ItemTemplate.model_validate(fields)
        if item.id in items:
            raise RowFault(f"the id {item.id} is there twice")
        _check(item)
        items[item.id] = item


def _check(template: ItemTemplate) -> None:
    """Raises `RowFault` for a question that nobody could answer."""
    try:
        task = draw(template, 0).task
        check_reference(task)
    except (TemplateFault, ReferenceUnreadable) as error:
        raise RowFault(f"the answer {template.answer!r} cannot be read") from error
    if len({normalised(choice) or choice for choice in task.choices}) < len(task.choices):
        raise RowFault("two choices are alike")


def _no_object() -> NoReturn:
    raise RowFault("no JSON object")


def text_of(row: dict[str, Any], name: str) -> str:
    """Raises `RowFault` when it is missing, empty or no text."""
    found = row.get(name)
    if not isinstance(found, str) or not found.strip():
        raise RowFault(f"`{name}` is missing or empty")
    return literal(found.strip())


def literal(text: str) -> str:
    """With braces doubled, as imported texts are no templates."""
    return text.replace("{", "{{").replace("}", "}}")


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "row"


def write_bank(imported: Imported, path: Path) -> None:
    """A file that `masterx items lint` and the server read; it appears whole or not at all. Raises `OSError`."""
    parts = ["# Imported; who made these items, and under which licence, stands at each of them.\n"]
    for key, entries in (("skill", imported.skills), ("item", imported.items)):
        for entry in entries:
            fields = entry.model_dump(mode="json", exclude_defaults=True)
            parts.append(f"[[{key}]]\n" + "".join(f"{name} = {_toml(found)}\n" for name, found in fields.items()))
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_text("\n".join(parts), "utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _toml(found: Any) -> str:
    if isinstance(found, dict):
        return "{ " + ", ".join(f"{name} = {_toml(inner)}" for name, inner in found.items()) + " }"
    if isinstance(found, list | tuple):
        return "[" + ", ".join(map(_toml, found)) + "]"
    return json.dumps(found, ensure_ascii=False).replace("\x7f", "\\u007f")
