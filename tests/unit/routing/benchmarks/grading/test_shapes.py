"""Format, length, language and wording."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from masterx.routing.benchmarks.grading.checks import Check
from masterx.routing.benchmarks.grading.grader import graded
from masterx.routing.benchmarks.grading.languages import language_of
from masterx.routing.benchmarks.grading.lengths import length_of


def share(answer: str, **fields: object) -> float:
    check: Check = TypeAdapter(Check).validate_python(fields)
    return graded(check, answer).share


def test_points_of_the_outermost_level_are_counted() -> None:
    nested = "- one\n    - detail\n- two\n\n- three"
    assert share(nested, kind="format", shape="bullets", least=3, most=3) == 1
    assert share(nested, kind="format", shape="bullets", least=4) == 0.3
    assert share("1. one\n2. two", kind="format", shape="numbered", least=2, most=2, only=True) == 1
    assert share("First:\n1. one\n2. two", kind="format", shape="numbered", least=2, only=True) == 0.6
    assert share("one, two", kind="format", shape="bullets") == 0


def test_tables_have_their_columns_and_whole_rows() -> None:
    table = "| A | B |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |"
    wanted = {"kind": "format", "shape": "table", "columns": ["A", "B"], "least": 2, "most": 2, "only": True}
    assert share(table, **wanted) == 1
    assert share(f"Here you are:\n\n{table}", **wanted) == 0.6
    assert share(table.replace("| 4 |", ""), **wanted) == 0.3
    assert share(table.replace("| A | B |", "| B | A |"), **wanted) == 0.3
    assert share("A | B", **wanted) == 0


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ('{"a": 1, "b": ["x"]}', 1),
        ('```json\n{"a": 1, "b": ["X"]}\n```', 1),
        ('Sure: {"a": 1, "b": ["x"]}', 0.6),
        ('{"a": true, "b": ["x"]}', 0.3),
        ('{"a": 1}', 0.3),
        ('{"a": 1, "b": ["x"], "c": 2}', 0.3),
        ('{"a": 1, "b": ["y"]}', 0.3),
        ('[{"a": 1, "b": ["x"]}]', 0.3),
        ('{"a": 1, "b": ["x"]', 0),
        ("null", 0),
        ("[" * 10_000 + "]" * 10_000, 0),
    ],
)
def test_json_has_its_keys_types_and_values(answer: str, wanted: float) -> None:
    fields = {"keys": {"a": "number", "b": "array"}, "equals": {"a": 1, "b": ["x"]}, "only": True}
    assert share(answer, kind="format", shape="json", **fields) == wanted


def test_lengths() -> None:
    text = "One two, three.\n\nFour-five six!\nSeven"
    counts = {"words": 6, "sentences": 3, "lines": 3, "paragraphs": 2, "characters": len(text)}
    assert {of: length_of(text, of) for of in counts} == counts
    assert share("word " * 50, kind="length", most=50) == 1
    assert 0.5 < share("word " * 60, kind="length", most=50) < 0.9
    assert share("word " * 90, kind="length", most=50) == 0
    assert share("One. Two. Three.", kind="length", of="sentences", most=2) == 0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The children are at home because it is raining.", "en"),
        ("Die Kinder sind zu Hause, weil es regnet.", "de"),
        ("Les enfants sont à la maison parce qu'il pleut.", "fr"),
        ("Los niños están en la casa porque llueve.", "es"),
        ("I bambini sono a casa perché piove.", "it"),
        ("As crianças estão em casa porque está a chover.", "pt"),
        ("De kinderen zijn thuis omdat het regent.", "nl"),
        ("Дети дома, потому что идёт дождь.", None),
        ("xyz", None),
        ("", None),
    ],
)
def test_languages(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_wording() -> None:
    assert share("Lamps\n\n**E**very\nAn", kind="wording", acrostic="lea") == 1
    assert share("“Nadia said that it rained.”", kind="wording", starts="Nadia said", ends="rained.") == 1
    assert share("No such luck", kind="wording", avoids_letters="e") == 1
    assert share("Never", kind="wording", avoids_letters="e") == 0
    assert share("Salt, salt and salted", kind="wording", times={"salt": 2}) == 1
    assert share("It is not lava", kind="wording", avoids=["lava"]) == 0
    assert share("Lava, but with salt", kind="wording", avoids=["lava"], times={"salt": 1}) == 0.5
