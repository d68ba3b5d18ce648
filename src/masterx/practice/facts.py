"""Facts that algebra can settle: for what a message asks, and against what an answer claims.

Nothing here trusts a language model: a claim is held against exact arithmetic, a request is settled by sympy in the
algebra process. Where anything is unclear, nothing is said.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.exact import Value, value
from masterx.practice.grading.formulas import Formula
from masterx.practice.grading.notation import plain
from masterx.practice.grading.parsing import parse
from masterx.practice.grading.verdicts import TooLarge, Unreadable

MAX_TEXT = 20_000
MAX_FACTS = 3
MAX_CLAIMS = 60
_ORDERS = {
    "solve": r"solve(?: for [a-z])?:?", "differentiate": r"differentiate|(?:find )?the derivative of|derivative of",
    "integrate": r"integrate|(?:find )?the (?:indefinite )?integral of", "expand": r"expand|multiply out",
    "factor": r"factori[sz]e|factor", "simplify": r"simplify",
    "value": r"what(?: is|'s)|compute|calculate|evaluate|how much is|work out",
}  # fmt: skip
_REQUEST = re.compile("|".join(rf"(?P<{name}>\b(?:{words}))" for name, words in _ORDERS.items()), re.IGNORECASE)
_FORMULA = re.compile(r"[\sA-Za-z0-9+\-*/^().,=√π!%²³⁰-⁹·×÷|]+")
_END = re.compile(r"[?;\n]|\.(?:\s|$)|\b(?:for|with|where|please|and|by|using|if|when|over|from)\b", re.IGNORECASE)
_SIGNS = r"[\d\s.,+\-*/^()!√×÷·%]*"
_CLAIM = re.compile(rf"(?<![\w^=.)])[-(√]*\d{_SIGNS}(?:[=≈]\s*[-(√]*\d{_SIGNS})+")
_AFTER = re.compile(r"(?<=[^\s])[A-Za-z_\[°']|[A-Za-z]\b|mod\b")
_BEFORE = re.compile(r"(?:[-+*/^=(<>·×÷√_|\[]|(?<![A-Za-z])[A-Za-z]|\b(?:sqrt|ln|log|sin|cos|tan))\s*$")


@dataclass(frozen=True, slots=True)
class Fact:
    """`results` are texts; several for an equation with several solutions, none where it has no real one."""

    order: str
    formula: str
    results: tuple[str, ...]

    def sentence(self) -> str:
        """For a prompt."""
        if self.order == "solve":
            return f"The real solutions of {self.formula}: {', '.join(self.results) or 'none'}."
        return f"{self.order} {self.formula}: {' ≈ '.join(self.results)}."


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A claim of an answer that does not hold, and what its left side is really worth."""

    claim: str
    correct: str


def requested_facts(message: str, algebra: Algebra) -> tuple[Fact, ...]:
    """What a message asks for and sympy can settle, at most three; empty where nothing is sure."""
    found: list[Fact] = []
    for request in _REQUEST.finditer(message[:MAX_TEXT]):
        order = str(request.lastgroup)
        fact = _settled(order, _formula_after(message[request.end() : request.end() + 200]), algebra)
        if fact is not None and fact not in found:
            found.append(fact)
        if len(found) == MAX_FACTS:
            break
    return tuple(found)


def _formula_after(text: str) -> str:
    match = _FORMULA.match(_END.split(_spelled(text).lstrip(" :"), maxsplit=1)[0])
    return match[0].strip().rstrip("=").strip() if match else ""


def _settled(order: str, text: str, algebra: Algebra) -> Fact | None:
    if not re.search(r"\d|[a-z]\s*\^|(?:sin|cos|tan|ln|exp|sqrt)\b", text) or not re.search(
        r"[-+*/^=!√²³·×÷]|sqrt|[a-z]\(|\d[a-z]", text
    ):
        return None
    try:
        sides = [parse(plain(side)) for side in text.split("=")]
        symbols = sorted(frozenset[str]().union(*(side.symbols() for side in sides)))
        if (len(sides) == 2) != (order == "solve") or len(symbols) != (0 if order == "value" else 1):
            return None
        return Fact(order, text, algebra.settle(order, sides, symbols))
    except (Unreadable, TooLarge):
        return None


def contradictions(answer: str) -> tuple[Contradiction, ...]:
    """Equations between numbers in a text that do not hold, as `4! = 20`; rounding is no contradiction.

    Pure and fast: exact arithmetic in this process, of bounded size.
    """
    text = _spelled(re.sub(r"(?m)^\s*\d+[.)]\s+", "", answer[:MAX_TEXT]))
    found = []
    for claim in list(_CLAIM.finditer(text))[:MAX_CLAIMS]:
        if _AFTER.match(text, claim.end()) or _BEFORE.search(text, 0, claim.start()):
            continue
        wrong = _wrong(claim[0])
        if wrong is not None:
            found.append(wrong)
    return tuple(found)


def _spelled(text: str) -> str:
    """`15% of 80` is a product."""
    return re.sub(r"(\d)\s*%\s*of\s+(?=\d)", r"\1% * ", text)


def _wrong(claim: str) -> Contradiction | None:
    sides = [side.strip().rstrip(".,") for side in re.split("[=≈]", claim)]
    read = [_side(side) for side in sides]
    for place in range(1, len(read)):
        left, right = read[place - 1], read[place]
        if left is None or right is None or (left[0].op == right[0].op == "number" and len(read) == 2):
            continue
        if not _is_about(left[1], right[1], left[0], right[0]):
            return Contradiction(f"{sides[place - 1]} = {sides[place]}", _written(left[1]))
    return None


def _side(text: str) -> tuple[Formula, Value] | None:
    """None where it cannot be read, as one half of a bracket."""
    try:
        formula = parse(plain(_whole_numbers(text)))
        return formula, value(formula)
    except (Unreadable, TooLarge):
        return None


def _whole_numbers(text: str) -> str:
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)


def _is_about(left: Value, right: Value, first: Formula, second: Formula) -> bool:
    """Equal, up to the last digit that either side writes."""
    if math.isclose(left, right, rel_tol=1e-9):
        return True
    slack = max(_last_digit(first), _last_digit(second))
    return slack > 0 and abs(float(left) - float(right)) <= slack


def _last_digit(formula: Formula) -> float:
    """One unit of the last decimal of a number that is written with decimals; else 0."""
    decimals = [part.text.partition(".")[2] for part in formula.walk() if part.op == "number" and "." in part.text]
    return max((10.0 ** -len(places) for places in decimals), default=0.0)


def _written(number: Value) -> str:
    return str(number) if isinstance(number, Fraction) else f"{number:.10g}"
