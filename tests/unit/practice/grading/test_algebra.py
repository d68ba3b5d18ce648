from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.grader import Grader
from masterx.practice.grading.parsing import parse
from masterx.practice.grading.verdicts import AnswerKind, NamedError, Task, TooLarge, Verdict


@pytest.fixture(scope="module")
def algebra() -> Iterator[Algebra]:
    with Algebra() as algebra:
        yield algebra


def test_the_server_does_not_import_sympy() -> None:
    code = "import sys, masterx.practice.linting, masterx.practice.facts; sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_question_that_takes_too_long_ends_the_process_and_the_next_one_is_answered() -> None:
    with Algebra(time_limit=0.000_001) as hurried:
        for expected in (1, 2):
            with pytest.raises(TooLarge):
                hurried.are_equal(parse("x"), parse("x"))
            assert hurried.killed == expected


def test_a_killed_process_is_replaced(algebra: Algebra) -> None:
    assert algebra.are_equal(parse("2(x+1)"), parse("2x+2"))
    algebra.close()
    assert algebra.are_equal(parse("2(x+1)"), parse("2x+2"))


@pytest.mark.parametrize("power", ["9^9^9^9", "2^99999999", "(x+1)^99999", "99999999!", "x^9^9^9"])
def test_huge_numbers_are_refused(algebra: Algebra, power: str) -> None:
    task = Task(kind=AnswerKind.EXPRESSION, reference="2x+4", question="")
    assert Grader(algebra).grade(task, power).verdict is Verdict.REJECT


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("sin(x)^2+cos(x)^2", "1", True),
        ("ln(x^2)", "2ln(x)", True),
        ("sqrt(x^2)", "x", False),
        ("sqrt(x^2)", "|x|", True),
        ("x^2", "x^2+1/10^12", False),
        ("(x+1)^2", "x^2+2x+1", True),
        ("n!/n", "(n-1)!", True),
        ("a b", "b a", True),
    ],
)
def test_equality_is_algebraic(algebra: Algebra, first: str, second: str, same: bool) -> None:
    assert algebra.are_equal(parse(first), parse(second)) is same


def test_a_named_error_brings_its_feedback_and_its_credit(algebra: Algebra) -> None:
    error = NamedError(answer="x^2 + 9", feedback="The middle term is missing.", name="freshman", credit=0.2)
    task = Task(kind=AnswerKind.EXPRESSION, reference="x^2+6x+9", question="Expand (x+3)^2.", errors=(error,))
    grade = Grader(algebra).grade(task, "9 + x²")
    assert (grade.verdict, grade.feedback, grade.score, grade.error) == (
        Verdict.REJECT,
        "The middle term is missing.",
        0.2,
        "freshman",
    )
    assert Grader(algebra).grade(task, "(x+3)^2").nearly
