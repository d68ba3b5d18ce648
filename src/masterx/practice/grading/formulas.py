"""A formula as a tree: what the parser makes of a learner's text, and all that the algebra process is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FUNCTIONS = frozenset(
    {"sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "sinh", "cosh", "tanh"}
    | {"exp", "ln", "log", "sqrt", "cbrt", "abs", "factorial"}
)
SAME_FUNCTION = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "tg": "tan", "ctg": "cot", "cosec": "csc", "root": "sqrt",
    "sqr": "sqrt", "lg": "log10", "logten": "log10",
}  # fmt: skip
CONSTANTS = frozenset({"pi", "e", "oo"})
INVERSES = {"sin": "asin", "cos": "acos", "tan": "atan"}


@dataclass(frozen=True, slots=True)
class Formula:
    """`op` is number, symbol, constant, add, multiply, divide, power, negate, factorial, degree, or call."""

    op: str
    parts: tuple[Formula, ...] = ()
    text: str = ""
    """Digits of a number with at most one point, as a fraction too; the name of a symbol, constant or function."""

    def walk(self) -> Iterator[Formula]:
        yield self
        for part in self.parts:
            yield from part.walk()

    def symbols(self) -> frozenset[str]:
        return frozenset(part.text for part in self.walk() if part.op == "symbol")

    def calls(self) -> frozenset[str]:
        return frozenset(part.text for part in self.walk() if part.op == "call")

    def renamed(self, names: dict[str, str]) -> Formula:
        if self.op == "symbol":
            return Formula("symbol", (), names.get(self.text, self.text))
        return Formula(self.op, tuple(part.renamed(names) for part in self.parts), self.text)

    def as_json(self) -> list[Any]:
        return [self.op, self.text, [part.as_json() for part in self.parts]]


def number(text: str) -> Formula:
    return Formula("number", (), text)


def minus(first: Formula, second: Formula) -> Formula:
    return Formula("add", (first, Formula("negate", (second,))))
