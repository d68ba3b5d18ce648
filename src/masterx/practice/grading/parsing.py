"""A learner's formula, read by rules of our own: nothing is evaluated, no name is looked up anywhere.

Products without a sign are understood (`2x`, `3(x+1)`, `sin 2x`), from left to right: `1/2x` is half of x.
"""

from __future__ import annotations

from masterx.practice.grading.formulas import INVERSES, Formula, number
from masterx.practice.grading.lexing import Token, tokens
from masterx.practice.grading.verdicts import Unreadable

MAX_DEPTH = 40
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_END = Token("end", "")
_STARTS = frozenset({"symbol", "constant", "function", "(", "[", "{"})


def parse(text: str, names: frozenset[str] = frozenset(), *, tight: bool = False) -> Formula:
    """Raises `Unreadable` with a sentence for the learner.

    Args:
        text: As `notation.plain` returns it.
        names: Names of several letters that may occur.
        tight: Products without a sign bind closer than division: `1/2x` is then one over 2x.
    """
    parser = _Parser(tokens(text, names), tight)
    formula = parser.sum()
    if parser.next.kind != "end":
        raise Unreadable(f"There is something wrong at {parser.next.text!r}.")
    return formula


class _Parser:
    def __init__(self, found: list[Token], tight: bool) -> None:
        self._tokens = found
        self._tight = tight
        self._place = 0
        self._depth = 0
        self._bars = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._place] if self._place < len(self._tokens) else _END

    def _take(self) -> Token:
        token = self.next
        self._place += 1
        return token

    def sum(self) -> Formula:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable("That formula is nested too deeply.")
        parts = [self._signed()]
        while self.next.kind in {"+", "-"}:
            negative = self._take().kind == "-"
            part = self._signed() if self.next.kind == "-" else self._product()
            parts.append(Formula("negate", (part,)) if negative else part)
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Formula("add", tuple(parts))

    def _signed(self) -> Formula:
        if self.next.kind not in {"+", "-"}:
            return self._product()
        negative = self._take().kind == "-"
        if self.next.kind in {"+", "-"}:
            raise Unreadable("There are two signs in a row.")
        product = self._product()
        return Formula("negate", (product,)) if negative else product

    def _product(self) -> Formula:
        left = self._tight_product() if self._tight else self._factor()
        while True:
            if self.next.kind in {"*", "/"}:
                op = "multiply" if self._take().kind == "*" else "divide"
                right = self._tight_product() if self._tight else self._factor()
                left = Formula(op, (left, right))
            elif self._goes_on():
                left = Formula("multiply", (left, self._power()))
            else:
                return left

    def _tight_product(self) -> Formula:
        left = self._factor()
        while self._goes_on():
            left = Formula("multiply", (left, self._power()))
        return left

    def _goes_on(self) -> bool:
        """Whether a factor follows without a sign of multiplication."""
        before = self._tokens[self._place - 1]
        if self.next.kind == "number":
            if before.kind in {")", "]", "}"}:
                return True
            raise Unreadable(f"Is {before.text}{self.next.text} a product or a power? Write * or ^ between.")
        return self.next.kind in _STARTS or (self.next.kind == "|" and self._bars == 0)

    def _factor(self) -> Formula:
        if self.next.kind in {"-", "+"}:
            negative = self._take().kind == "-"
            if self.next.kind in {"+", "-"}:
                raise Unreadable("There are two signs in a row.")
            factor = self._power()
            return Formula("negate", (factor,)) if negative else factor
        return self._power()

    def _power(self) -> Formula:
        base = self._postfixed()
        if self.next.kind != "^":
            return base
        self._take()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable("That formula is nested too deeply.")
        power = Formula("power", (base, self._factor()))
        self._depth -= 1
        return power

    def _postfixed(self) -> Formula:
        formula = self._primary()
        while self.next.kind in {"!", "°", "%"}:
            sign = self._take().kind
            if sign == "%":
                formula = Formula("divide", (formula, number("100")))
            else:
                formula = Formula("factorial" if sign == "!" else "degree", (formula,))
        return formula

    def _primary(self) -> Formula:
        token = self._take()
        match token.kind:
            case "number":
                return self._number(token)
            case "symbol" | "constant":
                return Formula(token.kind, (), token.text)
            case "function":
                return self._call(token.text)
            case "(" | "[" | "{":
                return self._group(token.kind)
            case "|":
                return self._absolute()
            case "end":
                raise Unreadable("The formula breaks off.")
            case _:
                raise Unreadable(f"There is something wrong at {token.text!r}.")

    def _number(self, token: Token) -> Formula:
        """`3 1/2` is a mixed number."""
        rest = self._tokens[self._place : self._place + 3]
        mixed = [part.kind for part in rest] == ["number", "/", "number"] and rest[0].spaced
        if mixed and token.text.isdigit() and rest[0].text.isdigit() and rest[2].text.isdigit() and int(rest[2].text):
            self._place += 3
            top = int(token.text) * int(rest[2].text) + int(rest[0].text)
            return number(f"{top}/{rest[2].text}")
        return number(token.text)

    def _group(self, opening: str) -> Formula:
        bars, self._bars = self._bars, 0
        inside = self.sum()
        self._bars = bars
        if self._take().kind != _CLOSING[opening]:
            raise Unreadable("A bracket is not closed.")
        return inside

    def _absolute(self) -> Formula:
        self._bars += 1
        inside = self.sum()
        self._bars -= 1
        if self._take().kind != "|":
            raise Unreadable("A bar | is not closed.")
        return Formula("call", (inside,), "abs")

    def _call(self, name: str) -> Formula:
        power = None
        if self.next.kind == "^":
            self._take()
            power = self._factor()
            if name in INVERSES and power in {_MINUS_ONE, number("-1")}:
                name, power = INVERSES[name], None
        call = Formula("call", (self._argument(name),), name)
        return call if power is None else Formula("power", (call, power))

    def _argument(self, name: str) -> Formula:
        if self.next.kind in _CLOSING:
            return self._group(self._take().kind)
        if name in {"sqrt", "cbrt"}:
            return self._postfixed()
        argument = self._factor()
        while self.next.kind in _STARTS - {"function", "(", "[", "{"}:
            argument = Formula("multiply", (argument, self._power()))
        return argument


_MINUS_ONE = Formula("negate", (number("1"),))
