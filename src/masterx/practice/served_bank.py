"""The items that a server offers: its own, and those in the operator's folder. What is at fault there is left out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import structlog

from masterx.authoring.toml_files import Mistake, files_at
from masterx.practice.bank_files import Bank, own_bank, read_bank
from masterx.practice.drawing import draw
from masterx.practice.grading.reading_back import is_readable
from masterx.practice.items import ItemTemplate, Skill
from masterx.practice.template_language import TemplateFault

_SEEDS = range(3)
"""Drawn while reading, so that a template that never works is not asked. `masterx items lint` draws many more."""
_NAMED = 20
"""Faults that are logged one by one."""

logger = structlog.get_logger()


class ServedBank:
    """Read once, by whoever asks first; a folder that changes is read when the server starts again."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._bank: Bank | None = None
        self.faults: tuple[Mistake, ...] = ()
        """What was left out, once it is read."""

    @property
    def has_folder(self) -> bool:
        return self._folder is not None and self._folder.is_dir()

    async def bank(self) -> Bank:
        return self._bank if self._bank is not None else await asyncio.to_thread(self.read)

    def read(self) -> Bank:
        with self._lock:
            if self._bank is None:
                self._bank, self.faults = _with_folder(own_bank(), self._folder if self.has_folder else None)
                self._tell()
            return self._bank

    def _tell(self) -> None:
        for fault in self.faults[:_NAMED]:
            logger.warning("item_left_out", place=f"{fault.file}:{fault.line}", reason=fault.text)
        if len(self.faults) > _NAMED:
            logger.warning("items_left_out", faults=len(self.faults))


def _with_folder(own: Bank, folder: Path | None) -> tuple[Bank, tuple[Mistake, ...]]:
    if folder is None:
        return own, ()
    try:
        paths = sorted(folder.glob("*.toml"))
    except OSError as error:
        return own, (Mistake(str(folder), 1, f"cannot be read: {error.strerror}"),)
    bank, faults = own, list[Mistake]()
    for path in paths:
        try:
            texts = files_at(path)
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Mistake(str(path), 1, f"cannot be read: {type(error).__name__}"))
            continue
        read, mistakes = read_bank(texts, known=bank.skills)
        bank, more = _joined(bank, read)
        faults += [*mistakes, *more]
    return bank, tuple(faults)


def _joined(bank: Bank, new: Bank) -> tuple[Bank, list[Mistake]]:
    """A skill that is there already keeps what it was; the same skill stands in each imported file."""
    faults: list[Mistake] = []
    skills, items, places = dict(bank.skills), dict(bank.items), dict(bank.places)
    for skill in new.skills.values():
        if skill.id in bank.skills:
            continue
        skills[skill.id] = skill
        if why := _unreachable(skill, {**bank.skills, **new.skills}):
            faults.append(Mistake(*new.places[skill.id], f"{skill.id}: {why}; it is offered without that"))
            skills[skill.id] = skill.model_copy(update={"needs": ()})
    for item in new.items.values():
        why = next(_faults_of(item, bank, skills), "")
        if why:
            faults.append(Mistake(*new.places[item.id], f"{item.id}: {why}; it is left out"))
            continue
        items[item.id] = item
        places[item.id] = new.places[item.id]
    return Bank(items, skills, places), faults


def _unreachable(skill: Skill, skills: dict[str, Skill]) -> str:
    """Why nobody could ever come to this skill."""
    for needed in skill.needs:
        if needed not in skills:
            return f"needs {needed}, which does not exist"
        if skills[needed].subject != skill.subject:
            return f"needs {needed}, which is another subject's"
    try:
        TopologicalSorter({each.id: each.needs for each in skills.values()}).prepare()
    except CycleError as error:
        if skill.id in error.args[1]:
            return "needs itself in a circle"
    return ""


def _faults_of(item: ItemTemplate, bank: Bank, skills: dict[str, Skill]) -> Iterator[str]:
    if item.id in bank.items:
        yield "there is an item of this id already"
    if item.skill not in skills:
        yield f"the skill {item.skill} does not exist"
    try:
        for seed in _SEEDS if item.parameters else (0,):
            drawn = draw(item, seed)
            if not is_readable(drawn.task):
                yield f"the answer cannot be read as a {drawn.task.kind.value}"
                return
    except TemplateFault as fault:
        yield str(fault)
