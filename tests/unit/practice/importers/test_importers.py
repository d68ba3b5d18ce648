from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from masterx.practice.bank_files import read_bank
from masterx.practice.drawing import draw
from masterx.practice.importers.oatutor import read_oatutor
from masterx.practice.importers.rows import Imported, RowFault, write_bank
from masterx.practice.importers.word_problems import read_arc, read_gsm8k

GSM8K = {"question": "A set {1} has one apple; 3 come.", "answer": "It is 1+3=<<1+3=4>>4.\nSo 4.\n#### 1,004"}
ARC = {"question": "Which floats?", "choices": {"label": ["A", "B"], "text": ["iron", "cork"]}, "answerKey": "B"}
STEP: dict[str, Any] = {"stepTitle": "2 + 2?", "stepAnswer": ["4"], "hints": {"DefaultPathway": [{"text": "Count."}]}}
OATUTOR = {"id": "add1", "title": "Adding", "license": "CC BY 4.0", "oer": "OpenStax", "steps": [STEP]}


def lines(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), "utf-8")
    return path


def array(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows), "utf-8")
    return path


def test_gsm8k_keeps_question_steps_and_answer(tmp_path: Path) -> None:
    imported = read_gsm8k(lines(tmp_path, GSM8K))
    assert imported.faults == ()
    item = draw(imported.items[0], 0)
    assert item.question == "A set {1} has one apple; 3 come."
    assert (item.task.reference, item.hints) == ("1004", ("It is 1+3=4.",))
    assert imported.items[0].licence == "MIT"


def test_arc_in_either_form(tmp_path: Path) -> None:
    published = {"id": "x", "question": {"stem": "Which?", "choices": [{"text": "a", "label": "1"}, {"text": "b", "label": "2"}]}, "answerKey": "1"}  # fmt: skip # noqa: E501
    first, second = read_arc(lines(tmp_path, ARC, published)).items
    assert (first.answer, first.errors[0].answer) == ("cork", "iron")
    assert second.answer == "a"


def test_oatutor_keeps_licence_and_source_and_refuses_problems_without(tmp_path: Path) -> None:
    without = {**OATUTOR, "id": "add2", "license": ""}
    imported = read_oatutor(array(tmp_path, OATUTOR, without))
    assert imported.faults == ("row 2: no licence field",)
    (item,) = imported.items
    assert (item.licence, item.source) == ("CC BY 4.0", "OATutor: add1, OpenStax")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{broken", "row 2: no JSON object"),
        ({"question": "q", "answer": "four"}, "row 2: `answer` does not end with"),
        ({"answer": "#### 4"}, "row 2: `question` is missing"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, row: object, says: str) -> None:
    (fault,) = read_gsm8k(lines(tmp_path, GSM8K, row)).faults
    assert fault.startswith(says)


def test_what_is_written_reads_the_same_again(tmp_path: Path) -> None:
    imported = read_gsm8k(lines(tmp_path, {**GSM8K, "question": 'Quotes " and \\ and\nlines.'}))
    path = tmp_path / "items" / "gsm8k.toml"
    write_bank(imported, path)
    bank, mistakes = read_bank([("gsm8k.toml", path.read_text("utf-8"))])
    assert mistakes == []
    assert tuple(bank.items.values()) == imported.items
    assert [one.name for one in path.parent.iterdir()] == ["gsm8k.toml"]
    assert tomllib.loads(path.read_text("utf-8"))["item"][0]["source"] == "GSM8K, OpenAI"


def test_an_empty_file_has_no_items(tmp_path: Path) -> None:
    assert read_arc(lines(tmp_path, "")) == Imported(read_arc(lines(tmp_path, ARC)).skills, (), ())


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"label": ["A", "A", "B"], "text": ["a", "b", "c"]}, "row 2: two choices have the same label"),
        ({"label": ["A", "B"], "text": ["cork", "Cork."]}, "row 2: two choices are alike"),
        ({"label": ["A", "B"], "text": ["cork", ""]}, "row 2: `answerKey` is none of the choices"),
    ],
)
def test_choices_that_cannot_be_told_apart_are_named(tmp_path: Path, row: object, says: str) -> None:
    (fault,) = read_arc(lines(tmp_path, ARC, {**ARC, "choices": row})).faults
    assert fault.startswith(says)


def test_what_nobody_could_answer_is_named(tmp_path: Path) -> None:
    steps = [{**STEP, "stepAnswer": ["((2"]}]
    imported = read_oatutor(array(tmp_path, OATUTOR, {**OATUTOR, "id": "add2", "steps": steps}))
    assert imported.faults == ("row 2: the answer '((2' cannot be read",)


def test_oatutors_formulas_and_links_become_what_the_page_reads(tmp_path: Path) -> None:
    step = {**STEP, "stepTitle": "Is $$\\frac{1}{2}$$ or $$2$$ larger?", "stepAnswer": ["$$2$$"], "choices": ["$$2$$", "$$\\frac{1}{2}$$"]}  # fmt: skip # noqa: E501
    licence = "<a href='https://creativecommons.org/licenses/by/4.0/'>CC BY 4.0</a>"
    (template,) = read_oatutor(array(tmp_path, {**OATUTOR, "license": licence, "steps": [step]})).items
    item = draw(template, 0)
    assert item.question == r"Adding Is \(\frac{1}{2}\) or \(2\) larger?"
    assert set(item.task.choices) == {r"\(2\)", r"\(\frac{1}{2}\)"}
    assert template.licence == "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)"


def test_a_file_that_is_nested_without_end_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000, "utf-8")
    with pytest.raises(RowFault, match="no JSON"):
        read_oatutor(path)
