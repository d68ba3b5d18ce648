"""What an answer states: one formula, an equation, several solutions, a point, a region, or that there is nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from masterx.practice.grading.formulas import CONSTANTS, FUNCTIONS, SAME_FUNCTION, Formula, minus
from masterx.practice.grading.lexing import GREEK, GREEK_LETTERS
from masterx.practice.grading.notation import plain
from masterx.practice.grading.parsing import parse
from masterx.practice.grading.splitting import pieces, strip_wrapping
from masterx.practice.grading.verdicts import Unreadable

ANTIDERIVATIVE_CONSTANTS = frozenset({"C", "c", "K", "k", "const", "constant"})
_LHS = re.compile(
    r"(?P<base>[A-Za-zα-ω]+?)(?:_\w{1,8}|\d*)'*(?:\^[({]?-1[)}]?)?\s?(?:\([A-Za-z, ]{1,9}\))?$"
    r"|d\^?\d?\s?[a-z]\s?/\s?d[a-z]\^?\d?$"
)
_NOTHING = frozenset(
    {"no solution", "no solutions", "none", "∅", "{}", "{ }", "empty set", "the empty set", "no real solution"}
    | {"no real solutions", "nothing", "impossible", "undefined", "does not exist", "dne", "not defined", "no answer"}
)
_EVERYTHING = frozenset(
    {"all real numbers", "all reals", "all numbers", "ℝ", "r", "every real number", "infinitely many", "any number"}
    | {"infinitely many solutions", "any real number", "all real x", "always true", "all x", "(-oo, oo)", "(-oo,oo)"}
)
_WORDS = (
    (r"\bis (?:greater|more|larger) than or equal to\b|\bis at least\b", ">="),
    (r"\bis (?:less|smaller) than or equal to\b|\bis at most\b", "<="),
    (r"\b(?:is )?(?:greater|more|larger) than\b", ">"),
    (r"\b(?:is )?(?:less|smaller) than\b", "<"),
    (r"\bplus or minus\b|\bplus minus\b", "±"),
    (r"\b(?:equals|is equal to)\b|(?<=^[a-z]) is\b", "="),
    (r"!=|=/=", "≠"),
    (r"\bsquared\b", "^2"),
    (r"\bcubed\b", "^3"),
    (r"\bdegrees\b", "°"),
    (r"\b(?:square root of|sqrt of|root of)\b", "sqrt"),
)
_LEAD = re.compile(
    r"^(?:(?:so|thus|hence|therefore|and|the|final|answer|solutions?|result|is|are|it|its|it's|i think|i get|we get)\b"
    r"[:,]?\s*)+(?=\S)|^(?:answer|solutions?|result):\s*",
    re.IGNORECASE,
)


class Form(StrEnum):
    FORMULA = "formula"
    EQUATION = "equation"
    SET = "set"
    POINT = "point"
    REGION = "region"
    INEQUALITY = "inequality"
    NOTHING = "nothing"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Interval:
    """A bound of None is infinite."""

    low: Formula | None
    high: Formula | None
    low_closed: bool = False
    high_closed: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    form: Form
    formulas: tuple[Formula, ...] = ()
    """One; both sides; the solutions; the coordinates; both sides of an inequality, the larger one first."""
    name: str = ""
    """What is said to be equal to it: `x`, `f(x)`; for a region its variable."""
    brackets: str = ""
    intervals: tuple[Interval, ...] = ()
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """How texts are to be read: which names may occur, and which form is expected."""

    names: frozenset[str] = frozenset({"const"})
    form: Form | None = None
    tight: bool = False

    def formula(self, text: str) -> Formula:
        return parse(text, self.names, tight=self.tight)


def names_in(text: str) -> frozenset[str]:
    """Names that an author uses in a reference: letters, and words of four letters and more."""
    known = FUNCTIONS | CONSTANTS | GREEK | set(SAME_FUNCTION)
    words = re.findall(r"[A-Za-zα-ω]+", plain(text))
    long = {word for word in words if len(word) > 3 and word.lower() not in known}
    short = {letter for word in words if len(word) <= 3 and word not in known for letter in word}
    short = {GREEK_LETTERS.get(letter, letter) for letter in short} | (GREEK & set(words))
    return frozenset(long | short | {"const"}) - {"e"}


def read(text: str, reading: Reading) -> Statement:
    """Raises `Unreadable`."""
    text = _clean(text)
    lowered = text.lower().removeprefix("there is ").removeprefix("there are ").strip()
    if lowered in _NOTHING:
        return Statement(Form.NOTHING)
    if lowered in _EVERYTHING:
        return Statement(Form.EVERYTHING)
    text = re.sub(r"^[A-Za-z]\s*∈\s*", "", text)
    if re.search(r"[<>≠]|<=|>=", text):
        return _inequality(text, reading)
    text = re.sub(r"(?<=[)\]])\s*U\s*(?=[(\[])", "∪", text)
    if text.startswith("{") and text.endswith("}") and "=" in text:
        text = text[1:-1]
    if (wrapped := strip_wrapping(text)) is not None:
        return _wrapped(*wrapped, reading)
    if "∪" in text or (reading.form is Form.REGION and re.match(r"^[\[\](]", text)):
        return _union(text.split("∪"), reading)
    parts = pieces(text, several=reading.form in {Form.SET, Form.POINT})
    return _one(parts[0], reading) if len(parts) == 1 else _several(parts, reading)


def _clean(text: str) -> str:
    text = plain(text)
    for pattern, sign in _WORDS:
        text = re.sub(pattern, sign, text, flags=re.IGNORECASE)
    text = text.strip().rstrip(".,;?").strip()
    lead = _LEAD.match(text)
    if lead is not None and text.lower() not in _NOTHING | _EVERYTHING:
        text = text[lead.end() :]
    if not text:
        raise Unreadable("Write an answer first.")
    return text


def _wrapped(opening: str, inside: str, closing: str, name: str, reading: Reading) -> Statement:
    """A list in brackets: a set, a point or an interval."""
    parts = pieces(inside, several=True)
    formulas = tuple(reading.formula(part) for part in parts)
    brackets = opening + closing
    if brackets == "{}":
        return Statement(Form.SET, formulas)
    if not name and len(parts) == 2 and (brackets not in {"()", "[]"} or reading.form is Form.REGION):
        return Statement(Form.REGION, brackets=brackets, intervals=(_interval(brackets, formulas),))
    return Statement(Form.POINT, formulas, brackets=brackets)


def _interval(brackets: str, bounds: tuple[Formula, ...]) -> Interval:
    low, high = (None if any(part.text == "oo" for part in bound.walk()) else bound for bound in bounds)
    return Interval(low, high, brackets[0] == "[" and low is not None, brackets[1] == "]" and high is not None)


def _union(texts: list[str], reading: Reading) -> Statement:
    intervals = []
    for text in texts:
        wrapped = strip_wrapping(text.strip())
        if wrapped is None:
            raise Unreadable("Write intervals as (a, b), with [ or ] where a bound belongs to it.")
        opening, inside, closing, _ = wrapped
        bounds = tuple(reading.formula(part) for part in pieces(inside, several=True))
        if len(bounds) != 2:
            raise Unreadable("An interval has two bounds.")
        intervals.append(_interval(opening + closing, bounds))
    return Statement(Form.REGION, intervals=tuple(intervals))


def _one(text: str, reading: Reading) -> Statement:
    if "±" in text:
        both = [_one(text.replace("±", sign, 1), reading) for sign in "+-"]
        return Statement(Form.SET, tuple(one.formulas[-1] for one in both), name=both[0].name)
    sides = [side.strip() for side in text.split("=")]
    if len(sides) == 1:
        if re.fullmatch(r"d\s?/\s?d[a-z]", text):
            raise Unreadable("Write what comes out of it.")
        return Statement(Form.FORMULA, (reading.formula(text),))
    if len(sides) > 2:
        return _chain(sides, reading)
    left, right = sides
    if not left or not right:
        raise Unreadable("One side of the equation is empty.")
    if _is_name(left):
        return Statement(Form.FORMULA, (reading.formula(right),), name=left)
    if _is_name(right):
        return Statement(Form.FORMULA, (reading.formula(left),), name=right)
    return Statement(Form.EQUATION, (reading.formula(left), reading.formula(right)))


def _chain(sides: list[str], reading: Reading) -> Statement:
    """`y = 2(x+2) = 2x+4`: all sides have to be equal, which the comparison looks at."""
    name = sides[0] if _is_name(sides[0]) else ""
    formulas = tuple(reading.formula(side) for side in sides[bool(name) :])
    return Statement(Form.EQUATION, formulas, name=name)


def _is_name(text: str) -> bool:
    found = _LHS.match(text)
    if found is None or text in {"pi", "e"}:
        return False
    return found["base"] is None or len(found["base"]) <= 2 or "(" in text or text.isalpha()


def _several(parts: list[str], reading: Reading) -> Statement:
    """`x = 2 or x = -3`, `2, -3`, `x = 2, y = 3`."""
    statements = [_one(part, reading) for part in parts]
    if any(one.form not in {Form.FORMULA, Form.SET} for one in statements):
        raise Unreadable("Write the solutions one after another, with a comma or `or` between.")
    names = [one.name for one in statements]
    bases = {re.sub(r"_?\d+$", "", name) for name in names if name}
    formulas = tuple(formula for one in statements for formula in one.formulas)
    if len(bases) > 1 and all(names) and len(formulas) == len(names):
        ordered = sorted(zip(names, formulas, strict=True), key=lambda pair: pair[0])
        return Statement(Form.POINT, tuple(formula for _, formula in ordered), name=",".join(sorted(names)))
    if reading.form is Form.POINT and not bases:
        return Statement(Form.POINT, formulas)
    return Statement(Form.SET, formulas, name=next(iter(bases), ""))


def _inequality(text: str, reading: Reading) -> Statement:
    clauses = re.split(r"\s+or\s+|∨", text)
    intervals: list[Interval] = []
    name = ""
    for clause in clauses:
        found = _conjunction([part for part in re.split(r"\s+and\s+|,|&|∧", clause) if part.strip()], reading)
        if found is None:
            if len(clauses) > 1:
                raise Unreadable("Write each part as x < a or x > a.")
            return _comparison(text, reading)
        name, interval = found
        intervals.append(interval)
    region = Statement(Form.REGION, name=name, intervals=tuple(intervals))
    if len(intervals) == 1 and (intervals[0].low is None) != (intervals[0].high is None):
        single = _comparison(text, reading)
        return replace(region, formulas=single.formulas, strict=single.strict)
    return region


def _conjunction(parts: list[str], reading: Reading) -> tuple[str, Interval] | None:
    """Bounds of one letter that stands alone; None where none does."""
    interval, name = Interval(None, None), ""
    for part in parts:
        found = re.split(r"(<=|>=|<|>|≠)", part)
        terms, signs = [term.strip() for term in found[::2]], found[1::2]
        if not all(terms) or not signs:
            raise Unreadable("One side of the inequality is empty.")
        places = [place for place, term in enumerate(terms) if re.fullmatch(r"[A-Za-z](?:_\w+)?", term) and term != "e"]
        if len(places) != 1 or "≠" in signs or len(signs) > 2 or (name and terms[places[0]] != name):
            return None
        place, name = places[0], terms[places[0]]
        for at, sign in enumerate(signs):
            bound = reading.formula(terms[at if at < place else at + 1])
            interval = _bounded(interval, bound, sign, is_left=at < place)
    return name, interval


def _bounded(interval: Interval, bound: Formula, sign: str, *, is_left: bool) -> Interval:
    closed = len(sign) > 1
    if (sign[0] == "<") == is_left:
        return Interval(bound, interval.high, closed, interval.high_closed)
    return Interval(interval.low, bound, interval.low_closed, closed)


def _comparison(text: str, reading: Reading) -> Statement:
    """One comparison of two formulas; `≠` is told from the others by its brackets."""
    found = re.split(r"(<=|>=|<|>|≠)", text)
    if len(found) != 3:
        raise Unreadable("Write one inequality, or a chain such as 1 < x < 2.")
    left, sign, right = found
    sides = (reading.formula(left), reading.formula(right))
    larger = sides if sign[0] in ">≠" else sides[::-1]
    return Statement(
        Form.INEQUALITY, larger, strict=len(sign) == 1 and sign != "≠", brackets="≠" if sign == "≠" else ""
    )


def difference(statement: Statement) -> Formula:
    """What is zero, or above it."""
    return minus(statement.formulas[0], statement.formulas[1])
