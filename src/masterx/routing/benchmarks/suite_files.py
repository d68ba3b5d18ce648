"""Reading of suite files: TOML, checked, with the line of a mistake."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from masterx.authoring.toml_files import Mistake, files_at, files_in, heads_of, line_of, parsed
from masterx.errors import ConfigurationError
from masterx.routing.benchmarks.suite import BenchmarkTest, Category, Suite

CATEGORIES: tuple[str, ...] = get_args(Category)
FILE_KEYS = frozenset({"category", "version", "test"})


@dataclass(frozen=True, slots=True)
class SuiteFiles:
    """What was read from some files: suites by category, and where each test stands."""

    suites: Mapping[str, Suite]
    places: Mapping[str, tuple[str, int]]
    """File and line of each test by its id."""
    files: Mapping[str, str]
    """Category of each file."""


def load_suites(folder: Path | None = None) -> Mapping[str, Suite]:
    """Our own suites by category; with an operator's folder, its tests too, those of a known id in place of ours.

    Raises `ConfigurationError`, which names file and line of every mistake in the folder.
    """
    own = own_suites().suites
    if folder is None:
        return own
    try:
        found, mistakes = read_suites(files_at(folder))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The folder of benchmark suites {folder} cannot be read.") from error
    if mistakes:
        raise ConfigurationError("Mistakes in the benchmark suites:\n" + "\n".join(map(str, sorted(mistakes))))
    return {category: _joined(suite, found.suites.get(category)) for category, suite in own.items()}


def _joined(own: Suite, added: Suite | None) -> Suite:
    if added is None:
        return own
    tests = {test.id: test for test in (*own.tests, *added.tests)}
    text = "\n".join(test.model_dump_json() for test in added.tests)
    digest = hashlib.sha256(f"{added.version}\n{text}".encode()).hexdigest()[:8]
    return Suite(category=own.category, version=f"{own.version}+{digest}", tests=tuple(tests.values()))


@cache
def own_suites() -> SuiteFiles:
    """What comes with MasterX. It has been through the linter, so a mistake in it is a defect."""
    found, mistakes = read_suites(own_files())
    if mistakes:
        raise AssertionError(str(mistakes[0]))
    return found


def own_files() -> list[tuple[str, str]]:
    """Names and texts."""
    return files_in("masterx.routing.benchmarks", "suites")


def read_suites(texts: Iterable[tuple[str, str]]) -> tuple[SuiteFiles, list[Mistake]]:
    """Files of one category are one suite, whose version is the last of theirs."""
    tests: dict[str, BenchmarkTest] = {}
    places: dict[str, tuple[str, int]] = {}
    versions: dict[str, str] = {}
    categories: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for name, text in texts:
        content = parsed(name, text)
        if isinstance(content, Mistake):
            mistakes.append(content)
            continue
        if head := list(_head_faults(name, text, content)):
            mistakes.extend(head)
            continue
        versions[content["category"]] = content["version"]
        categories[name] = content["category"]
        for line, test in _tests(name, text, content, mistakes):
            if test.id in tests:
                file, other = places[test.id]
                mistakes.append(Mistake(name, line, f"the id {test.id} stands in {file}:{other} already"))
                continue
            tests[test.id], places[test.id] = test, (name, line)
    suites = {
        category: Suite(
            category=category,
            version=version,
            tests=tuple(test for test in tests.values() if test.category == category),
        )
        for category, version in versions.items()
    }
    return SuiteFiles(suites, places, categories), mistakes


def _head_faults(name: str, text: str, content: Mapping[str, Any]) -> Iterable[Mistake]:
    for key in sorted(set(content) - FILE_KEYS):
        yield Mistake(name, line_of(text, 0, key), f"unknown key {key}")
    if content.get("category") not in CATEGORIES:
        yield Mistake(name, line_of(text, 0, "category"), f"category is one of {', '.join(CATEGORIES)}")
    version = content.get("version")
    if not isinstance(version, str) or not re.fullmatch(r"[\w.-]{1,20}", version):
        yield Mistake(name, line_of(text, 0, "version"), 'version is a short text, such as "1"')
    if not isinstance(content.get("test", []), list):
        yield Mistake(name, 1, "write [[test]], with two brackets")


def _tests(
    name: str, text: str, content: Mapping[str, Any], mistakes: list[Mistake]
) -> Iterable[tuple[int, BenchmarkTest]]:
    """Each sound test with its line; the others go to `mistakes`."""
    lines = heads_of(text, "test")
    for place, row in enumerate(content.get("test", [])):
        line = lines[place] if place < len(lines) else 1
        try:
            yield line, BenchmarkTest.model_validate({"category": content["category"], **row})
        except ValidationError as error:
            for fault in error.errors(include_input=False, include_context=False, include_url=False):
                if fault["type"] == "too_short" and fault["loc"] == ("grading",) and error.error_count() > 1:
                    continue  # all its checks were at fault, and are named
                where = ".".join(str(part) for part in fault["loc"])
                said = f"{where}: {fault['msg']}" if where else fault["msg"]
                mistakes.append(Mistake(name, _line_of_fault(text, line, fault["loc"]), said))


def _line_of_fault(text: str, start: int, location: tuple[int | str, ...]) -> int:
    """A fault in a check is named at the check's own field."""
    match location:
        case ("grading", int(place), *rest):
            heads = [
                number
                for number, line in enumerate(text.splitlines()[start:], start + 1)
                if line.strip() == "[[test.grading]]"
            ]
            head = heads[place] if place < len(heads) else start
            field = next((part for part in rest[1:] if isinstance(part, str)), "" if rest else "kind")
            return line_of(text, head, field)
        case (str(field), *_):
            return line_of(text, start, field)
    return start
