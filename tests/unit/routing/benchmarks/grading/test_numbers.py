from __future__ import annotations

from fractions import Fraction

import pytest

from masterx.routing.benchmarks.grading.checks import NumberCheck
from masterx.routing.benchmarks.grading.numbers import UNDECLARED, WITHOUT_UNIT, grade_number
from masterx.routing.benchmarks.grading.quantities import plain, quantities

SPEED = NumberCheck(kind="number", value="18", units={"km/h": 1, "m/s": 3.6, "W": 1}, tolerance=0.01)
SHARE = NumberCheck(kind="number", value="1/8")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,250", 1250),
        ("1 250 000", 1_250_000),
        ("12,5", Fraction(25, 2)),
        ("-3.5", Fraction(-7, 2)),
        ("−4", -4),
        ("3/4", Fraction(3, 4)),
        ("2 1/2", Fraction(5, 2)),
        ("½", Fraction(1, 2)),
        ("1.2e3", 1200),
        ("1.2 × 10^3", 1200),
        ("1.2 \\times 10^{3}", 1200),
        ("10^6", 1_000_000),
        ("\\frac{32}{3}", Fraction(32, 3)),
        ("$2{,}249.73$", Fraction(224973, 100)),
        (".5", Fraction(1, 2)),
        ("$7", 7),
    ],
)
def test_numbers_as_they_are_written(text: str, value: Fraction) -> None:
    assert [found.value for found in quantities(plain(text))] == [value]


@pytest.mark.parametrize(
    "answer",
    [
        "Answer: 18 km/h",
        "Answer: 18",
        "Answer: v = 48/(8/3) = 18 km/h",
        "Answer: ≈ 18.005 km/h",
        "Answer: 5 m/s",
        "Answer: 12\n\nWait, that is wrong.\n\nAnswer: 18",
        "**Answer**: **18 km/h**",
        "The answer is: 18 km/h",
        "\\boxed{18\\ \\text{km/h}}",
        "Answer:\n\n18 km/h",
        "Answer: 18 km/h (that is 5 m/s)",
    ],
)
def test_right_on_its_line(answer: str) -> None:
    assert grade_number(SPEED, answer).share == 1


@pytest.mark.parametrize(
    "answer",
    [
        "Answer: 18 mph",
        "Answer: 18 km",
        "Answer: 18 w",
        "Answer: 18 km/h²",
        "Answer: 18 or 24 km/h",
        "Answer: 18-24 km/h",
        "Answer: 18.5 km/h",
        "Answer: 17\nAnswer: 18\nAnswer: 19",
        "Answer: 19\nAnswer: 18\nAnswer: 17",
        "Answer: unknown",
        "The candidates are 16, 17, 18, 19 and 20.",
        "Answer: 18%",
        "Answer: -18 km/h",
        "Answer: 1.8e99 km/h",
    ],
)
def test_wrong(answer: str) -> None:
    assert grade_number(SPEED, answer).share == 0


def test_a_result_in_a_sentence_loses_a_little() -> None:
    for answer in ("It is 18 km/h.", "48 km in 8/3 h.\nSo the average speed is 18 km/h."):
        assert grade_number(SPEED, answer).share == UNDECLARED


def test_a_needed_unit_that_is_missing_costs_half() -> None:
    needed = SPEED.model_copy(update={"unit_needed": True})
    assert grade_number(needed, "Answer: 18").share == WITHOUT_UNIT
    assert grade_number(needed, "Answer: 18 km/h").share == 1


def test_percent_is_a_hundredth_where_no_unit_is_asked_for() -> None:
    assert grade_number(SHARE, "Answer: 12.5 %").share == 1
    assert grade_number(SHARE, "Answer: 12.5").share == 0
