"""The one door to grading: any kind of answer, any text of a learner."""

from __future__ import annotations

import re

from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.choices import grade_choice
from masterx.practice.grading.expressions import grade_expression
from masterx.practice.grading.numbers import grade_number
from masterx.practice.grading.predicted_output import grade_output
from masterx.practice.grading.short_text import grade_short
from masterx.practice.grading.statements import Reading, names_in, read
from masterx.practice.grading.verdicts import (
    BEYOND,
    MAX_ANSWER,
    MAX_FORMULA,
    AlgebraUnavailable,
    AnswerKind,
    Grade,
    NamedError,
    Task,
    TooLarge,
    Unreadable,
    Verdict,
    unreadable,
)

_BLANK = re.compile(r"[\s\u200b\ufeff]*$")
_SEVERAL = re.compile(r"[,;±=<>{}\\]|\b(?:or|and|no|none|all|undefined|infinite\w*)\b", re.IGNORECASE)
_GAVE_UP = re.compile(r"(?:i\s+)?(?:don'?t|do not) know|idk|no idea|\?+", re.IGNORECASE)


LATER = "This answer could not be checked just now. Try again in a moment."


class ReferenceUnreadable(Exception):
    """The item is at fault: its own reference cannot be read as its kind. Raised to whoever wrote or imported it."""


def check_reference(task: Task) -> None:
    """Raises `ReferenceUnreadable` where the reference is nothing of its kind. Needs no algebra."""
    try:
        if task.kind is AnswerKind.EXPRESSION or (task.kind is AnswerKind.NUMBER and _SEVERAL.search(task.reference)):
            read(task.reference, Reading(names_in(task.reference)))
        elif task.kind is AnswerKind.NUMBER:
            grade_number(task, task.reference)
    except (Unreadable, TooLarge) as error:
        raise ReferenceUnreadable(str(error) or "too large") from error


class Grader:
    """Keeps one algebra process; may be used from several threads."""

    def __init__(self, algebra: Algebra) -> None:
        self._algebra = algebra

    def grade(self, task: Task, answer: str) -> Grade:
        """Raises `ReferenceUnreadable`. Whatever the answer is, there is a verdict."""
        if _BLANK.match(answer):
            return unreadable("Write an answer first.")
        longest = MAX_FORMULA if task.kind in {AnswerKind.NUMBER, AnswerKind.EXPRESSION} else MAX_ANSWER
        if len(answer) > longest:
            return unreadable(f"That is too long: at most {longest} characters are read.")
        if task.kind is not AnswerKind.SHORT and _GAVE_UP.fullmatch(answer.strip().rstrip(".!")):
            return unreadable("Not knowing is where it starts: take a hint, or write what you have.")
        try:
            return self._graded(task, answer, self._algebra.for_one_answer())
        except (Unreadable, TooLarge) as error:
            raise ReferenceUnreadable(str(error) or "too large") from error
        except AlgebraUnavailable:
            return unreadable(LATER)

    def needs_algebra(self, task: Task) -> bool:
        """Whether an answer to it may keep the algebra process busy."""
        several = task.kind is AnswerKind.NUMBER and _SEVERAL.search(task.reference) is not None
        return several or task.kind is AnswerKind.EXPRESSION

    def _graded(self, task: Task, answer: str, algebra: Algebra) -> Grade:
        grade = self._judged(task, answer, algebra)
        is_wrong = grade.verdict is Verdict.REJECT and grade != BEYOND
        return self._named(task, answer, grade, algebra) if is_wrong else grade

    def _judged(self, task: Task, answer: str, algebra: Algebra) -> Grade:
        match task.kind:
            case AnswerKind.NUMBER:
                return self._number(task, answer, algebra)
            case AnswerKind.EXPRESSION:
                return grade_expression(task, answer, algebra)
            case AnswerKind.CHOICE:
                return grade_choice(task, answer)
            case AnswerKind.SHORT:
                return grade_short(task, answer)
            case AnswerKind.OUTPUT:
                return grade_output(task, answer)

    def _number(self, task: Task, answer: str, algebra: Algebra) -> Grade:
        """References such as `2, -3` stand for several values, which the expressions know how to read."""
        try:
            return grade_number(task, answer)
        except Unreadable:
            if not _SEVERAL.search(task.reference):
                raise
            return grade_expression(task, answer, algebra)

    def _named(self, task: Task, answer: str, grade: Grade, algebra: Algebra) -> Grade:
        """The feedback of an error that the item's author foresaw goes before the general one."""
        for error in task.errors:
            if self._is(task, answer, error, algebra):
                return Grade(
                    verdict=Verdict.REJECT,
                    feedback=error.feedback,
                    score=error.credit,
                    error=error.name or error.answer,
                )
        return grade

    def _is(self, task: Task, answer: str, error: NamedError, algebra: Algebra) -> bool:
        wrong = Task(
            kind=task.kind,
            reference=error.answer,
            tolerance=task.tolerance,
            unit=task.unit,
            choices=task.choices,
            question=task.question if task.kind is AnswerKind.CHOICE else "",
        )
        try:
            return self._judged(wrong, answer, algebra).verdict is Verdict.ACCEPT
        except (Unreadable, TooLarge):
            return False
