"""The shape of the code, held by a test: who may import whom, how long things get, what they are called.

The tables below are the documentation; docs/architecture.md draws them. Each rule is a function from a source tree
to the faults it finds, and is itself tested on small planted trees.
"""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts.settings_doc import PAGE, render

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "masterx"
SOURCES = (PACKAGE, ROOT / "tests", ROOT / "benchmarks", ROOT / "scripts")

# A part imports from lower layers, and from itself.
LAYERS: tuple[tuple[str, frozenset[str]], ...] = (
    ("program", frozenset({"__main__"})),
    ("faces", frozenset({"cli", "web", "api"})),
    ("wiring", frozenset({"wiring", "background_jobs"})),
    ("the turn", frozenset({"tutor"})),
    (
        "capabilities",
        frozenset(
            {"encoder", "emotion", "learner", "practice", "routing", "providers", "costs", "memory", "accounts"}
            | {"backup", "limits", "health", "metrics", "jobs", "alerts", "logging_setup", "signals"}
            | {"instances", "recent_errors"}
        ),
    ),
    ("store", frozenset({"store"})),
    ("ground", frozenset({"records", "settings", "errors", "clock", "authoring"})),
)

# The only imports within a layer.
SIDEWAYS: dict[str, frozenset[str]] = {
    "cli": frozenset({"web", "api"}),
    "web": frozenset({"api"}),
    "wiring": frozenset({"background_jobs"}),
    "routing": frozenset({"providers", "costs"}),
    "practice": frozenset({"learner"}),
    "records": frozenset({"errors"}),
    "settings": frozenset({"errors"}),
}

MAY_READ_ENVIRONMENT = frozenset({"settings.py", "wiring.py", "providers/registry.py"})
FORBIDDEN_NAMES = frozenset(
    {"utils", "util", "helpers", "helper", "manager", "engine", "core", "misc", "common", "handler", "handlers"}
    | {"processor", "processors"}
)
LONGEST_FILE = 500
LONGEST_FUNCTION = 60
MEDIAN_FILE = 200
DECISION_HEADINGS = ("## Context", "## Decision", "## Consequences", "## Alternatives", "## References")


def python_files(root: Path) -> list[Path]:
    return sorted(root.rglob("*.py"))


def layer_of(part: str) -> int | None:
    return next((depth for depth, (_, parts) in enumerate(LAYERS) if part in parts), None)


def imported_parts(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each part of the package that is imported anywhere in the tree, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module="masterx", level=0, names=names):
                modules = [f"masterx.{alias.name}" for alias in names]
            case ast.ImportFrom(module=str(module), level=0):
                modules = [module]
            case ast.ImportFrom():
                modules = ["masterx.<relative>"]
            case _:
                continue
        for module in modules:
            package, _, rest = module.partition(".")
            if package == "masterx" and rest:
                yield rest.partition(".")[0], node.lineno


def arrow_faults(package: Path) -> list[str]:
    faults = []
    for path in python_files(package):
        place = path.relative_to(package)
        part = place.parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        own = layer_of(part)
        if own is None:
            faults.append(f"{place}: {part} has no layer")
            continue
        for other, line in imported_parts(ast.parse(path.read_text())):
            theirs = layer_of(other)
            downwards = theirs is not None and theirs > own
            if not (downwards or other in {part, "__version__"} or other in SIDEWAYS.get(part, ())):
                faults.append(f"{place}:{line}: {part} may not import {other}")
    return faults


def length_faults(root: Path) -> list[str]:
    faults = []
    for path in python_files(root):
        text = path.read_text()
        if (lines := len(text.splitlines())) > LONGEST_FILE:
            faults.append(f"{path.name}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    faults.append(f"{path.name}:{node.lineno}: {node.name} has {length} lines")
    return faults


def median_length(package: Path) -> float:
    """Of the files that hold something."""
    lengths = [len(path.read_text().splitlines()) for path in python_files(package)]
    return statistics.median(length for length in lengths if length > 1)


def name_faults(root: Path) -> list[str]:
    """Files and folders whose name says nothing about their subject."""
    return [
        str(path.relative_to(root))
        for path in python_files(root)
        if FORBIDDEN_NAMES & {word for part in path.relative_to(root).parts for word in re.split(r"[_.]", part)}
    ]


def environment_faults(package: Path) -> list[str]:
    faults = []
    for path in python_files(package):
        place = path.relative_to(package)
        if place.parts[0] == "cli" or place.as_posix() in MAY_READ_ENVIRONMENT:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "environb" | "getenv"):
                    faults.append(f"{place}:{node.lineno}")
                case ast.ImportFrom(module="os", names=names) if {"environ", "getenv"} & {name.name for name in names}:
                    faults.append(f"{place}:{node.lineno}")
    return faults


