from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.grader import Grader
from masterx.practice.grading.parsing import parse
from masterx.practice.grading.verdicts import AlgebraUnavailable, AnswerKind, NamedError, Task, TooLarge, Verdict


@pytest.fixture(scope="module")
def algebra() -> Iterator[Algebra]:
    with Algebra() as algebra:
        yield algebra


def test_the_server_does_not_import_sympy() -> None:
    code = "import sys, masterx.practice.linting, masterx.practice.facts; sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


ENDLESS = parse("(x+y+z+w+1)^60")


def processes() -> list[int]:
    """Children of this process that are algebra processes, those of other tests too."""
    mine = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "grading.worker"], capture_output=True, check=False)
    return [int(line) for line in mine.stdout.split()]


def test_a_question_that_takes_too_long_ends_the_process_and_the_next_one_is_answered() -> None:
    # The last question takes 0.04 s of CPU, and 0.16 s where sympy has yet to be compiled.
    with Algebra(time_limit=1.0, wall_limit=60) as hurried:
        for expected in (1, 2):
            with pytest.raises(TooLarge):
                hurried.settle("expand", [ENDLESS])
            assert hurried.killed == expected
        assert hurried.are_equal(parse("2(x+1)"), parse("2x+2"))


def test_a_machine_without_time_judges_nobody() -> None:
    with Algebra(wall_limit=0.05) as waiting, pytest.raises(AlgebraUnavailable):
        waiting.settle("expand", [ENDLESS])


def test_all_that_one_answer_asks_shares_one_limit() -> None:
    with Algebra(time_limit=0.3, wall_limit=60) as algebra:
        share = algebra.for_one_answer()
        for killed in (1, 1, 1):
            with pytest.raises(TooLarge):
                share.settle("expand", [ENDLESS])
            assert algebra.killed == killed
        assert algebra.are_equal(parse("x"), parse("x"))


def test_a_process_that_is_killed_from_outside_is_replaced_and_no_answer_suffers() -> None:
    before = set(processes())
    with Algebra() as algebra:
        assert algebra.are_equal(parse("2(x+1)"), parse("2x+2"))
        (worker,) = set(processes()) - before
        os.kill(worker, signal.SIGKILL)
        assert algebra.are_equal(parse("2(x+1)"), parse("2x+2"))
        assert worker not in processes()


def test_a_question_under_way_is_asked_again_once() -> None:
    """Both times the process is killed while it works: then the machine is to blame."""
    before = set(processes())
    with Algebra(time_limit=60, wall_limit=60) as algebra, ThreadPoolExecutor(1) as apart:
        assert algebra.are_equal(parse("x"), parse("x"))
        asked = apart.submit(algebra.settle, "expand", [ENDLESS])
        killed: set[int] = set()
        while not asked.done():
            for worker in set(processes()) - before - killed:
                os.kill(worker, signal.SIGKILL)
                killed.add(worker)
        with pytest.raises(AlgebraUnavailable):
            asked.result()
        assert len(killed) == 2


def test_closing_waits_for_no_question_and_leaves_no_process() -> None:
    before = set(processes())
    algebra = Algebra(time_limit=60, wall_limit=60)
    assert algebra.are_equal(parse("x"), parse("x"))
    with ThreadPoolExecutor(1) as apart:
        asked = apart.submit(algebra.settle, "expand", [ENDLESS])
        algebra.close()
        with pytest.raises(AlgebraUnavailable):
            asked.result(timeout=20)
    assert set(processes()) == before
    with pytest.raises(AlgebraUnavailable):
        algebra.are_equal(parse("x"), parse("x"))


@pytest.mark.parametrize("power", ["(x+1)^99999", "(x+y+z+1)^40", "*".join(f"(x+{n})^9" for n in range(2, 16))])
def test_what_is_slow_to_multiply_out_is_told_apart_without(algebra: Algebra, power: str) -> None:
    before = algebra.killed
    assert not algebra.are_equal(parse("x^2+6x+9"), parse(power))
    assert algebra.killed == before


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
