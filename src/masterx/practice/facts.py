"""What a message asks for and calculation can settle: plain values here, the rest by sympy in the algebra process.

Nothing here trusts a language model, and where anything is unclear nothing is said. `claims` judges answers by it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.exact import Value, value
from masterx.practice.grading.formulas import Formula
from masterx.practice.grading.notation import plain
from masterx.practice.grading.parsing import parse
from masterx.practice.grading.verdicts import AlgebraUnavailable, TooLarge, Unreadable
from masterx.practice.statements_in_text import one_line_signs, spelled
from masterx.records.checks import CheckedFact

MAX_TEXT: Final = 4_000
"""What learners ask for stands in the first pages of what they write."""
MAX_FACTS: Final = 3
MAX_REQUESTS: Final = 12
MAX_FORMULA: Final = 120
MAX_RESULT: Final = 200
_ORDERS = {
    "solve": r"solve(?: for [a-z])?:?", "differentiate": r"differentiate|(?:find )?the derivative of|derivative of",
    "integrate": r"integrate|(?:find )?the (?:indefinite )?integral of|integral of", "expand": r"expand|multiply out",
    "factor": r"factori[sz]e|factor", "simplify": r"simplify",
    "value": r"what(?: is|'s|s)|compute|calculate|evaluate|how much is|work out|what does|find the value of",
}  # fmt: skip
_REQUEST = re.compile("|".join(rf"(?P<{name}>\b(?:{words}))\b" for name, words in _ORDERS.items()), re.IGNORECASE)
_BARE = re.compile(r"\s*([-+*/^().,!√×÷·%²³\d\s]{3,60})=?\s*[?.]?\s*")
_FORMULA = re.compile(r"[\sA-Za-z0-9+\-*/^().,=√π!%²³⁰-⁹·×÷|]+")
_INTRODUCTION = re.compile(
    r"[\s:]*(?:(?:the|this|that|my|an?)\s+)?(?:(?:following|given|simple|linear|quadratic|cubic)\s+)*"
    r"(?:equation|expression|function|polynomial|term)\b(?:\s+for\s+[a-z]\b)?[\s:]*",
    re.IGNORECASE,
)
"""What may stand between the order and the formula: "the quadratic equation"."""
_END = re.compile(
    r"[?;\n]|\.(?:\s|$)|\b(?:for|with|where|please|and|by|using|if|when|over|from|equal|equals|in|as|exactly|step|"
    r"but|because|so|then|again|now|quickly|properly|correctly|easily|myself)\b",
    re.IGNORECASE,
)


_SETTLED: Final = re.compile(r"\d|\^|[⁰¹²³⁴⁵⁶⁷⁸⁹√]|squared|cubed|(?:sin|cos|tan|ln|exp|sqrt)\b", re.IGNORECASE)
"""Without any of these in the message, nothing that is read from it could be worked out."""


@dataclass(frozen=True, slots=True)
class Request:
    """Read, and not worked out yet."""

    order: str
    formula: str
    sides: tuple[Formula, ...]
    symbol: str | None


def sentence_of(fact: CheckedFact) -> str:
    """For a prompt."""
    if fact.order == "solve":
        return f"The real solutions of {fact.formula}: {', '.join(fact.results) or 'none'}."
    return f"{fact.order} {fact.formula}: {' ≈ '.join(fact.results)}."


def requests_of(message: str) -> tuple[Request, ...]:
    """What a message asks for, at most three; empty where nothing is sure. Pure, and of bounded cost."""
    message = message[:MAX_TEXT]
    return requests_in(message) if _SETTLED.search(message) else ()


def requests_in(message: str) -> tuple[Request, ...]:
    """As `requests_of`, at ten times its cost for a message without a formula."""
    text = spelled(one_line_signs(message))
    found: list[Request] = []
    for order, formula in _orders(text):
        request = _request(order, formula)
        if request is not None and request not in found:
            found.append(request)
        if len(found) == MAX_FACTS:
            break
    return tuple(found)


def settled_here(request: Request) -> CheckedFact | None:
    """A value of plain arithmetic, exactly and at once; None: it takes the algebra process, or has no value."""
    if request.order != "value":
        return None
    try:
        result = value(request.sides[0])
    except (Unreadable, TooLarge):
        return None
    if not isinstance(result, Fraction):
        return None
    texts = [str(result)]
    if result.denominator != 1:
        texts.append(_decimals(result))
    return _fact(request, tuple(texts))


def settled(request: Request, algebra: Algebra) -> CheckedFact | None:
    """By sympy, within the time that `algebra` is given. None where it finds nothing."""
    here = settled_here(request)
    if here is not None:
        return here
    try:
        symbols = [] if request.symbol is None else [request.symbol]
        return _fact(request, algebra.settle(request.order, request.sides, symbols))
    except (TooLarge, AlgebraUnavailable):
        return None


def requested_facts(message: str, algebra: Algebra) -> tuple[CheckedFact, ...]:
    found = (settled(request, algebra) for request in requests_of(message))
    return tuple(fact for fact in found if fact is not None)


def _fact(request: Request, results: tuple[str, ...]) -> CheckedFact | None:
    if any(len(result) > MAX_RESULT for result in results):
        return None  # nobody reads it, and it would fill the prompt
    return CheckedFact(order=request.order, formula=request.formula, results=results)


def _decimals(number: Value) -> str:
    places = f"{float(number):.10g}"
    return places if "e" not in places and math.isfinite(float(number)) else f"{float(number):.6g}"


def _orders(text: str) -> Iterator[tuple[str, str]]:
    bare = _BARE.fullmatch(text)
    if bare is not None:
        yield "value", bare[1].strip()
    for number, request in enumerate(_REQUEST.finditer(text)):
        if number == MAX_REQUESTS:
            return
        yield str(request.lastgroup), _formula_after(text[request.end() : request.end() + 200])


def _formula_after(text: str) -> str:
    introduced = _INTRODUCTION.match(text)
    text = text[introduced.end() :] if introduced else text.lstrip(" :")
    match = _FORMULA.match(_END.split(text, maxsplit=1)[0])
    return match[0].strip().rstrip("=.,").strip() if match else ""


def _request(order: str, text: str) -> Request | None:
    if not 0 < len(text) <= MAX_FORMULA:
        return None
    if not re.search(r"\d|[a-z]\s*\^|(?:sin|cos|tan|ln|exp|sqrt)\b", text) or not re.search(
        r"[-+*/^=!√²³·×÷%]|sqrt|[a-z]\(|\d[a-z]", text
    ):
        return None
    try:
        sides = tuple(parse(plain(side)) for side in text.split("="))
    except (Unreadable, TooLarge):
        return None
    symbols = sorted(frozenset[str]().union(*(side.symbols() for side in sides)))
    if (len(sides) == 2) != (order == "solve") or len(symbols) != (0 if order == "value" else 1):
        return None
    if order == "value" and sides[0].op in {"number", "negate"}:
        return None
    return Request(order, text, sides, symbols[0] if symbols else None)
