"""Results that sympy can settle: values, simpler forms, solutions. In the algebra process only."""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr, Symbol

from masterx.practice.grading.symbolic import Refused

_FORMS = {"expand": sympy.expand, "factor": sympy.factor, "simplify": sympy.simplify}


def settle(op: str, trees: Sequence[Expr], variables: Sequence[str]) -> list[str]:
    """`value`, `expand`, `factor`, `simplify`, `differentiate`, `integrate` on one tree, `solve` on both sides.

    Results are texts that our own parser reads. Raises `Refused` where nothing is found.
    """
    first = trees[0]
    if op == "value":
        return _value(first)
    if op == "solve":
        return _solutions(first - trees[1], variables[0])
    if op == "differentiate":
        return [_text(sympy.diff(first, Symbol(variables[0], real=True)))]
    if op == "integrate":
        return [_text(_integral(first, variables[0]))]
    if op not in _FORMS:
        raise Refused
    return [_text(_FORMS[op](first))]


def _value(number: Expr) -> list[str]:
    """Exact, then in decimals where that differs."""
    exact = sympy.nsimplify(sympy.simplify(number))
    if exact.free_symbols or not exact.is_finite:
        raise Refused
    decimal = f"{sympy.N(exact, 12):.10g}" if exact.is_real and not exact.is_Integer else ""
    return [_text(exact), decimal] if decimal and decimal != _text(exact) else [_text(exact)]


def _integral(first: Expr, variable: str) -> Expr:
    found = sympy.integrate(first, Symbol(variable, real=True))
    if found.has(sympy.Integral):
        raise Refused
    return found


def _solutions(difference: Expr, variable: str) -> list[str]:
    unknown = Symbol(variable, real=True)
    if difference.free_symbols != {unknown}:
        return [_text(one) for one in sympy.solve(difference, unknown)]
    found = sympy.solveset(difference, unknown, sympy.S.Reals)
    if not isinstance(found, sympy.FiniteSet):
        if found is sympy.S.EmptySet:
            return []
        raise Refused
    return [_text(one) for one in sorted(found, key=sympy.N)]


def _text(found: Expr) -> str:
    return str(found).replace("**", "^").replace("log(", "ln(").replace("Abs(", "abs(")
