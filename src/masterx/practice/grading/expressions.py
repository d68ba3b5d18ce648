"""Expressions: equal by algebra, whatever they look like, unless the question asks for a form."""

from __future__ import annotations

import re

from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.comparing import Comparison
from masterx.practice.grading.formulas import Formula
from masterx.practice.grading.numbers import formulas_of, grade_number
from masterx.practice.grading.statements import Form, Reading, Statement, names_in, read
from masterx.practice.grading.verdicts import (
    BEYOND,
    Grade,
    Task,
    TooLarge,
    Unreadable,
    Verdict,
    reject,
    unreadable,
)

_INTERVAL = re.compile(
    r"interval|domain|range|inequal|increasing|decreasing|solution set|where is|for which", re.IGNORECASE
)
_INTEGRAL = re.compile(r"integra|antiderivative|primitive|∫|\\int", re.IGNORECASE)
_COMPLEX = re.compile(r"complex|imaginary|\bi\^2|sqrt\(-", re.IGNORECASE)
_ISOLATED = re.compile(r"\bsolve\b|subject|isolate|rearrange", re.IGNORECASE)


def grade_expression(task: Task, answer: str, algebra: Algebra) -> Grade:
    """Raises `Unreadable` when the reference itself cannot be read."""
    names = names_in(task.reference)
    form = Form.REGION if _INTERVAL.search(task.question) else None
    reference = read(task.reference, Reading(names, form))
    if _is_number(reference) and (task.unit or task.tolerance.is_given):
        return grade_number(task, answer)
    try:
        grade = _grade(task, answer, reference, names, algebra)
    except Unreadable as error:
        grade = unreadable(str(error))
    except TooLarge:
        return BEYOND
    if grade.verdict is Verdict.UNREADABLE and _is_number(reference) and _has_words(answer):
        return grade_number(task, answer)
    return grade


def _is_number(reference: Statement) -> bool:
    return reference.form is Form.FORMULA and not reference.formulas[0].symbols()


def _has_words(answer: str) -> bool:
    return re.search(r"[A-Za-z]{3,}", answer) is not None


def _grade(task: Task, answer: str, reference: Statement, names: frozenset[str], algebra: Algebra) -> Grade:
    given = read(answer, Reading(names, reference.form))
    comparison = _comparison(task, reference, algebra)
    given = comparison.adapt(given)
    grade = comparison.compare(reference, given)
    if grade.verdict is Verdict.ACCEPT:
        return _asked_form(task, reference, given) or grade
    if re.search(r"/\s*\d*[A-Za-zα-ω(√\\]", answer) and reference.form is Form.FORMULA:
        other = comparison.adapt(read(answer, Reading(names, reference.form, tight=True)))
        if other != given and comparison.compare(reference, other).verdict is Verdict.ACCEPT:
            return unreadable("It is not clear what stands under the fraction bar; write brackets.")
    return grade


def _comparison(task: Task, reference: Statement, algebra: Algebra) -> Comparison:
    known = _symbols(reference)
    return Comparison(
        algebra=algebra,
        known=known,
        imaginary=known == {"i"} or _COMPLEX.search(task.question) is not None,
        integral=_INTEGRAL.search(task.question) is not None or "C" in known,
        wants_equation="equation" in task.question.lower() and not _ISOLATED.search(task.question),
        wants_isolated=_ISOLATED.search(task.question) is not None,
        mentions_log=re.search(r"\blog", task.question, re.IGNORECASE) is not None,
    )


def _symbols(statement: Statement) -> frozenset[str]:
    bounds = [bound for one in statement.intervals for bound in (one.low, one.high) if bound is not None]
    return frozenset().union(*(formula.symbols() for formula in [*statement.formulas, *bounds]))


_EXPAND = re.compile(r"\bexpand\b|multiply out|remove the brackets", re.IGNORECASE)
_FACTOR = re.compile(r"\bfactori[sz]e\b|\bfactor\b", re.IGNORECASE)


def _asked_form(task: Task, reference: Statement, given: Statement) -> Grade | None:
    """Equal is not enough where the question asks to expand, to factorise, or to do anything at all."""
    if given.form is not Form.FORMULA or reference.form is not Form.FORMULA:
        return None
    formula, wanted = given.formulas[0], reference.formulas[0]
    if formula == wanted:
        return None
    if formula in formulas_of(task.question):
        return reject("That is what the question says already; now change its form.", nearly=True)
    if _EXPAND.search(task.question) and _has_product_of_sums(formula):
        return reject("It is equal, but not yet multiplied out.", nearly=True)
    if _FACTOR.search(task.question) and _is_product(wanted) and not _is_product(formula):
        return reject("It is equal, but not yet written as a product.", nearly=True)
    return None


def _has_product_of_sums(formula: Formula) -> bool:
    return any(
        part.op in {"multiply", "power"} and any(one.op == "add" for one in part.parts[: 1 + (part.op == "multiply")])
        for part in formula.walk()
    )


def _is_product(formula: Formula) -> bool:
    if formula.op == "negate":
        return _is_product(formula.parts[0])
    return formula.op in {"multiply", "power", "divide"}
