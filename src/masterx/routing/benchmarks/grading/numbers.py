"""A number, with a tolerance and a unit."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from masterx.routing.benchmarks.grading.checks import NumberCheck
from masterx.routing.benchmarks.grading.final_answers import MOST_DECLARED, declared, last_line
from masterx.routing.benchmarks.grading.quantities import Quantity, has_unit, in_words, plain, quantities, unit_size
from masterx.routing.benchmarks.grading.verdicts import Finding

UNDECLARED: Final = 0.9
"""Right, but not on the line that was asked for."""
WITHOUT_UNIT: Final = 0.5
LARGE: Final = 10**15
"""Beyond it a number is not written out in a reason."""
CUE: Final = re.compile(r"=|≈|\b(?:is|are|equals|total|therefore|thus|hence|so|answer|result|gives)\b", re.IGNORECASE)


ALONE: Final = re.compile(r"^[\s(]*[-+]?[$€£]?[\d.,]+(?:\s?/\s?\d+)?[\s%°)]*[^\W\d_]{0,12}\s*$")


def grade_number(check: NumberCheck, answer: str) -> Finding:
    found = declared(answer)
    if found:
        stated = [_stated(text) for text in found]
        if len({one.value for one in stated if one}) > MOST_DECLARED:
            return Finding(0, "It declares several different results and settles on none.")
        last = stated[-1]
        if last is None:
            return Finding(0, "The answer line does not hold exactly one number.")
        return _judged(check, last, 1.0)
    last = _concluded(answer)
    if last is None:
        return Finding(0, "It names no single number as its result.")
    return _judged(check, last, UNDECLARED)


def _judged(check: NumberCheck, quantity: Quantity, most: float) -> Finding:
    size = unit_size(quantity, check.units)
    if size is None:
        return Finding(0, f"The unit is not {_first_unit(check)}.")
    value = quantity.value * Fraction(size).limit_denominator(10**9)
    if abs(value - check.exact) > Fraction(check.tolerance):
        return Finding(0, f"It says {_shown(quantity.value)}, which is not {check.value}.")
    if check.unit_needed and not has_unit(quantity, check.units):
        return Finding(most * WITHOUT_UNIT, f"The number is right, but its unit ({_first_unit(check)}) is missing.")
    said = "The number is right." if most == 1 else "The number is right, though not on a line that begins with Answer."
    return Finding(most, said)


def _first_unit(check: NumberCheck) -> str:
    return next(iter(check.units))


def _shown(value: Fraction) -> str:
    if abs(value) > LARGE:
        return "a very large number"
    return str(value) if value.denominator < LARGE else f"{float(value):.6g}"


def _stated(text: str) -> Quantity | None:
    """The one number of an answer line. Behind `=` counts; what stands in brackets does not; several are none."""
    text = plain(text)
    text = re.sub(r"\([^()]{0,200}\)\s*[.!]?\s*$", "", text).strip() or text
    exact, _, rounded = text.rpartition("≈")
    text = (exact if ALONE.match(plain(exact).rpartition("=")[2]) else rounded).rpartition("=")[2]
    found = list(quantities(text))
    if not found:
        written = in_words(text)
        return None if written is None else Quantity(written, text.strip().partition(" ")[2], "", 0)
    return found[0] if len({one.value for one in found}) == 1 else None


def _concluded(answer: str) -> Quantity | None:
    """The number of an answer that holds one only, or the last one of a last line that draws a conclusion."""
    text = plain(answer)
    found = list(quantities(text))
    if not found:
        return None
    if len({one.value for one in found}) == 1:
        return found[0]
    line = plain(last_line(answer))
    cues = list(CUE.finditer(line))
    if not cues:
        return None
    behind = list(quantities(line[cues[-1].end() :]))
    return behind[0] if len({one.value for one in behind}) == 1 else None
