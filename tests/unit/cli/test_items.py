from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from masterx.cli.items import app
from masterx.errors import InvalidInput
from masterx.practice.bank_files import read_bank

FLOATING = {"question": "Which floats?", "choices": {"label": ["A", "B"], "text": ["iron", "cork"]}, "answerKey": "B"}
BANK = """
[[skill]]
id = "adding"
subject = "sums"
name = "Adding"
hint = "Count on."

[[item]]
id = "sum"
skill = "adding"
difficulty = -1.0
question = "Compute {a} + {b}."
parameters = { a = "11..20", b = "11..20" }
answer = "{a + b}"
check = "value: {a} + {b}"
errors = [{ answer = "{a - b}", feedback = "Add." }]
hints = ["Start at {a}."]
solution = "It is {a + b}."
"""


def invoke(*arguments: object, text: str | None = None) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def row(key: int, answer: str, **changes: Any) -> str:
    given = {"id": key, "kind": "number", "question": "2 + 2", "reference": "4", "tolerance": None, "unit": None}
    return json.dumps({**given, "answer": answer, **changes})


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_lines_are_graded_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    given = (row(1, "4.0"), row(2, "5"), row(3, "four apples and more"), row(4, "4", unit="cm"), "")
    path = write(tmp_path / "answers.jsonl", *given)
    printed = [
        invoke("grade", "--jsonl", path),
        invoke("grade", "--jsonl", text="\n".join(given)),
        invoke("grade", "-", text="\n".join(given)),
    ]
    assert [result.exit_code for result in printed] == [0, 0, 0]
    assert len({result.stdout for result in printed}) == 1
    found = [json.loads(line) for line in printed[0].stdout.splitlines()]
    assert [one["verdict"] for one in found] == ["accept", "reject", "unreadable", "unit_missing"]
    assert all(set(one) == {"id", "verdict", "feedback"} for one in found)


def test_a_line_at_fault_says_so_and_the_others_are_graded(tmp_path: Path) -> None:
    path = write(tmp_path / "answers.jsonl", row(1, "4"), "{", row(3, "4", kind="poem"), row(4, "4"))
    result = invoke("grade", path)
    assert result.exit_code == 1
    assert result.stderr == "2 of the lines could not be graded.\n"
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one.get("verdict") for one in found] == ["accept", None, None, "accept"]
    assert [one["id"] for one in found] == [1, None, 3, 4]


def test_hostile_answers_are_refused_in_their_turn(tmp_path: Path) -> None:
    answers = ("9" * 10_000, "__import__('os').system('true')", "9**9**9**9", "4")
    path = write(tmp_path / "answers.jsonl", *(row(key, one, kind="expression") for key, one in enumerate(answers)))
    result = invoke("grade", path)
    assert result.exit_code == 0
    verdicts = [json.loads(line)["verdict"] for line in result.stdout.splitlines()]
    assert verdicts[3] == "accept"
    assert "accept" not in verdicts[:3]


@pytest.mark.parametrize("arguments", [("grade",), ("lint",), ("stats",), ("import", "gsm8k")])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput, match=r"absent\.toml"):
        invoke(*arguments, tmp_path / "absent.toml")


def test_a_bank_is_linted_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "bank.toml", BANK)
    result = invoke("lint", path, "--draws", 20)
    assert (result.exit_code, result.stdout) == (0, "1 items and 1 skills, drawn 20 times each: no mistakes.\n")
    counted = json.loads(invoke("stats", path, "--json").stdout)
    assert (counted["items"], counted["skills"]) == (1, 1)
    assert "sums: 1 items (1 templates): 1 number" in invoke("stats", path).stdout


def test_a_mistake_in_a_bank_is_named_with_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path / "bank.toml", BANK.replace('answer = "{a + b}"', 'answer = "{a + b + 1}"'))
    result = invoke("lint", path, "--draws", 20)
    assert result.exit_code == 1
    assert "bank.toml:15: sum: sympy finds" in result.stdout
    assert "mistakes in 1 items." in result.stderr


def test_items_are_imported_where_the_server_reads_them(tmp_path: Path) -> None:
    """In a process of its own: where settings are read, the log is turned down for the rest of it."""
    source = write(tmp_path / "Floating Things.jsonl", json.dumps(FLOATING))
    result = subprocess.run(
        [sys.executable, "-m", "masterx", "items", "import", "arc", str(source)],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"MASTERX_DATA_DIR": str(tmp_path)},
        timeout=300,
    )
    place = tmp_path / "items" / "arc-floating-things.toml"
    assert result.stdout.startswith(f"1 items: {place}\n")
    bank, mistakes = read_bank([(place.name, place.read_text(encoding="utf-8"))])
    assert (len(bank.items), mistakes) == (1, [])


@pytest.mark.parametrize(("lines", "says"), [(("{", json.dumps(FLOATING)), "1 broken rows"), ((), "no rows")])
def test_nothing_is_half_imported(tmp_path: Path, lines: tuple[str, ...], says: str) -> None:
    place = tmp_path / "bank" / "items.toml"
    result = invoke("import", "arc", write(tmp_path / "rows.jsonl", *lines), "--to", place)
    assert result.exit_code == 1
    assert says in result.stderr
    assert not place.parent.exists()


def test_an_unknown_source_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="quizlet is none of oatutor, gsm8k, arc"):
        invoke("import", "quizlet", tmp_path / "rows.jsonl")
