"""What is shown while an answer is written: how it will be read, and nothing of what is right."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.practice.grading.reading_back import is_readable, reading_of
from masterx.practice.grading.verdicts import AnswerKind, Task

NUMBER, EXPRESSION = AnswerKind.NUMBER, AnswerKind.EXPRESSION
COMMANDS = {"frac", "sqrt", "left", "right", "text", "cdot", "pi", "infty", "in", "cup", "ge", "circ", "log"}
COMMANDS |= {
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "sinh",
    "cosh",
    "tanh",
    "exp",
    "ln",
    "arcsin",
    "arccos",
    "arctan",
}
COMMANDS |= {"alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "rho", "sigma", "tau", "phi", "psi"}
COMMANDS |= {"omega"}


def task(kind: AnswerKind, reference: str, unit: str | None = None) -> Task:
    return Task(kind=kind, reference=reference, unit=unit)


@pytest.mark.parametrize(
    ("kind", "reference", "answer", "tex"),
    [
        (NUMBER, "5", "7/2", r"\frac{7}{2}"),
        (NUMBER, "5", "3 1/2", r"\frac{7}{2}"),
        (NUMBER, "5", "1,234", r"1234 \text{ or } 1.234"),
        (NUMBER, "5", "3 × 10^8", r"3 \cdot 10^{8}"),
        (NUMBER, "5", "٣٫٥", "3.5"),
        (EXPRESSION, "x^2", "2x^2 + 3x(x-1)/4", r"2\,x^{2} + \frac{3\,x\,\left(x - 1\right)}{4}"),
        (EXPRESSION, "x^2", "-(x+1)^2", r"-\left(x + 1\right)^{2}"),
        (EXPRESSION, "x^2", "(2x)^3", r"\left(2\,x\right)^{3}"),
        (EXPRESSION, "x", "1/(2x)", r"\frac{1}{2\,x}"),
        (EXPRESSION, "x", "1/2x", r"\frac{1}{2}\,x"),
        (EXPRESSION, "1, 2", "x = 3 +- sqrt(5)", r"x = 3 + \sqrt{5} \text{ or } x = 3 - \sqrt{5}"),
        (EXPRESSION, "(1, 2)", "(3, -1)", "(3, -1)"),
        (EXPRESSION, "x > 2", "x >= 3/2", r"x \in [\frac{3}{2}, \infty)"),
        (EXPRESSION, "x", "arcsin(x)", r"\arcsin\left(x\right)"),
        (EXPRESSION, "1, 2", "no solution", r"\text{no solution}"),
    ],
)
def test_what_is_understood(kind: AnswerKind, reference: str, answer: str, tex: str) -> None:
    assert reading_of(task(kind, reference), answer) == tex


def test_units_are_shown_as_they_were_understood() -> None:
    assert reading_of(task(NUMBER, "5", "m"), "500 cm") == r"500\;\text{cm}"
    assert reading_of(task(NUMBER, "5", "m/s"), "12 m/s^2") == r"12\;\text{m/s²}"
    assert reading_of(task(NUMBER, "5", "%"), "50%") == r"50\;\text{\%}"


@pytest.mark.parametrize("answer", ["", "  ", "((", "x" * 501, "9**9**9**9", "__import__('os')", "\\href{x}{y}"])
def test_what_cannot_be_read_shows_nothing(answer: str) -> None:
    assert reading_of(task(NUMBER, "5"), answer) == ""


def test_choices_and_words_have_no_reading() -> None:
    assert reading_of(task(AnswerKind.SHORT, "mean"), "5") == ""


@given(
    st.sampled_from([NUMBER, EXPRESSION]),
    st.text(st.sampled_from("x2y3.,()+-*/^=<>±√π \\{}$%mskgéß!|[]∪∞°"), max_size=40),
)
def test_nothing_that_is_written_becomes_a_command(kind: AnswerKind, answer: str) -> None:
    shown = reading_of(task(kind, "x" if kind is EXPRESSION else "5", "m" if kind is NUMBER else None), answer)
    assert set(re.findall(r"\\([A-Za-z]+)", shown)) <= COMMANDS
    assert shown.count("{") == shown.count("}")


def test_a_reference_that_nobody_could_be_held_against_is_told() -> None:
    assert is_readable(task(NUMBER, "3/4"))
    assert is_readable(task(AnswerKind.SHORT, "((anything"))
    assert not is_readable(task(NUMBER, "((two"))
