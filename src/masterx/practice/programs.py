"""Runs programs of item files to learn what they print. For authors, in the linter; a server never does this."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

SECONDS = 20
_RUNNER = """
import contextlib, io, json, sys
outputs = []
for source in json.load(sys.stdin):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(source, "<item>", "exec"), {"__name__": "__main__"})
        except Exception as error:
            print(type(error).__name__)
    outputs.append(printed.getvalue())
json.dump(outputs, sys.stdout)
"""


class ProgramFault(Exception):
    """The programs did not come to an end."""


def outputs_of(programs: Sequence[str]) -> list[str]:
    """What each one prints; an uncaught error is printed by its name. Raises `ProgramFault`."""
    try:
        finished = subprocess.run(  # noqa: S603 - programs of an item file, which its author asks to be run
            [sys.executable, "-I", "-c", _RUNNER],
            input=json.dumps(list(programs)),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
            env={"PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"},
        )
        found: list[str] = json.loads(finished.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise ProgramFault("A program does not end, or ends the process that runs it.") from error
    return found
