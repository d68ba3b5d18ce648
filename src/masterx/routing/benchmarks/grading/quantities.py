"""Numbers as people and models write them, with the unit behind them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Final

_DIGITS = r"(?:\d{1,3}(?:,\d{3}){1,12}(?!\d)|\d{1,3}(?: \d{3}){1,12}(?!\d)|\d{1,40})"
NUMBER: Final = re.compile(
    rf"(?<![\w.,^])(?P<sign>[-+]\s?)?(?P<currency>[$€£]\s?)?"
    rf"(?:(?P<whole>\d{{1,6}})\s(?=\d{{1,6}}/\d))?"
    rf"(?P<digits>{_DIGITS}(?:[.]\d{{1,40}}|,\d{{1,2}}(?![\d,]))?|\.\d{{1,40}})"
    rf"(?:\^\{{?(?P<power>\d{{1,2}})\}}?)?"
    rf"(?:\s?/\s?(?P<denominator>\d{{1,12}})(?![\w.]))?"
    rf"(?:\s{{0,3}}(?:[x×*·]\s{{0,3}}10\s?\^?\s?\{{?|[eE])(?P<exponent>[-+]?\d{{1,2}})\}}?)?"
)
LATEX: Final = (
    (re.compile(r"\\d?t?frac\s?\{([^{}]{1,40})\}\s?\{([^{}]{1,40})\}"), r"\1/\2"),
    (re.compile(r"\\(?:text|mathrm|mathbf|operatorname)\s?\{([^{}]{0,80})\}"), r" \1"),
    (re.compile(r"\\approx\b"), " ≈ "),
    (re.compile(r"\$([^$\n]{1,200})\$(?!\d)"), r" \1 "),
    (re.compile(r"\\(?:times|cdot)\b"), " × "),
    (re.compile(r"\^?\s?\\circ\b"), "°"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\(?:sim|quad|left|right|displaystyle)\b|\\[,;:! ()\[\]]|\\(?=[$%])"), " "),
)
LONGEST_BASE: Final = 6
"""Digits of a number that is raised to a power; beyond, nobody asks for it, and it only takes time."""
SUPERSCRIPTS: Final = str.maketrans({"²": "^2", "³": "^3", "⁻": "-", "¹": "^1"})
SPACES: Final = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "−": "-", "–": "-", "\u2044": "/"})
NUMBER_WORDS: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
UNIT: Final = re.compile(r"\s{0,3}(?:-\s?)?([^\W\d_]{1,24}|[%°$€£])")


@dataclass(frozen=True, slots=True)
class Quantity:
    value: Fraction
    rest: str
    """What stands behind it, to read a unit from."""
    currency: str
    start: int


def plain(text: str) -> str:
    r"""LaTeX and typographic forms in plain letters: `\frac{1}{2}` as 1/2, `m²` as m^2."""
    text = unicodedata.normalize("NFKC", text.translate(SUPERSCRIPTS)).translate(SPACES)
    for pattern, written in LATEX:
        text = pattern.sub(written, text)
    return text


def quantities(text: str) -> Iterator[Quantity]:
    """Every number of a plain text, in order."""
    for found in NUMBER.finditer(text):
        value = _value(found)
        if value is not None:
            yield Quantity(
                value, text[found.end() : found.end() + 60], (found["currency"] or "").strip(), found.start()
            )


def _value(found: re.Match[str]) -> Fraction | None:
    digits = found["digits"].replace(" ", "")
    if re.search(r",\d{1,2}$", digits):
        digits = digits.replace(",", ".")
    value = Fraction(digits.replace(",", ""))
    if found["power"]:
        if len(digits) > LONGEST_BASE:
            return None
        value **= int(found["power"])
    if found["denominator"]:
        if not int(found["denominator"]):
            return None
        value /= int(found["denominator"])
    if found["whole"]:
        value += int(found["whole"])
    if found["exponent"]:
        value *= Fraction(10) ** int(found["exponent"])
    return -value if (found["sign"] or "").startswith("-") else value


def in_words(text: str) -> Fraction | None:
    """A small number written out, alone or before its noun."""
    first = text.strip().casefold().partition(" ")[0].strip(".,;:!*")
    words = NUMBER_WORDS.split()
    return Fraction(words.index(first)) if first in words else None


def unit_size(quantity: Quantity, units: Mapping[str, float]) -> float | None:
    """Size of the quantity's unit in the first of `units`; 1 where none is written, None for a foreign one.

    Without `units`, a percent sign is a hundredth, and any other known unit is let pass: nobody asked for one.
    """
    behind = (quantity.currency or quantity.rest.removeprefix("$")).lstrip(" -*_`")
    if not units:
        return 0.01 if behind.startswith("%") else 1.0
    for name in sorted(units, key=len, reverse=True):
        if _begins_with(behind, name):
            return units[name]
    word = UNIT.match(behind)
    return None if word and word[1].casefold() in known_units() else 1.0


def has_unit(quantity: Quantity, units: Mapping[str, float]) -> bool:
    behind = (quantity.currency or quantity.rest.removeprefix("$")).lstrip(" -*_`")
    return any(_begins_with(behind, name) for name in units)


def _begins_with(behind: str, name: str) -> bool:
    """Symbols of up to three letters keep their case: mW is not MW."""
    name = plain(name)
    text, wanted = (behind, name) if len(name) <= 3 else (behind.casefold(), name.casefold())
    if not text.startswith(wanted):
        return False
    after = text[len(wanted) :]
    if not wanted[-1].isalpha():
        return True
    return not re.match(r"[^\W_]|\s?[/^·*]\s?[^\W_]|\s?per\b", after)


@cache
def known_units() -> frozenset[str]:
    """Lower case."""
    return frozenset(files("masterx.routing.benchmarks.grading").joinpath("units.txt").read_text("utf-8").split())
