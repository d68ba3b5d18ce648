from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.grader import Grader
from masterx.practice.grading.lines import LineFault, grade_line, read_tolerance
from masterx.practice.grading.verdicts import Tolerance

GRADER = Grader(Algebra())
VERDICTS = {"accept", "reject", "unreadable", "unit_missing"}


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Algebra() as algebra:
        yield Grader(algebra)


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[1]",
        "null",
        '{"id": 1}',
        '{"id": 1, "kind": "essay", "reference": "a", "answer": "b"}',
        '{"id": 1, "kind": "number", "reference": "", "answer": "b"}',
        '{"id": 1, "kind": "number", "reference": "abc def", "answer": "3"}',
        '{"id": 1, "kind": "number", "reference": "3", "answer": "3", "tolerance": -1}',
        '{"id": 1, "kind": "number", "reference": "3", "answer": "3", "tolerance": true}',
        '{"id": 1, "kind": "number", "reference": "3", "answer": "3", "tolerance": NaN}',
        '{"id": 1, "kind": "number", "reference": "3", "answer": {"a": 1}}',
    ],
)
def test_a_line_at_fault_says_so(grader: Grader, line: str) -> None:
    assert set(grade_line(line, grader)) == {"id", "error"}


def test_numbers_may_be_json_numbers(grader: Grader) -> None:
    line = json.dumps({"id": "a", "kind": "number", "reference": 3.5, "answer": 3.5, "tolerance": 0.1})
    assert grade_line(line, grader)["verdict"] == "accept"


@pytest.mark.parametrize(
    ("given", "tolerance"),
    [
        (None, Tolerance()),
        (0.5, Tolerance(Fraction(1, 2))),
        ("0.5", Tolerance(Fraction(1, 2))),
        ("±0.5 m", Tolerance(Fraction(1, 2))),
        ("1%", Tolerance(relative=Fraction(1, 100))),
        ({"relative": 0.01, "absolute": 1}, Tolerance(Fraction(1), Fraction(1, 100))),
    ],
)
def test_tolerances(given: object, tolerance: Tolerance) -> None:
    assert read_tolerance(given) == tolerance


def test_a_tolerance_that_is_none_is_refused() -> None:
    with pytest.raises(LineFault):
        read_tolerance("wide")


@given(st.sampled_from(["number", "choice", "short", "output"]), st.text(max_size=60), st.sampled_from([None, "m"]))
def test_whatever_is_answered_there_is_a_verdict(kind: str, answer: str, unit: str | None) -> None:
    line = json.dumps({"id": 1, "kind": kind, "reference": "12", "answer": answer, "unit": unit, "question": "?"})
    assert grade_line(line, GRADER)["verdict"] in VERDICTS


@given(st.fractions(min_value=-1000, max_value=1000, max_denominator=60))
def test_a_fraction_is_itself_however_it_is_written(number: Fraction) -> None:
    for text in (str(number), f" {number} ", f"x = {number}", f"\\frac{{{number.numerator}}}{{{number.denominator}}}"):
        line = json.dumps({"id": 1, "kind": "number", "reference": str(number), "answer": text})
        assert grade_line(line, GRADER)["verdict"] == "accept"
    other = json.dumps({"id": 1, "kind": "number", "reference": str(number), "answer": str(number + 1)})
    assert grade_line(other, GRADER)["verdict"] == "reject"
