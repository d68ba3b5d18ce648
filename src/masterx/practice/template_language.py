"""What authors of items may compute between braces: a small part of Python's arithmetic, walked, never evaluated.

Numbers are exact: `7/2` stays a fraction. `{a + b*c}` writes a value, `{mean:.2f}` rounds it, `{{` is a brace.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

MAX_SOURCE = 400
MAX_POWER = 200
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}


class TemplateFault(Exception):
    """A template cannot be worked out; the text says what an author has to change."""


def _exact(values: Sequence[Any]) -> list[Fraction]:
    return [Fraction(value) for value in values]


def _root(number: Any) -> Any:
    """Exact where it is a square, else a float."""
    exact = Fraction(number)
    top, bottom = math.isqrt(exact.numerator), math.isqrt(exact.denominator)
    return Fraction(top, bottom) if top**2 == exact.numerator and bottom**2 == exact.denominator else math.sqrt(number)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "sum": sum,
    "len": len,
    "sorted": sorted,
    "round": round,
    "floor": math.floor,
    "ceil": math.ceil,
    "gcd": math.gcd,
    "lcm": math.lcm,
    "comb": math.comb,
    "perm": math.perm,
    "factorial": math.factorial,
    "sqrt": _root,
    "exp": math.exp,
    "sin": lambda degrees: math.sin(math.radians(degrees)),
    "cos": lambda degrees: math.cos(math.radians(degrees)),
    "tan": lambda degrees: math.tan(math.radians(degrees)),
    "mean": lambda values: statistics.mean(_exact(values)),
    "median": lambda values: statistics.median(_exact(values)),
    "mode": statistics.mode,
    "pvariance": lambda values: statistics.pvariance(_exact(values)),
    "variance": lambda values: statistics.variance(_exact(values)),
    "join": lambda values: ", ".join(map(write, values)),
    "isprime": lambda number: number > 1 and all(number % small for small in range(2, math.isqrt(number) + 1)),
    "num": lambda number: Fraction(number).numerator,
    "den": lambda number: Fraction(number).denominator,
}


def evaluate(source: str, names: Mapping[str, Any]) -> Any:
    """Raises `TemplateFault`."""
    if len(source) > MAX_SOURCE:
        raise TemplateFault("An expression between braces is too long.")
    try:
        return _Walk(names).visit(ast.parse(source.strip(), mode="eval").body)
    except TemplateFault:
        raise
    except SyntaxError as error:
        raise TemplateFault(f"`{source}` is no expression.") from error
    except (ArithmeticError, ValueError, TypeError, LookupError, RecursionError, MemoryError) as error:
        raise TemplateFault(f"`{source}` cannot be worked out: {error}.") from error


def render(text: str, names: Mapping[str, Any]) -> str:
    """The text with every expression between braces worked out, and signs tidied. Raises `TemplateFault`."""

    def written(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        source, _, form = found[1].partition(":")
        return write(evaluate(source, names), form)

    return tidy(re.sub(r"\{\{|\}\}|\{([^{}]*)\}", written, text))


def write(value: Any, form: str = "") -> str:
    """A value as text: whole numbers without a point, fractions with a bar, decimals only where they are asked for."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(write, value)) + "]"
    if form:
        return f"{float(value):{form}}"
    if isinstance(value, Fraction):
        return str(value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def tidy(text: str) -> str:
    """`2x + -3` becomes `2x - 3`, `1x` becomes `x`."""
    text = re.sub(r"\+ -(?=[\d.a-z(])", "- ", text)
    text = re.sub(r"(?<=\S) - -(?=[\d.a-z(])", " + ", text)
    return re.sub(r"(?<![\w.^/])1(?=[a-z](?![a-z]))|(?<![\w.^/])1(?=\()", "", text)


class _Walk(ast.NodeVisitor):
    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def generic_visit(self, node: ast.AST) -> Any:
        raise TemplateFault(f"{type(node).__name__} is not part of what templates compute.")

    def visit_Constant(self, node: ast.Constant) -> Any:
        if isinstance(node.value, float):
            return Fraction(str(node.value))
        if isinstance(node.value, int | str):
            return node.value
        raise TemplateFault("Only numbers and texts are constants.")

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id == "pi":
            return math.pi
        if node.id not in self._names:
            raise TemplateFault(f"The name {node.id} is not defined.")
        return self._names[node.id]

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.visit(node.operand)
        return not value if isinstance(node.op, ast.Not) else -value

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Div):
            return left / right if isinstance(left, float) or isinstance(right, float) else Fraction(left) / right
        if isinstance(node.op, ast.Pow):
            if abs(right) > MAX_POWER:
                raise TemplateFault("That power is too large.")
            return Fraction(left) ** right if right < 0 else left**right
        operation = _BINARY.get(type(node.op))
        if operation is None:
            raise TemplateFault(f"{type(node.op).__name__} is not part of what templates compute.")
        return operation(left, right)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        together = all if isinstance(node.op, ast.And) else any
        return together(self.visit(value) for value in node.values)

    def visit_Compare(self, node: ast.Compare) -> bool:
        values = [self.visit(node.left), *map(self.visit, node.comparators)]
        pairs = zip(node.ops, values[:-1], values[1:], strict=True)
        return all(_COMPARE[type(sign)](left, right) for sign, left, right in pairs)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        return self.visit(node.body if self.visit(node.test) else node.orelse)

    def visit_List(self, node: ast.List) -> list[Any]:
        return [self.visit(value) for value in node.elts]

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        return self.visit(node.value)[self.visit(node.slice)]

    def visit_Call(self, node: ast.Call) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _FUNCTIONS or node.keywords:
            raise TemplateFault(f"The function {name or '?'} is not known to templates.")
        return _FUNCTIONS[name](*(self.visit(argument) for argument in node.args))
