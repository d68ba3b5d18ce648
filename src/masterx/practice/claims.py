"""What an answer claims, held against exact arithmetic and against what was worked out for its question.

A flag is only worth something while it is always right: whatever can be read in another way is passed over. So are
sums that the text itself doubts, asks, supposes or corrects, and those that the learner wrote.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from masterx.practice.grading.exact import Value, value
from masterx.practice.grading.formulas import Formula
from masterx.practice.grading.notation import plain
from masterx.practice.grading.parsing import parse
from masterx.practice.grading.verdicts import TooLarge, Unreadable
from masterx.practice.statements_in_text import one_line_signs, spelled
from masterx.records.checks import CheckedFact, Contradiction

MAX_TEXT: Final = 8_000
MAX_CLAIMS: Final = 60
MAX_SENTENCE: Final = 600
MAX_SIDES: Final = 12
MAX_NUMBERS: Final = 200
MAX_SIDE: Final = 120
MAX_FOUND: Final = 3

_RUN: Final = re.compile(r"[\d \t.,+\-*/^()!√×÷·%=≈]+")
_SENTENCE: Final = re.compile(r"(?<=[.?:;])\s+|(?<=[A-Za-z]!)\s+|\n+")
_CLAUSE: Final = re.compile(r"[,;]\s+|\.\s+|[.,;]\s*$")
_DOUBTED: Final = re.compile(
    r"\?|≠|\b(?:mistake|wrong|incorrect|error|not|isn't|doesn't|don't|didn't|can't|cannot|never|false|instead|rather"
    r"|if|suppose|assume|imagine|pretend|would|might|could|may|let's say|you (?:wrote|said|got|had|have|put|wrote)"
    r"|your|tempting|common|(?:many|most|some) people|students|forget|forgot|guess|try|estimate|mod|base"
    r"|binary|hex\w*|octal|claims?|says|clock|modulo|remainder|rounded|round|digits?)\b",
    re.IGNORECASE,
)
_AFTER: Final = re.compile(
    r"[A-Za-z_\[°'\\…{|<>²³]|\s+(?:[A-Za-z]\b|mod\b|r\s?\d|more|less|times|take|fewer|larger|smaller|bigger|greater|percent|of\b|to\b|too\b"
    r"|and \d+/\d|over|squared|cubed|per|rem|hundred|thousand|million|billion|dozen|[<>≤≥…\\|{\[])",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(
    r"(?:[A-Za-z_\[\\…}{|<>'°²³:/]|\b(?:sqrt|ln|log|sin|cos|tan|of|by|to|than|mod|minus|plus|times)\s+|\b(?:of|between)\b[^,;.=]{1,20}\band\s+"
    r"|(?<![A-Za-z])[A-Za-z]\s+|[<>≤≥…|]\s*)$",
    re.IGNORECASE,
)
_RESULT: Final = re.compile(
    r"\b(?:answer|result|product|sum|difference|quotient|total|value)\b(?:\s+(?:of|to|for)\s+[^.;:?!\n]{1,40}?)?\s*"
    r"(?:is|=|:|equals|comes to|works out to(?: be)?|turns out to be)\s*(?:=\s*)?([-(]?\d[\d.,/%^()+*×· -]*)",
    re.IGNORECASE,
)
_EQUATED: Final = re.compile(
    r"[=≈\\]|```|~~~|(?:(?<=[^\W_])\*\*|(?<=[^\W_])__)[^\W_]|(?:to|exactly|is|are|equals|makes|gives|you|becomes|about"
    r"|around|roughly|approximately|nearly|almost)[\W_]*\d"
)
"""Without any of these in an answer, in small letters, nothing in it is put equal to a number; see
`statements_in_text.spelled`.
"""
_SHORT_WORDS: Final = 8
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:\s*/\s*\d+)?%?")


@dataclass(frozen=True, slots=True)
class _Side:
    text: str
    formula: Formula
    value: Value

    @property
    def is_number(self) -> bool:
        formula = self.formula
        while formula.op == "negate":
            formula = formula.parts[0]
        if formula.op == "divide" and all(part.op == "number" for part in formula.parts):
            return formula.parts[1].text == "100" and "%" in self.text
        return formula.op == "number"


@dataclass(frozen=True, slots=True)
class _Claim:
    left: _Side
    right: _Side
    about: bool
    doubted: bool

    @property
    def text(self) -> str:
        return f"{self.left.text} {'≈' if self.about else '='} {self.right.text}"

    @property
    def holds(self) -> bool:
        return agree(self.left, self.right, about=self.about)


def contradictions(answer: str, facts: Sequence[CheckedFact] = (), question: str = "") -> tuple[Contradiction, ...]:
    """What in an answer does not hold, at most three; empty where anything is unclear. Pure, and of bounded cost.

    `question` is what was asked: a sum of the learner's that the answer repeats is no claim of the answer.
    """
    if not facts and not may_claim(answer):
        return ()
    text = spelled(one_line_signs(answer[:MAX_TEXT]))
    claims = list(_claims(text))
    true = [claim for claim in claims if claim.holds]
    asked = "" if len(true) == len(claims) else _compared(spelled(one_line_signs(question[:MAX_TEXT])))
    found: list[Contradiction] = []
    for claim in claims:
        if claim.holds or claim.doubted or _compared(claim.text) in asked:
            continue
        if any(_same(claim.left, other.left) for other in true):
            continue  # corrected by the text itself
        one = Contradiction(claim=claim.text, correct=f"{claim.left.text} = {_written(claim.left.value)}")
        if one not in found:
            found.append(one)
    if not found:
        found += _against_facts(text, facts)
    return tuple(found[:MAX_FOUND])


def may_claim(answer: str) -> bool:
    """False where it is plain at once that `claims_of` is empty, at a twentieth of its cost."""
    return _EQUATED.search(answer[:MAX_TEXT].casefold()) is not None


def claims_of(answer: str) -> list[str]:
    """What an answer puts equal to a number, in plain signs."""
    return [claim.text for claim in _claims(spelled(one_line_signs(answer[:MAX_TEXT])))]


def _compared(text: str) -> str:
    """Without what may be written in several ways."""
    return re.sub(r"\s+", "", re.sub("[×·]", "*", text).replace("÷", "/"))


def _claims(text: str) -> Iterator[_Claim]:
    """Pairs of neighbouring sides of each chain of equations between numbers."""
    count = 0
    for sentence in _sentences(text):
        doubted = _DOUBTED.search(sentence) is not None
        for run in _RUN.finditer(sentence):
            if "=" not in run[0] and "≈" not in run[0]:
                continue
            count += 1
            if count > MAX_CLAIMS:
                return
            before = sentence[: run.start()] + run[0][: len(run[0]) - len(run[0].lstrip())]
            after = _gap(run[0]) + sentence[run.end() :]
            clauses = _CLAUSE.split(run[0])
            for number, clause in enumerate(clauses):
                first = _BEFORE.search(before[-40:]) if number == 0 else None
                last = _AFTER.match(after[:24]) if number == len(clauses) - 1 else None
                yield from _pairs(clause, open_before=first is not None, open_after=last is not None, doubted=doubted)


def _sentences(text: str) -> list[str]:
    """Those that a person would write: what has no end is no sentence."""
    return [part for part in _SENTENCE.split(text) if 0 < len(part) <= MAX_SENTENCE]


def _gap(run: str) -> str:
    """White space at the end of a run, which may stand between a number and its unit."""
    return run[len(run.rstrip()) :]


def _pairs(clause: str, *, open_before: bool, open_after: bool, doubted: bool) -> Iterator[_Claim]:
    parts = re.split("([=≈])", clause)
    texts, signs = [part.strip() for part in parts[::2]], parts[1::2]
    if "" in texts[1:-1] or len(texts) > MAX_SIDES:
        return  # == or the like
    sides = [_side(text) for text in texts]
    if open_before or re.match(r"\s*[-+]\s", clause):
        sides[0] = None
    if open_after:
        sides[-1] = None
    for place, sign in enumerate(signs):
        left, right = sides[place], sides[place + 1]
        if left is None or right is None or (left.is_number and right.is_number):
            continue
        if left.is_number:
            left, right = right, left
        yield _Claim(left, right, about=sign == "≈", doubted=doubted)


def _side(text: str) -> _Side | None:
    """None where it cannot be read with certainty."""
    if not text or len(text) > MAX_SIDE or "..." in text or re.search(r"\d\s*//|\d\s+\d+\s*[+\-*]|^[+*/×÷·^]", text):
        return None
    if re.search(r"[/÷]\s*[\d.]+\s*\(|[+\-]\s*[\d.]+\s*%|%\s*[+\-]", text):
        return None  # two readings: what is divided, and of what the percentage is taken
    try:
        formula = parse(plain(text))
        return _Side(text, formula, value(formula))
    except (Unreadable, TooLarge):
        return None


def agree(left: _Side, right: _Side, *, about: bool = False) -> bool:
    """Whether the right side is what the left is worth, as exactly as it is written: rounded or cut off there.

    Numbers of three digits and more on the left may have been rounded themselves.
    """
    first, second = left.value, right.value
    if math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-12):
        return True
    readings = [first]
    if "%" in right.text or "%" in left.text:
        readings += [first * 100, first / 100]  # three quarters times a hundred is written 75 % by many
    unit, doubt = _unit(right, about=about), _doubt(left)
    for reading in readings:
        worth = float(reading)
        if abs(worth - float(second)) <= unit * (1.0 if about else 0.5) + doubt * abs(worth) + 1e-9 * abs(worth):
            return True
        if unit and abs(math.trunc(worth / unit) * unit - float(second)) <= 1e-9:
            return True
    return False


def _unit(side: _Side, *, about: bool) -> float:
    """Of the last digit that is written; where it is about, zeros at the end of a whole number do not count."""
    units = [0.0]
    for part in side.formula.walk():
        if part.op != "number" or "/" in part.text or "e" in part.text.lower():
            continue
        whole, _, places = part.text.partition(".")
        if places:
            units.append(10.0 ** -len(places))
        elif side.is_number:
            units.append(10.0 ** (len(whole) - len(whole.rstrip("0"))) if about else 1.0)
    unit = max(units)
    return unit / 100 if "%" in side.text else unit


def _doubt(side: _Side) -> float:
    """Relative, of what was rounded before."""
    doubt = 0.0
    for part in side.formula.walk():
        if part.op == "number" and "." in part.text and "e" not in part.text.lower():
            digits = part.text.replace(".", "").lstrip("0")
            if len(digits) >= 3 and float(part.text):
                doubt += 0.5 * 10.0 ** -len(part.text.partition(".")[2]) / abs(float(part.text))
    return doubt


def _same(first: _Side, second: _Side) -> bool:
    return first.formula == second.formula or re.sub(r"\W", "", first.text) == re.sub(r"\W", "", second.text)


def _written(number: Value) -> str:
    if not isinstance(number, Fraction):
        return f"{number:.10g}"
    if number.denominator != 1 and not 10**12 % number.denominator:
        return f"{float(number):.12g}"
    return str(number)


def _against_facts(text: str, facts: Sequence[CheckedFact]) -> Iterator[Contradiction]:
    for fact in facts:
        if fact.order == "value":
            yield from _another_value(text, fact)
        elif fact.order == "solve":
            yield from _another_solution(text, fact)
        else:
            yield from _another_form(text, fact)


def _numbers(text: str) -> list[_Side]:
    sides = (_side(found.replace(" ", "")) for found in _NUMBER.findall(text)[:MAX_NUMBERS])
    return [side for side in sides if side is not None]


def _another_value(text: str, fact: CheckedFact) -> Iterator[Contradiction]:
    """Of a question with one value: an answer that names another one as its result, and the right one nowhere."""
    true = _side(fact.results[0])
    if true is None:
        return
    told = _numbers(text)
    if not told or any(agree(true, one) for one in told) or fact.results[0].replace(" ", "") in text:
        return
    for sentence in _sentences(text):
        result = _RESULT.search(sentence)
        if result is not None and _DOUBTED.search(sentence) is None:
            side = _side(result[1].strip().rstrip(".,"))
            if side is not None and not agree(true, side):
                yield _of_fact(fact, side.text)
                return
    words = re.findall(r"[^\W\d_]+", text)
    if len(told) == 1 and len(words) <= _SHORT_WORDS and _DOUBTED.search(text) is None:
        yield _of_fact(fact, told[0].text)


def _another_solution(text: str, fact: CheckedFact) -> Iterator[Contradiction]:
    """Solutions that an answer concludes with, when one of them is none."""
    unknown = next(iter(re.findall(r"[a-z]", fact.formula)), "x")
    true = [side for side in map(_side, fact.results) if side is not None]
    if len(true) != len(fact.results):
        return
    pattern = re.compile(
        rf"(?<![A-Za-z\d^*/+\-)(])\s*\b{unknown}\s*=\s*(-?[\d.]+(?:\s*/\s*\d+)?)(?![\d(^*/+×·√!%A-Za-z-]| *[-+*/^×·√±])"
    )
    stated = [(found.start(), _side(found[1].rstrip("."))) for found in pattern.finditer(text)]
    if "±" in text or "\\pm" in text:
        return
    for sentence in reversed(_sentences(text)):
        found = [_side(one[1].rstrip(".")) for one in pattern.finditer(sentence)]
        said = [side for side in found if side is not None]
        if not said:
            continue
        if _DOUBTED.search(sentence) or re.search(
            r"\b(?:when|where|let|test|check|plug|substitut\w+|put|say|with)\b", sentence, re.IGNORECASE
        ):
            return
        wrong = [side for side in said if not any(agree(one, side) for one in true)]
        also_right = any(side is not None and any(agree(one, side) for one in true) for _, side in stated)
        if wrong and (len(said) > 1 or not also_right):
            yield _of_fact(fact, f"{unknown} = {wrong[0].text}")
        return


_FORM: Final = re.compile(
    r"(?:\b(?:derivative|integral|antiderivative|answer|result|expansion|expanded form|factori[sz]ation|factored form"
    r"|product)\b"
    r"(?P<of> of [^=.:\n]{1,60}?)?\s*(?:is|=|:)"
    r"|(?:[fy]'\s*(?:\([a-z]\))?|d[fy]?/d[a-z](?:\s*\([^=\n]{1,60}\))?)\s*=)\s*(?P<said>[^.,;?\n]+)",
    re.IGNORECASE,
)
_POINTS: Final = (Fraction(3, 7), Fraction(11, 5), Fraction(29, 13))


def _another_form(text: str, fact: CheckedFact) -> Iterator[Contradiction]:
    """Of an expanded, factored, simplified, differentiated or integrated formula."""
    true = _formula(fact.results[0])
    if true is None or len(true.symbols()) > 1:
        return
    asked = re.sub(r"\s", "", fact.formula)
    forms: list[tuple[str, Formula]] = []
    for sentence in _sentences(text):
        for found in _FORM.finditer(sentence):
            said = found["said"].split("=")[-1].strip()
            other = found["of"] is not None and asked not in re.sub(r"\s", "", found["of"])
            form = None if other or _DOUBTED.search(sentence) else _formula(said)
            if form is not None and form.symbols() and form.symbols() == (true.symbols() or form.symbols()):
                forms.append((said, form))
    if fact.order in {"expand", "factor", "simplify"}:
        for line in text.split("\n"):
            left, sign, right = line.partition("=")
            if sign and re.sub(r"\s", "", left).endswith(asked) and _DOUBTED.search(line) is None:
                said = right.split("=")[-1].strip().rstrip(".")
                form = _formula(said)
                if form is not None and form.symbols() == true.symbols():
                    forms.append((said, form))
    constant = fact.order == "integrate"
    if forms and not any(_equal_forms(true, form, constant) for _, form in forms):
        yield _of_fact(fact, forms[-1][0])


def _formula(text: str) -> Formula | None:
    if len(text) > MAX_SIDE:
        return None
    text = re.sub(r"\+\s*C\s*$", "", text.strip().rstrip("."))
    try:
        return parse(plain(text))
    except (Unreadable, TooLarge):
        return None


def _equal_forms(first: Formula, second: Formula, up_to_a_constant: bool) -> bool:
    """At three points, exactly where both are rational."""
    differences = []
    for point in _POINTS:
        try:
            differences.append(value(_at(first, point)) - value(_at(second, point)))
        except (Unreadable, TooLarge):
            return True
    if up_to_a_constant:
        return max(abs(float(one - differences[0])) for one in differences) < 1e-9
    return max(abs(float(one)) for one in differences) < 1e-9


def _at(formula: Formula, point: Fraction) -> Formula:
    if formula.op == "symbol":
        return Formula(
            "divide", (Formula("number", (), str(point.numerator)), Formula("number", (), str(point.denominator)))
        )
    return Formula(formula.op, tuple(_at(part, point) for part in formula.parts), formula.text)


def _of_fact(fact: CheckedFact, said: str) -> Contradiction:
    if fact.order == "solve":
        unknown = next(iter(re.findall(r"[a-z]", fact.formula)), "x")
        correct = " or ".join(f"{unknown} = {result}" for result in fact.results) or "there is no real solution"
    elif fact.order == "value":
        correct = f"{fact.formula} = {fact.results[0]}"
    else:
        correct = fact.results[0]
    return Contradiction(claim=said, correct=correct)
