"""Algebra on formulas with sympy: in the algebra process only, as the import is slow and the work may never end."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy import Expr, Integer, Rational, Symbol

MAX_BITS = 8_192
MAX_FACTORIAL = 500
MAX_TERMS = 2_000
"""Of a polynomial that is multiplied out."""
POINTS = 12
ENOUGH_POINTS = 4
DIGITS = 30
CLOSE = sympy.Float("1e-18", DIGITS)
_NAMED = {
    "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "cot": sympy.cot, "sec": sympy.sec, "csc": sympy.csc,
    "asin": sympy.asin, "acos": sympy.acos, "atan": sympy.atan, "sinh": sympy.sinh, "cosh": sympy.cosh,
    "tanh": sympy.tanh, "exp": sympy.exp, "ln": sympy.log, "sqrt": sympy.sqrt, "cbrt": sympy.cbrt, "abs": sympy.Abs,
}  # fmt: skip
_CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "oo": sympy.oo}


class Refused(Exception):
    """Too large to be worked out at all, or without any value."""


def expression(tree: Sequence[Any], *, imaginary: bool = False, natural: bool = False) -> Expr:
    """From `Formula.as_json`. `imaginary`: the letter i is the imaginary unit. `natural`: log is ln, not to base 10."""
    op, text, parts = tree
    if op == "number":
        return Rational(text)
    if op == "symbol":
        return sympy.I if imaginary and text == "i" else Symbol(text, real=True)
    if op == "constant":
        return _CONSTANTS[text]
    inside = [expression(part, imaginary=imaginary, natural=natural) for part in parts]
    return _call(text, inside[0], natural) if op == "call" else _OPERATIONS[op](*inside)


def _quotient(top: Expr, bottom: Expr) -> Expr:
    if bottom.is_zero:
        raise Refused
    return top / bottom


def _power(base: Expr, exponent: Expr) -> Expr:
    if base.is_Rational and exponent.is_Rational:
        bits = max(abs(base.p), base.q).bit_length()
        if bits > 1 and abs(exponent) * bits > MAX_BITS:
            raise Refused
        if base.is_zero and exponent.is_negative:
            raise Refused
    return sympy.Pow(base, exponent)


def _factorial(number: Expr) -> Expr:
    if number.is_Integer and number > MAX_FACTORIAL:
        raise Refused
    return sympy.factorial(number)


_OPERATIONS: dict[str, Callable[..., Expr]] = {
    "add": sympy.Add,
    "multiply": sympy.Mul,
    "divide": _quotient,
    "negate": lambda part: -part,
    "power": _power,
    "degree": lambda part: part * sympy.pi / 180,
    "factorial": _factorial,
}


def _call(name: str, argument: Expr, natural: bool) -> Expr:
    if name == "factorial":
        return _factorial(argument)
    if name.startswith("log"):
        base = name.removeprefix("log") or ("" if natural else "10")
        if argument.is_zero or base == "1":
            raise Refused
        return sympy.log(argument) / sympy.log(Integer(base)) if base else sympy.log(argument)
    if name == "ln" and argument.is_zero:
        raise Refused
    return _NAMED[name](argument)


def are_equal(first: Expr, second: Expr) -> bool:
    """Whether two expressions have the same value wherever both are real.

    A proof by expanding is tried first; what it leaves open is compared at points of both signs with 30 digits, where
    two different elementary expressions do not agree by chance.
    """
    if first == second:
        return True
    if not (first.is_finite is not False and second.is_finite is not False):
        return False
    difference = first - second
    if difference.is_polynomial() and _terms(difference) <= MAX_TERMS and sympy.expand(difference) == 0:
        return True
    symbols = sorted(first.free_symbols | second.free_symbols, key=str)
    real, other = 0, 0
    for point in _points(len(symbols)):
        values = dict(zip(symbols, point, strict=True))
        left, right = _at(first, values), _at(second, values)
        if left is None or right is None:
            continue
        agree = bool(abs(left - right) <= CLOSE * max(1, abs(left), abs(right)))
        if _is_real(left) and _is_real(right):
            if not agree:
                return False
            real += 1
        else:
            other += agree
        if not symbols:
            return agree
    return real >= ENOUGH_POINTS or (real == 0 and other >= POINTS - ENOUGH_POINTS)


def _terms(whole: Expr) -> int:
    """How many there are at most when everything is multiplied out; `MAX_TERMS` + 1 stands for any more."""
    beyond = MAX_TERMS + 1
    if whole.is_Add:
        return min(sum(_terms(part) for part in whole.args), beyond)
    if whole.is_Mul:
        return min(math.prod(_terms(part) for part in whole.args), beyond)
    if whole.is_Pow and whole.exp.is_Integer and whole.exp.is_positive:
        inside = _terms(whole.base)
        if inside > 1 and whole.exp > MAX_TERMS:
            return beyond
        return min(math.comb(inside + int(whole.exp) - 1, inside - 1), beyond)
    return 1


def _points(count: int) -> list[tuple[Rational, ...]]:
    """The same ones every time, of both signs, none of them a nice number."""
    source = random.Random(20)  # noqa: S311
    sizes = itertools.cycle([1, 1, 5, 1, 1, 12])
    signs = itertools.cycle([1, 1, 1, -1])
    return [
        tuple(Rational(next(signs) * source.randint(101, 997) * next(sizes), 997) for _ in range(count))
        for _ in range(POINTS)
    ]


def _at(whole: Expr, values: dict[Any, Any]) -> Any:
    found = whole.subs(values).evalf(DIGITS)
    return found if found.is_number and found.is_finite else None


def _is_real(number: Any) -> bool:
    return bool(abs(sympy.im(number)) <= CLOSE * max(1, abs(number)))


def ratio(first: Expr, second: Expr) -> int:
    """1 or -1 where the first is that sign of constant times the second, else 0."""
    quotient = sympy.simplify(first / second) if second != 0 and first != 0 else Integer(0)
    if quotient.free_symbols or not quotient.is_real or quotient.is_zero or not quotient.is_finite:
        return 0
    return 1 if quotient.is_positive else -1


def differ_by_constant(first: Expr, second: Expr, variables: frozenset[str]) -> bool:
    """Whether two antiderivatives belong to the same function."""
    symbols = [symbol for symbol in (first.free_symbols | second.free_symbols) if symbol.name in variables]
    return all(are_equal(sympy.diff(first, symbol), sympy.diff(second, symbol)) for symbol in symbols)
