from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from masterx.cli.benchmark import app
from masterx.errors import InvalidInput

SUITE = """\
category = "math"
version = "7"

[[test]]
id = "math.sum"
difficulty = "easy"
prompt = "What is 20 + 22? End with a line Answer: and the number."
reference = "Answer: 42"
why = "Sums are settled."

[[test.grading]]
kind = "number"
value = "42"
"""


def lint(folder: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["lint", str(folder)])
    return result.exit_code, result.output


def test_a_sound_folder_is_counted(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SUITE)
    status, said = lint(tmp_path)
    assert status == 0, said
    assert "1 tests: no mistakes." in said
    assert "math" in said
    assert "7" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"Answer: 42"', '"Answer: 41"', "mine.toml:8: math.sum: the reference gets 0"),
        ('value = "42"', 'value = "42"\nunit = "km"', "mine.toml:14: grading.0.number.unit"),
        ("[[test.grading]]", "[[test.grading]", "mine.toml:11: no TOML"),
    ],
)
def test_a_mistake_has_file_and_line_and_a_status(tmp_path: Path, old: str, new: str, says: str) -> None:
    (tmp_path / "mine.toml").write_text(SUITE.replace(old, new, 1))
    status, said = lint(tmp_path)
    assert status == 1
    assert says in said
    assert "1 mistakes in" in said


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["lint", str(tmp_path / "absent")])
    assert isinstance(result.exception, InvalidInput)
    assert "absent cannot be read" in result.exception.message
    assert isinstance(CliRunner().invoke(app, ["lint", str(tmp_path)]).exception, InvalidInput)
