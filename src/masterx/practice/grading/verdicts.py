"""What is graded, and what grading says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

MAX_ANSWER = 2_000
"""Characters of an answer that are read at all."""
MAX_FORMULA = 500
"""Characters of a number or an expression."""


class AnswerKind(StrEnum):
    NUMBER = "number"
    EXPRESSION = "expression"
    CHOICE = "choice"
    SHORT = "short"
    OUTPUT = "output"


class Verdict(StrEnum):
    """`UNREADABLE` and `UNIT_MISSING` use up no try: the answer was not judged."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNREADABLE = "unreadable"
    UNIT_MISSING = "unit_missing"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The larger of the two counts; both bounds belong to it."""

    absolute: Fraction = Fraction(0)
    relative: Fraction = Fraction(0)

    def of(self, reference: Fraction) -> Fraction:
        return max(self.absolute, self.relative * abs(reference))

    @property
    def is_given(self) -> bool:
        return self.absolute > 0 or self.relative > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedError:
    """A wrong answer whose cause is known."""

    answer: str
    feedback: str
    name: str = ""
    credit: float = 0.0
    """Part of the item that such an answer is worth, from 0 up to below 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What an answer is held against."""

    kind: AnswerKind
    reference: str
    """For `SHORT`: accepted variants with `|` between them."""
    question: str = ""
    tolerance: Tolerance = field(default_factory=Tolerance)
    unit: str | None = None
    """An answer without a unit is then not judged."""
    choices: tuple[str, ...] = ()
    errors: tuple[NamedError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    verdict: Verdict
    feedback: str
    score: float = 0.0
    """From 0 to 1; between them for a named error that is worth a part."""
    error: str = ""
    """Name of the error that was recognised."""
    nearly: bool = False
    """Right but for its form: not simplified, rounded too early, another case of letters."""

    @property
    def uses_a_try(self) -> bool:
        return self.verdict in {Verdict.ACCEPT, Verdict.REJECT}


def accept(feedback: str = "Right.") -> Grade:
    return Grade(verdict=Verdict.ACCEPT, feedback=feedback, score=1.0)


def reject(feedback: str = "That is not it.", *, nearly: bool = False) -> Grade:
    return Grade(verdict=Verdict.REJECT, feedback=feedback, nearly=nearly)


BEYOND = reject("That cannot be worked out in reasonable time.")


def unreadable(feedback: str) -> Grade:
    return Grade(verdict=Verdict.UNREADABLE, feedback=feedback)


def unit_missing(feedback: str) -> Grade:
    return Grade(verdict=Verdict.UNIT_MISSING, feedback=feedback)


class Unreadable(Exception):
    """The answer cannot be read as what was asked for; the text says what to write instead. Stays inside grading."""


class TooLarge(Exception):
    """A number beyond all that an item asks for. Stays inside grading."""


class AlgebraUnavailable(Exception):
    """Nothing could be settled just now, for reasons that are not the answer's. Stays inside grading."""
