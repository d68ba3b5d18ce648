from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from masterx.cli.encoder import app
from masterx.encoder.files import check_files
from masterx.errors import InvalidInput

FIELDS = {"id", "category", "state", "valence", "arousal", "distress", "labels", "ms"}


def run(*arguments: str, text: str | None = None) -> str:
    result = CliRunner().invoke(app, list(arguments), input=text)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_a_text_is_read_for_people() -> None:
    shown = run("read", "i am so confused, why does my loop never stop?")
    assert re.search(r"^category +coding", shown, re.MULTILINE)
    assert re.search(r"^labels .*confusion", shown, re.MULTILINE)
    assert re.search(r"^model .* ms$", shown, re.MULTILINE)


def test_a_text_is_read_for_programs() -> None:
    found = json.loads(run("read", "--json", "hola, no entiendo nada de esto"))
    assert found["is_foreign"] is True
    assert len(found["probabilities"]) == 28
    assert found["embedding"]["size"] == 384


def test_lines_go_in_and_out_in_order() -> None:
    given = [{"id": 7, "text": "i want to die"}, {"id": "b", "text": ""}, {"id": None, "text": "solve 2x = 4"}]
    lines = run("read", "--jsonl", text="\n\n".join(map(json.dumps, given)) + "\n").splitlines()
    found = [json.loads(line) for line in lines]
    assert [row["id"] for row in found] == [7, "b", None]
    assert [row["distress"] for row in found] == [True, False, False]
    assert found[2]["category"] == "math"
    assert all(set(row) == FIELDS for row in found)


@pytest.mark.parametrize("line", ["{", "[]", '{"id": 1}', '{"id": 1, "text": 5}'])
def test_a_bad_line_is_named(line: str) -> None:
    with pytest.raises(InvalidInput, match=r"^Line 2"):
        run("read", "--jsonl", text=f'{{"id": 1, "text": "ok"}}\n{line}\n')


def test_lines_come_from_a_file_or_from_standard_input(tmp_path: Path) -> None:
    line = json.dumps({"id": "é", "text": "solve 2x = 4"}, ensure_ascii=False)
    path = tmp_path / "messages.jsonl"
    path.write_text(line, encoding="utf-8")
    printed = [
        run("read", "--jsonl", str(path)),
        run("read", "--jsonl", "-", text=line),
        run("read", "--jsonl", text=line),
    ]
    assert [json.loads(one)["id"] for one in printed] == ["é"] * 3


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes(b'{"id": 1, "text": "caf\xe9"}')
    for path in (tmp_path / "absent.jsonl", latin, tmp_path):
        with pytest.raises(InvalidInput, match=path.name):
            run("read", "--jsonl", str(path))


def test_something_to_read_is_needed() -> None:
    for arguments in (["read"], ["evaluate"]):
        with pytest.raises(InvalidInput):
            run(*arguments)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "emotions.txt"
    path.write_text("\n".join(check_files().facts.labels) + "\n")
    return path


@pytest.mark.parametrize("name", ["emotions.tsv", "emotions.tsv.gz"])
def test_emotions_are_judged(tmp_path: Path, labels: Path, name: str) -> None:
    names = check_files().facts.labels
    rows = [("thank you so much!", "gratitude"), ("I am so confused", "confusion"), ("The bus is red.", "neutral")]
    content = "".join(f"{text}\t{names.index(label)}\tid{label}\n" for text, label in rows).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    lines = run("evaluate", "--emotions", str(path), "--labels", str(labels), "--full").splitlines()
    assert re.fullmatch(r"thresholds=0\.5 macro_f1=0\.\d{4}", lines[0])
    assert re.fullmatch(r"thresholds=shipped macro_f1=0\.\d{4}", lines[1])
    assert len(lines) == 2 + len(names)
    assert next(line for line in lines if line.startswith("gratitude")).endswith("texts=1")


def test_dimensions_are_judged(tmp_path: Path) -> None:
    path = tmp_path / "vad.csv"
    rows = ['a,train,4.5,3.5,3.4,"I love this, it is wonderful"', "b,train,1.5,3.8,2.6,I hate this terrible pain"]
    path.write_text("\n".join(["id,split,V,A,D,text", *rows, "c,train,3,2.6,3,The table is brown"]))
    shown = run("evaluate", "--vad", str(path))
    found = re.fullmatch(r"valence_r=(\S+) arousal_r=\S+ dominance_r=\S+\n", shown)
    assert found
    assert float(found[1]) > 0.8


@pytest.mark.parametrize("content", ["text without labels\n", "text\tmany\tid\n", "text\t99\tid\n"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, labels: Path, content: str) -> None:
    path = tmp_path / "emotions.tsv"
    path.write_text(content)
    with pytest.raises(InvalidInput):
        run("evaluate", "--emotions", str(path), "--labels", str(labels))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        run("evaluate", "--vad", str(tmp_path / "nowhere.csv"))


def test_speed_is_measured() -> None:
    found = json.loads(run("bench", "--seconds", "0.2", "--json"))
    assert [row["batch"] for row in found["batches"]] == [1, 8, 32]
    assert all(0 < row["p50_ms"] <= row["p99_ms"] for row in found["batches"])
