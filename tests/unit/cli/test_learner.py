from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from masterx.cli.learner import app
from masterx.errors import InvalidInput

LINE = r"auc=0\.\d{5} logloss=0\.\d{5} ece=0\.\d{5} us_per_update=\d+\.\d"


def log(path: Path, *more: str) -> Path:
    rows = [f"u{u},i{i},{int((u * 7 + i * 5) % 11 > i % 5)}" for u in range(24) for i in range(6)]
    path.write_text("\n".join(["user,item,correct", *rows, *more]))
    return path


@pytest.mark.parametrize("mode", ["test", "practice"])
def test_evaluate_prints_one_line_and_names_broken_rows(tmp_path: Path, mode: str) -> None:
    train, test = log(tmp_path / "train.csv"), log(tmp_path / "test.csv", "u1,i1", "u1,i1,perhaps")
    result = CliRunner().invoke(app, ["evaluate", "--mode", mode, "--train", str(train), "--test", str(test)])
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stdout.splitlines() if line]
    assert len(lines) == 1
    assert re.fullmatch(LINE, lines[0])
    assert "test.csv, row 146: 2 fields are too few; left out" in result.stderr
    assert "test.csv, row 147: correct is neither 0 nor 1; left out" in result.stderr


def test_evaluate_in_json(tmp_path: Path) -> None:
    path = str(log(tmp_path / "log.csv"))
    result = CliRunner().invoke(app, ["evaluate", "--mode", "test", "--train", path, "--test", path, "--json"])
    found = json.loads(result.stdout)
    assert found["train_rows"] == found["test_rows"] == 144
    assert set(found) == {"mode", "train_rows", "test_rows", "auc", "logloss", "ece", "us_per_update"}


def test_a_file_of_something_else_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("a,b\n1,2\n")
    path = str(tmp_path / "log.csv")
    result = CliRunner().invoke(app, ["evaluate", "--mode", "test", "--train", path, "--test", path])
    assert isinstance(result.exception, InvalidInput)
    assert "lacks the column 'user'" in result.exception.message


def test_simulate_says_all_figures() -> None:
    result = CliRunner().invoke(app, ["simulate", "--learners", "10", "--items", "60", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found) == {"ability", "improvement_rate", "learning_velocity", "gain"}
    assert set(found["gain"]) == {"adaptive", "fixed order", "random"}
