"""Two statements held against each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.formulas import Formula, minus
from masterx.practice.grading.statements import ANTIDERIVATIVE_CONSTANTS, Form, Interval, Statement, difference
from masterx.practice.grading.verdicts import Grade, Unreadable, accept, reject

_FUNCTION = re.compile(r"y|[a-zA-Z](?:\^[({]?-1[)}]?)?\([a-z]\)")


def _is_function(name: str) -> bool:
    """`y`, `f(x)`: names for the same thing, whichever the learner took."""
    return _FUNCTION.fullmatch(name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Raises `Unreadable` at what can be read in two ways, `TooLarge` at what cannot be settled."""

    algebra: Algebra
    known: frozenset[str]
    """Symbols of the reference."""
    imaginary: bool = False
    integral: bool = False
    wants_equation: bool = False
    wants_isolated: bool = False
    mentions_log: bool = False

    def adapt(self, given: Statement) -> Statement:
        """`X` for `x`, where the reference has only the other one."""
        return replace(
            given,
            formulas=tuple(self._adapted(formula) for formula in given.formulas),
            intervals=tuple(
                replace(one, low=one.low and self._adapted(one.low), high=one.high and self._adapted(one.high))
                for one in given.intervals
            ),
        )

    def _adapted(self, formula: Formula) -> Formula:
        names = {}
        for name in formula.symbols() - self.known:
            plain = name.replace("_", "")
            other = next((one for one in self.known if one in {name.swapcase(), plain}), None)
            if other is not None and other not in formula.symbols() and not (self.integral and name in "cCkK"):
                names[name] = other
        return formula.renamed(names) if names else formula

    def compare(self, reference: Statement, given: Statement) -> Grade:
        compare: dict[Form, Callable[[Statement, Statement], Grade]] = {
            Form.FORMULA: self._formula,
            Form.EQUATION: self._equation,
            Form.SET: self._set,
            Form.POINT: self._point,
            Form.REGION: self._region,
            Form.INEQUALITY: self._inequality,
        }
        if reference.form in compare:
            return compare[reference.form](reference, given)
        return accept() if given.form is reference.form else reject()

    def equal(self, first: Formula, second: Formula) -> bool:
        """With `log` read to base 10 and as ln, where it stands without a base."""
        if "log" not in first.calls() | second.calls():
            return self.algebra.are_equal(first, second, imaginary=self.imaginary)
        readings = [
            self.algebra.are_equal(first, second, imaginary=self.imaginary, natural=natural)
            for natural in (False, True)
        ]
        if readings[0] == readings[1] or (readings[0] and self.mentions_log):
            return readings[0]
        raise Unreadable("The sign log has two meanings; write ln, or log10.")

    def _formula(self, reference: Statement, given: Statement) -> Grade:
        wanted = reference.formulas[0]
        if given.form is Form.SET and len(given.formulas) == 1:
            given = replace(given, form=Form.FORMULA)
        if given.form is Form.EQUATION:
            return self._against_equation(reference, given)
        if given.form is not Form.FORMULA:
            return reject("One expression is asked for.")
        if not self._same_name(reference.name, given.name):
            return self._turned_round(reference, given)
        if reference.name and not given.name and self.wants_equation:
            return reject(f"Write the whole equation, with {reference.name} = in front.", nearly=True)
        if self.integral:
            return self._antiderivative(wanted, given.formulas[0])
        return accept() if self.equal(wanted, given.formulas[0]) else self._wrong(wanted, given.formulas[0])

    def _same_name(self, wanted: str, given: str) -> bool:
        if not wanted:
            return given.replace(" ", "") not in self.known
        wanted, given = (name.replace(" ", "").replace("_", "") for name in (wanted, given))
        return not given or given.lower() == wanted.lower() or (_is_function(wanted) and _is_function(given))

    def _turned_round(self, reference: Statement, given: Statement) -> Grade:
        """An equation for another letter than the one that is asked for."""
        if not reference.name or not given.name or not reference.name.isalpha() or not given.name.isalpha():
            return reject()
        names = (reference.name, given.name)
        first, second = (
            minus(Formula("symbol", (), name), formula)
            for name, formula in zip(names, (reference.formulas[0], given.formulas[0]), strict=True)
        )
        if not self.algebra.ratio(first, second):
            return reject()
        return reject("That is still to be solved.", nearly=True) if self.wants_isolated else accept()

    def _against_equation(self, reference: Statement, given: Statement) -> Grade:
        """`2(x+2) = 2x+4` as an answer to an expression; `2x - y + 1 = 0` as one to y = 2x + 1."""
        wanted = reference.formulas[0]
        if not reference.name or given.name:
            right = all(self.equal(wanted, side) for side in given.formulas)
            return accept() if right else reject("The sides of your equation are not all right.")
        name = Formula("symbol", (), "y" if _is_function(reference.name) else reference.name)
        if len(given.formulas) != 2 or not self.algebra.ratio(minus(name, wanted), difference(given)):
            return reject()
        if self.wants_isolated:
            return reject(f"It is equal, but not yet solved for {reference.name}.", nearly=True)
        return accept()

    def _antiderivative(self, wanted: Formula, given: Formula) -> Grade:
        constants = ANTIDERIVATIVE_CONSTANTS
        variables = (wanted.symbols() | given.symbols()) - constants
        if wanted.symbols() & constants and not given.symbols() & constants:
            if variables and self.algebra.differ_by_constant(wanted, given, variables):
                return reject("The constant of integration is missing.", nearly=True)
            return reject()
        if not variables or not (given.symbols() & constants):
            return accept() if self.equal(wanted, given) else reject()
        same = self.algebra.differ_by_constant(wanted, given, variables)
        return accept() if same and given.symbols() & wanted.symbols() - constants == variables else reject()

    def _wrong(self, wanted: Formula, given: Formula) -> Grade:
        strange = sorted(given.symbols() - wanted.symbols())
        if strange and wanted.symbols():
            return reject(f"Your answer has the letter {strange[0]}, which does not belong there.")
        if self.equal(Formula("negate", (wanted,)), given):
            return reject("Everything has the wrong sign.")
        return reject()

    def _equation(self, reference: Statement, given: Statement) -> Grade:
        if given.form is Form.FORMULA and given.name:
            name = "y" if _is_function(given.name) else given.name
            if not name.isalpha():
                return reject()
            given = Statement(Form.EQUATION, (Formula("symbol", (), name), given.formulas[0]))
        if given.form is not Form.EQUATION or len(given.formulas) != 2 or len(reference.formulas) != 2:
            return reject("An equation is asked for.")
        return accept() if self.algebra.ratio(difference(reference), difference(given)) else reject()

    def _set(self, reference: Statement, given: Statement) -> Grade:
        if given.form is Form.NOTHING:
            return reject("There is a solution.")
        if given.form not in {Form.SET, Form.FORMULA, Form.POINT} or given.brackets == "[]":
            return reject("List the solutions, with commas between.")
        if given.name and reference.name and not self._same_name(reference.name, given.name) and "," in given.name:
            return reject()
        wanted, found = self._distinct(reference.formulas), self._distinct(given.formulas)
        hits = [any(self.equal(one, other) for other in found) for one in wanted]
        if all(hits) and len(found) == len(wanted):
            return accept()
        if all(hits):
            return reject("All solutions are there, and something that is none.")
        return reject("Part of it is right; check for more." if any(hits) else "That is not it.")

    def _distinct(self, formulas: tuple[Formula, ...]) -> list[Formula]:
        kept: list[Formula] = []
        for formula in formulas:
            if not any(self.equal(formula, other) for other in kept):
                kept.append(formula)
        return kept

    def _point(self, reference: Statement, given: Statement) -> Grade:
        if given.form is Form.SET and not given.name:
            given = replace(given, form=Form.POINT)
        if given.form is not Form.POINT:
            return reject(f"{len(reference.formulas)} values are asked for.")
        if given.brackets and reference.brackets and given.brackets != reference.brackets:
            return reject("Mind the kind of brackets.")
        if len(given.formulas) != len(reference.formulas):
            return reject(f"{len(reference.formulas)} values are asked for.")
        hits = [self.equal(one, other) for one, other in zip(reference.formulas, given.formulas, strict=True)]
        if all(hits):
            return accept()
        turned = zip(reference.formulas, given.formulas[::-1], strict=True)
        if all(self.equal(one, other) for one, other in turned):
            return reject("The values are right, their order is not.")
        return reject("Part of it is right." if any(hits) else "That is not it.")

    def _region(self, reference: Statement, given: Statement) -> Grade:
        if given.form is Form.INEQUALITY and reference.formulas:
            grade = self._inequality(reference, given)
            unsolved = grade.verdict == "accept" and self.wants_isolated
            return reject("That is still to be solved.", nearly=True) if unsolved else grade
        if given.form is not Form.REGION:
            return reject("A whole range is asked for: an inequality or an interval.")
        if reference.name and given.name and reference.name.lower() != given.name.lower():
            return reject()
        pairs = [self._bounds(one, other) for one in reference.intervals for other in given.intervals]
        count = len(reference.intervals)
        if len(given.intervals) == count and sum(same == (True, True) for same in pairs) == count:
            return accept()
        ends = any(same == (True, False) for same in pairs)
        return reject("The bounds are right; does each of them belong to it or not?" if ends else "That is not it.")

    def _bounds(self, one: Interval, other: Interval) -> tuple[bool, bool]:
        """Whether the bounds are the same, and whether the same of them belong to it."""
        sides = ((one.low, other.low), (one.high, other.high))
        for first, second in sides:
            if (first is None) != (second is None):
                return False, False
            if first is not None and second is not None and not self.equal(first, second):
                return False, False
        return True, (one.low_closed, one.high_closed) == (other.low_closed, other.high_closed)

    def _inequality(self, reference: Statement, given: Statement) -> Grade:
        if given.form not in {Form.INEQUALITY, Form.REGION} or not given.formulas:
            return reject("An inequality is asked for.")
        sign = self.algebra.ratio(difference(reference), difference(given))
        if given.brackets != reference.brackets or not sign or (sign < 0 and not given.brackets):
            return reject()
        if given.strict != reference.strict:
            return reject("Does the bound itself belong to it?")
        return accept()
