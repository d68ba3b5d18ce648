"""Runs programs of authors' files to learn what they print. For authors, in the linter; a server never does this."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

SECONDS: Final = 30
_RUNNER: Final = """
import contextlib, io, json, sqlite3, sys
outputs = []
for language, source in json.load(sys.stdin):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            if language == "python":
                exec(compile(source, "<program>", "exec"), {"__name__": "__main__"})
            else:
                connection = sqlite3.connect(":memory:")
                for statement in source.split(";"):
                    for row in connection.execute(statement):
                        print(*("NULL" if value is None else value for value in row), sep="|")
                connection.close()
        except Exception as error:
            print(type(error).__name__)
    outputs.append(printed.getvalue())
json.dump(outputs, sys.stdout)
"""


class ProgramFault(Exception):
    """The programs did not come to an end."""


def outputs_of(programs: Sequence[tuple[str, str]]) -> list[str]:
    """What each pair of language and source prints, rows of SQLite with `|` between; an uncaught error by its name.

    Raises `ProgramFault`.
    """
    try:
        finished = subprocess.run(  # noqa: S603 - programs that their author asks to be run
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
