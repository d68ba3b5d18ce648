"""What `masterx --help` lists, without importing what it lists."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from masterx.cli.commands import COMMANDS, loaded
from masterx.cli.main import app


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_begins_its_own_help(name: str) -> None:
    first, *_ = loaded(name).help.split("\n\n")
    assert first.replace("\n", " ") == COMMANDS[name].line


def test_all_are_listed_and_typing_errors_are_put_right() -> None:
    listed = CliRunner().invoke(app, ["--help"]).output
    assert [name for name in COMMANDS if f" {name} " not in listed] == []
    assert "Did you mean 'budget'?" in CliRunner().invoke(app, ["bugdet"]).output


def test_a_group_takes_its_own_options_and_commands() -> None:
    assert "schedule" in CliRunner().invoke(app, ["benchmark", "-h"]).output
    assert "No such command 'paint'" in CliRunner().invoke(app, ["benchmark", "paint"]).output


def test_help_imports_nothing_of_a_server() -> None:
    program = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from masterx.cli.main import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "print([name for name in ('fastapi', 'numpy', 'sympy', 'openai', 'masterx.wiring') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_numpy_starts_no_threads_that_wait_by_spinning() -> None:
    program = (
        "import masterx.cli.main, numpy, threading\n"
        "numpy.ones((600, 600)) @ numpy.ones((600, 600))\n"
        "from pathlib import Path\n"
        "tasks = Path('/proc/self/task')\n"
        "print(len(list(tasks.iterdir())) if tasks.exists() else 1, threading.active_count())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "1 1\n"
