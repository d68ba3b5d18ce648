"""Write docs/settings.md from the settings and the sentence under each of them.

.venv/bin/python scripts/settings_doc.py [--check]
"""

from __future__ import annotations

import argparse
import ast
import inspect
import itertools
import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic_core import PydanticUndefined

from masterx.settings import AREAS, Area

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"

HEADINGS = {
    "server": "Server",
    "store": "Store",
    "backup": "Backup",
    "accounts": "Accounts",
    "mail": "Mail",
    "turn": "A turn",
    "practice": "Practice",
    "routing": "Routing",
    "costs": "Costs",
    "benchmarks": "Benchmarks",
    "limits": "Rate limits",
    "alerts": "Alerts and metrics",
    "logging": "Log",
    "local_model": "Built-in demo model",
}

INTRODUCTION = """\
# Settings

Each setting is an environment variable, or a line of `.env` in the directory that `masterx` is started in; the
environment wins. They are read once, at the start. A value that cannot be used stops the start and is named.
Durations are in seconds where the name says so.

This page is written by `make docs` from `src/masterx/settings.py`; a test fails when it is out of date.
"""

MODELS = """\
## Models

A model is two variables, and a third where the vendor is not one that MasterX knows:

| variable | meaning |
|---|---|
| `<NAME>_API_KEY` | The key. It is sent to this provider only, and never printed. |
| `<NAME>_MODEL_NAME` | The model to ask for, as the vendor spells it. |
| `<NAME>_BASE_URL` | Where the API is. Known vendors have theirs; for any other name it is needed, and without it the \
provider is listed and never called. |
| `<NAME>_DIALECT` | What the API speaks, where it is not the vendor's usual one. |
| `MASTERX_PROVIDER_ORDER` | Names by comma: who is asked first. The rest follows by name. |

They are read at the start, and again when an administrator presses Look again on the first-run page.

`masterx doctor` lists what was found and what is missing.
"""


def sentences(area: type[Area]) -> dict[str, str]:
    """The text under each field, by field name, on one line."""
    tree = ast.parse(inspect.getsource(area))
    body = next(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)).body
    found = {}
    for field, text in itertools.pairwise(body):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(sentence))),
            ):
                found[name] = " ".join(sentence.split())
    return found


def shown(default: Any) -> str:
    match default:
        case _ if default is PydanticUndefined:
            return "required"
        case None:
            return "unset"
        case bool():
            return f"`{str(default).lower()}`"
        case tuple():
            return "`[" + ", ".join(f'"{item}"' for item in default) + "]`"
        case _:
            return f"`{default}`"


def choices(annotation: Any) -> str:
    if get_origin(annotation) is not Literal:
        return ""
    return " One of " + ", ".join(f"`{choice}`" for choice in get_args(annotation)) + "."


def section(name: str, area: type[Area]) -> str:
    lines = [f"## {HEADINGS[name]}", "", "| variable | default | meaning |", "|---|---|---|"]
    texts = sentences(area)
    for field, information in area.model_fields.items():
        variable = f"{area.model_config['env_prefix']}{field}".upper()
        meaning = texts[field] + choices(information.annotation)
        lines.append(f"| `{variable}` | {shown(information.default)} | {meaning} |")
    return "\n".join(lines) + "\n"


def render() -> str:
    """The whole page. Raises `KeyError` for an area without a heading or a setting without a sentence."""
    sections = (section(name, area) for name, area in AREAS.items())
    return "\n".join([INTRODUCTION, *sections, MODELS])


def main() -> None:
    parser = argparse.ArgumentParser(description="Write docs/settings.md from src/masterx/settings.py.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the page is out of date")
    if not parser.parse_args().check:
        PAGE.write_text(render())
    elif PAGE.read_text() != render():
        sys.exit(f"{PAGE.name} is out of date: make docs")


if __name__ == "__main__":
    main()
