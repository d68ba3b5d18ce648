"""The value of a formula without letters: a fraction as long as that is possible, else a float."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from masterx.practice.grading.formulas import Formula
from masterx.practice.grading.verdicts import TooLarge, Unreadable

Value = Fraction | float
MAX_BITS = 8_192
MAX_FACTORIAL = 500
MAX_DIGITS = 400
_REAL: dict[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "exp": math.exp,
    "ln": math.log,
    "log": math.log10,
    "log10": math.log10,
    "log2": math.log2,
    "cbrt": math.cbrt,
}
_CONSTANTS = {"pi": math.pi, "e": math.e, "oo": math.inf}


def value(formula: Formula) -> Value:
    """Raises `Unreadable` where letters are left or nothing is defined, `TooLarge` beyond what items ask for."""
    try:
        return _value(formula)
    except ZeroDivisionError as error:
        raise Unreadable("Division by zero has no value.") from error
    except OverflowError as error:
        raise TooLarge from error
    except ValueError as error:
        raise Unreadable("That has no real value.") from error


def fraction(text: str) -> Fraction:
    """Of digits with at most one point, an exponent, or a fraction bar. Raises `TooLarge`."""
    _, _, exponent = text.lower().partition("e")
    if len(text) > MAX_DIGITS or (exponent and abs(int(exponent)) > MAX_DIGITS):
        raise TooLarge
    return Fraction(text)


def _value(formula: Formula) -> Value:
    if formula.op == "number":
        return fraction(formula.text)
    if formula.op == "constant":
        return _CONSTANTS[formula.text]
    if formula.op == "symbol":
        raise Unreadable(f"A number is asked for; what is {formula.text}?")
    return _combined(formula.op, formula.text, [_value(part) for part in formula.parts])


def _combined(op: str, name: str, values: list[Value]) -> Value:
    if op == "add":
        return sum(values, Fraction(0))
    if len(values) == 2:
        return _binary(op, values[0], values[1])
    if op == "negate":
        return -values[0]
    if op == "degree":
        return float(values[0]) * math.pi / 180
    return _factorial(values[0]) if op == "factorial" else _call(name, values[0])


def _binary(op: str, left: Value, right: Value) -> Value:
    if op == "power":
        return _power(left, right)
    if op == "divide":
        return left / right
    return left * right


def _factorial(number: Value) -> Value:
    if not isinstance(number, Fraction) or number.denominator != 1 or number < 0:
        raise Unreadable("A factorial is taken of a whole number.")
    if number > MAX_FACTORIAL:
        raise TooLarge
    return Fraction(math.factorial(int(number)))


def _call(name: str, argument: Value) -> Value:
    if name == "abs":
        return -argument if argument < 0 else argument
    if name == "sqrt":
        return _power(argument, Fraction(1, 2))
    if name == "factorial":
        return _factorial(argument)
    if name in {"cot", "sec", "csc"}:
        return 1 / _REAL[{"cot": "tan", "sec": "cos", "csc": "sin"}[name]](float(argument))
    if name.startswith("log") and name not in _REAL:
        return math.log(float(argument)) / math.log(int(name.removeprefix("log")))
    result = _REAL[name](float(argument))
    return Fraction(round(result)) if name.startswith("log") and math.isclose(result, round(result)) else result


def _power(base: Value, exponent: Value) -> Value:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction):
        root = _root(base, exponent.denominator) if exponent.denominator <= 3 else None
        if root is not None:
            bits = max(abs(root.numerator), root.denominator).bit_length()
            if abs(exponent.numerator) * (bits - 1) > MAX_BITS:
                raise TooLarge
            return Fraction(root**exponent.numerator)
    if base < 0 and float(exponent) % 1:
        raise Unreadable("That has no real value.")
    return math.pow(base, exponent)


def _root(base: Fraction, degree: int) -> Fraction | None:
    """The exact root, where there is one."""
    if degree == 1:
        return base
    if base < 0:
        return None
    top, bottom = (round(part ** (1 / degree)) if part < 1 << 50 else 0 for part in (base.numerator, base.denominator))
    found = Fraction(top, bottom or 1)
    return found if found**degree == base else None