def print_faults(package: Path) -> list[str]:
    return [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in python_files(package)
        if path.relative_to(package).parts[0] != "cli"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def heading_faults(decisions: Path) -> list[str]:
    return [
        f"{page.name} lacks {heading!r}"
        for page in sorted(decisions.glob("*.md"))
        for heading in DECISION_HEADINGS
        if heading not in page.read_text().splitlines()
    ]


def test_imports_point_down() -> None:
    assert arrow_faults(PACKAGE) == []


@pytest.mark.parametrize("root", SOURCES, ids=lambda root: root.name)
def test_files_and_functions_are_short(root: Path) -> None:
    assert length_faults(root) == []


def test_the_median_file_is_short() -> None:
    assert median_length(PACKAGE) < MEDIAN_FILE


@pytest.mark.parametrize("root", SOURCES, ids=lambda root: root.name)
def test_names_say_what_is_inside(root: Path) -> None:
    assert name_faults(root) == []


def test_the_environment_is_read_in_few_places() -> None:
    assert environment_faults(PACKAGE) == []


def test_only_the_terminal_prints() -> None:
    assert print_faults(PACKAGE) == []


def test_decisions_have_their_headings() -> None:
    assert heading_faults(ROOT / "docs" / "decisions") == []


def test_every_setting_is_documented() -> None:
    assert PAGE.read_text() == render(), "docs/settings.md is out of date: make docs"


class TestRules:
    """Each rule finds what it is there to find."""

    @pytest.fixture
    def package(self, tmp_path: Path) -> Path:
        return tmp_path / "masterx"

    def plant(self, package: Path, place: str, source: str) -> None:
        path = package / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)

    @pytest.mark.parametrize(
        ("place", "source"),
        [
            ("store/ports.py", "from masterx.tutor.turn import Tutor"),
            ("records/users.py", "import masterx.store.ports"),
            ("memory/context.py", "from masterx.providers.base import Provider"),
            ("providers/base.py", "from masterx.routing.router import Router"),
            ("api/chat.py", "from masterx.web import app"),
            ("tutor/turn.py", "from masterx import wiring"),
            ("tutor/turn.py", "def later():\n    from masterx.api.app import create_app"),
            ("tutor/turn.py", "from . import events"),
            ("clock.py", "from masterx.errors import NotFound"),
            ("surprise.py", ""),
        ],
    )
    def test_forbidden_arrows(self, package: Path, place: str, source: str) -> None:
        self.plant(package, place, source)
        assert len(arrow_faults(package)) == 1

    @pytest.mark.parametrize(
        ("place", "source"),
        [
            ("routing/fallback.py", "from masterx.providers.base import Provider"),
            ("tutor/turn.py", "from masterx.tutor.events import Done\nimport asyncio"),
            ("api/app.py", "from masterx import __version__"),
            ("cli/serve.py", "from masterx.web.app import create_app"),
        ],
    )
    def test_allowed_arrows(self, package: Path, place: str, source: str) -> None:
        self.plant(package, place, source)
        assert arrow_faults(package) == []

    def test_long_files_and_functions(self, package: Path) -> None:
        self.plant(package, "a.py", "x = 1\n" * (LONGEST_FILE + 1))
        self.plant(package, "b.py", "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION)
        self.plant(package, "c.py", "async def f():\n" + "    x = 1\n" * (LONGEST_FUNCTION - 1))
        assert [fault.partition(":")[0] for fault in length_faults(package)] == ["a.py", "b.py"]

    def test_empty_names(self, package: Path) -> None:
        for place in ("string_utils.py", "core/turn.py", "scores.py", "hardcore.py"):
            self.plant(package, place, "")
        assert name_faults(package) == ["core/turn.py", "string_utils.py"]

    @pytest.mark.parametrize(
        "source", ["import os\nos.environ['X']", "import os\nos.getenv('X')", "from os import environ"]
    )
    def test_environment(self, package: Path, source: str) -> None:
        for place in ("tutor/turn.py", "settings.py", "cli/main.py"):
            self.plant(package, place, source)
        assert [fault.partition(":")[0] for fault in environment_faults(package)] == ["tutor/turn.py"]

    def test_prints(self, package: Path) -> None:
        self.plant(package, "cli/main.py", "print('for people')")
        self.plant(package, "tutor/turn.py", "print('for nobody')")
        assert print_faults(package) == ["tutor/turn.py:1"]

    def test_headings(self, tmp_path: Path) -> None:
        page = "\n".join(heading for heading in DECISION_HEADINGS if heading != "## Alternatives")
        (tmp_path / "0001-something.md").write_text(page)
        assert heading_faults(tmp_path) == ["0001-something.md lacks '## Alternatives'"]
