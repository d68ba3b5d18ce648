"""Numbers: within a tolerance, with units, and with a word about what is wrong."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from masterx.practice.grading.exact import Value
from masterx.practice.grading.formulas import Formula
from masterx.practice.grading.notation import plain
from masterx.practice.grading.parsing import parse
from masterx.practice.grading.quantities import Quantity, read_quantity
from masterx.practice.grading.units import Unit, read_unit, units_in
from masterx.practice.grading.verdicts import (
    Grade,
    Task,
    Tolerance,
    TooLarge,
    Unreadable,
    accept,
    reject,
    unit_missing,
    unreadable,
)

FLOAT_NOISE = 1e-9
_WORDS_BETWEEN = re.compile(r"\b(?!(?:sqrt|cbrt|sin|cos|tan|log|exp|abs)\b)[A-Za-z]{3,}|[=?:]|\.\s|\.$")
ENOUGH_DIGITS = 5
"""So many significant digits of a number that never ends are as good as the number, where no tolerance is given."""


def grade_number(task: Task, answer: str) -> Grade:
    """Raises `Unreadable` when the reference itself is no number."""
    wanted_unit, named_unit = _wanted_unit(task)
    reference = read_quantity(plain(task.reference), task.question, wanted_unit)
    wanted = wanted_unit or reference.unit
    try:
        given = read_quantity(plain(answer), f"{task.question} {named_unit}", wanted)
    except TooLarge:
        return reject("That number is far too large.")
    except Unreadable as error:
        several = re.search(r"±", plain(answer)) is not None
        return reject("One value is asked for, not two.") if several else unreadable(str(error))
    return _compare(task, reference, given, wanted, f"{answer} {named_unit}" if named_unit else "")


def _wanted_unit(task: Task) -> tuple[Unit | None, str]:
    """The unit, or the word that stands for one which the table does not know (`apples`)."""
    if not task.unit:
        return None, ""
    unit = read_unit(plain(task.unit))
    return (unit, "") if unit else (None, task.unit)


def _compare(task: Task, reference: Quantity, given: Quantity, wanted: Unit | None, named: str) -> Grade:
    target = reference.readings[0]
    if named:
        answer, _, word = named.rpartition(" ")
        if word.lower().rstrip("s") not in answer.lower():
            return unit_missing(f"Say what you counted: {word}.")
    if wanted is None and given.unit is not None:
        return _without_wanted_unit(task, reference, given, given.unit)
    if wanted is None:
        return _judge(task, target, given, given.readings)
    if given.unit is None:
        return _unit_is_missing(task, target, given, wanted)
    if given.unit.dimensions != wanted.dimensions:
        return _wrong_kind(given.unit, wanted)
    return _judge(task, target, given, tuple(given.unit.convert(reading, wanted) for reading in given.readings))


def _unit_is_missing(task: Task, target: Value, given: Quantity, wanted: Unit) -> Grade:
    if not task.unit and not wanted.dimensions:
        return _percentages(task, target, given, wanted)
    if not wanted.dimensions:
        return unit_missing(f"Give the unit as well: is that {wanted.name}?")
    return unit_missing(f"Give the unit as well: the question asks for {wanted.kind()}.")


def _percentages(task: Task, target: Value, given: Quantity, wanted: Unit) -> Grade:
    """The reference is `50%` and no unit is demanded: 0.5 is the same, 50 lacks the sign."""
    share = tuple(reading / wanted.factor for reading in given.readings)
    if any(_is_close(one, target, task.tolerance) for one in given.readings):
        return unit_missing("Is that a percentage? Then write the sign %.")
    return _judge(task, target, given, share)


def _without_wanted_unit(task: Task, reference: Quantity, given: Quantity, unit: Unit) -> Grade:
    """No unit is demanded: one that the question itself names is welcome, and converted."""
    target = reference.readings[0]
    if not unit.dimensions:
        return _judge(task, target, given, tuple(reading * unit.factor for reading in given.readings))
    asked = [named for named in units_in(plain(task.question)) if named.dimensions == unit.dimensions]
    after = re.search(r"(?:how many|\bin\b)\s+([\w°$€£/^]+)", plain(task.question).lower())
    if after and (first := read_unit(after[1])) and first.dimensions == unit.dimensions:
        asked = [first]
    if len({named.factor for named in asked}) == 1:
        return _judge(task, target, given, tuple(unit.convert(one, asked[0]) for one in given.readings))
    return reject(f"A plain number is asked for; the unit {unit.name} does not belong to it.")


def _wrong_kind(unit: Unit, wanted: Unit) -> Grade:
    if unit.kind() == wanted.kind():
        return reject(f"The unit {unit.name} does not fit; {wanted.name} would.")
    return reject(f"{unit.name} stands for {unit.kind()}, but the question asks for {wanted.kind()}.")


def _judge(task: Task, target: Value, given: Quantity, readings: tuple[Value, ...]) -> Grade:
    right = [reading for reading in readings if _is_right(reading, target, task)]
    if not right:
        return reject(_what_is_wrong(readings[0], target, given))
    if any(not _agree(step, given.readings[0]) for step in given.steps):
        return reject("The two sides of your equation are not equal.")
    if _is_unfinished(given.formula) and not _is_unfinished(_reference_formula(task)):
        return unreadable("Work it out to one number.")
    if _repeats_question(given.formula, task):
        return unreadable("That is still the question; work it out.")
    if not _is_reduced(given.formula) and re.search(r"simpl|lowest terms|reduce", task.question.lower()):
        return reject("The value is right, but the fraction can still be reduced.", nearly=True)
    return accept()


def _reference_formula(task: Task) -> Formula:
    return read_quantity(plain(task.reference), task.question).formula


def _is_right(given: Value, target: Value, task: Task) -> bool:
    if _is_close(given, target, task.tolerance):
        return True
    return not task.tolerance.is_given and _is_same_but_rounded(given, target)


def _is_close(given: Value, target: Value, tolerance: Tolerance) -> bool:
    if isinstance(given, Fraction) and isinstance(target, Fraction):
        if abs(given - target) <= tolerance.of(target):
            return True
    elif math.isinf(given) or math.isinf(target):
        return given == target
    elif abs(float(given) - float(target)) <= float(tolerance.of(Fraction(target))) * (1 + FLOAT_NOISE):
        return True
    return math.isclose(given, target, rel_tol=FLOAT_NOISE)


def _is_same_but_rounded(given: Value, target: Value) -> bool:
    """A third against 0.33333, either way round."""
    exact, rounded = (given, target) if _never_ends(given) else (target, given)
    if not _never_ends(exact) or _never_ends(rounded):
        return False
    text = _decimal(Fraction(rounded))
    digits = len(text.replace(".", "").replace("-", "").lstrip("0"))
    places = len(text.partition(".")[2])
    step = Fraction(1, 10**places)
    return digits >= ENOUGH_DIGITS and abs(Fraction(exact) - Fraction(rounded)) < step


def _never_ends(number: Value) -> bool:
    if isinstance(number, float):
        return math.isfinite(number)
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest != 1


def _decimal(number: Fraction) -> str:
    places = 0
    while (number * 10**places).denominator != 1 and places < 40:
        places += 1
    whole = abs(int(number * 10**places))
    digits = str(whole).rjust(places + 1, "0")
    return f"{digits[: len(digits) - places]}.{digits[len(digits) - places :]}" if places else digits


def _agree(step: Value, end: Value) -> bool:
    return math.isclose(step, end, rel_tol=0.01, abs_tol=1e-9)


def _is_unfinished(formula: Formula) -> bool:
    """A sum or product of plain numbers: `12*7`. Powers of ten, roots and pi belong to how numbers are written."""
    for part in formula.walk():
        exact = all(one.op not in {"constant", "call"} for one in part.walk())
        if part.op in {"add", "multiply"} and exact and not _is_scientific(part):
            return True
    return False


def _is_scientific(formula: Formula) -> bool:
    power = formula.parts[-1]
    return formula.op == "multiply" and power.op == "power" and power.parts[0].text == "10"


def _repeats_question(formula: Formula, task: Task) -> bool:
    if all(part.op in {"number", "negate", "divide"} for part in formula.walk()):
        return False
    return formula in formulas_of(task.question)


def formulas_of(question: str) -> list[Formula]:
    """What a question writes as formulas, between its words."""
    found = []
    for piece in _WORDS_BETWEEN.split(plain(question)):
        try:
            found.append(parse(piece))
        except Unreadable:
            continue
    return found


def _is_reduced(formula: Formula) -> bool:
    if formula.op == "negate":
        return _is_reduced(formula.parts[0])
    if formula.op != "divide" or any(part.op != "number" for part in formula.parts):
        return True
    top, bottom = (Fraction(part.text) for part in formula.parts)
    return top.denominator == bottom.denominator == 1 and math.gcd(int(top), int(bottom)) == 1


def _what_is_wrong(given: Value, target: Value, quantity: Quantity) -> str:
    """A pointer to the mistake that does not give the answer away."""
    if not (math.isfinite(given) and math.isfinite(target)) or given == 0 or target == 0:
        return "That is not it."
    ratio = float(given) / float(target)
    if math.isclose(ratio, -1, rel_tol=FLOAT_NOISE):
        return "The size is right; look at the sign."
    power = math.log10(abs(ratio))
    if ratio > 0 and round(power) != 0 and math.isclose(power, round(power), abs_tol=1e-9):
        unit = " or at the unit" if quantity.unit else ""
        return f"The digits are right; look at the place of the decimal point{unit}."
    if math.isclose(float(given) * float(target), 1, rel_tol=FLOAT_NOISE):
        return "That is the reciprocal: the fraction is upside down."
    if abs(ratio - 1) < 0.01:
        return "Very close: it is rounded too early, or slightly off."
    return "That is not it."
