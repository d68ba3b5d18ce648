"""What the grader understands of an answer while it is being written, as TeX to show beside the box."""

from __future__ import annotations

from masterx.practice.grading.exact import Value
from masterx.practice.grading.formulas import Formula
from masterx.practice.grading.notation import plain
from masterx.practice.grading.quantities import read_quantity
from masterx.practice.grading.statements import Form, Interval, Reading, Statement, names_in, read
from masterx.practice.grading.units import read_unit
from masterx.practice.grading.verdicts import MAX_FORMULA, AnswerKind, Task, TooLarge, Unreadable

_SUM, _PRODUCT, _SIGN, _POWER, _WHOLE = range(5)
"""How tightly a formula holds together; one that holds less than is needed gets brackets."""
_NAMED = frozenset(
    {"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "exp", "ln", "log", "arcsin", "arccos", "arctan"}
)
_INVERSE = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_CONSTANTS = {"pi": r"\pi", "oo": r"\infty", "e": "e"}
_GREEK = frozenset(
    {
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "theta",
        "lambda",
        "mu",
        "rho",
        "sigma",
        "tau",
        "phi",
        "psi",
        "omega",
    }
)
_READ = frozenset({AnswerKind.NUMBER, AnswerKind.EXPRESSION})


def reading_of(task: Task, answer: str) -> str:
    """TeX; empty where there is nothing to show yet. What is right plays no part in it, only how it will be read."""
    if task.kind not in _READ or not answer.strip() or len(answer) > MAX_FORMULA:
        return ""
    try:
        return _number(task, answer) or _statement(task, answer)
    except (Unreadable, TooLarge):
        return ""


def is_readable(task: Task) -> bool:
    """Whether the reference can be read as its kind; what is not, no answer could be held against."""
    if task.kind not in _READ:
        return True
    return bool(reading_of(task, task.reference))


def _number(task: Task, answer: str) -> str:
    if task.kind is not AnswerKind.NUMBER:
        return ""
    wanted = read_unit(plain(task.unit)) if task.unit else None
    try:
        given = read_quantity(plain(answer), f"{task.question} {task.unit or ''}", wanted)
    except Unreadable:
        return ""
    unit = rf"\;\text{{{_text(given.unit.name)}}}" if given.unit is not None else ""
    if len(given.readings) > 1:
        return r" \text{ or } ".join(f"{_decimal(each)}{unit}" for each in given.readings)
    return f"{tex(given.formula)}{unit}"


def _statement(task: Task, answer: str) -> str:
    try:
        form = read(task.reference, Reading(names_in(task.reference))).form
    except Unreadable:
        form = None
    statement = read(answer, Reading(names_in(task.reference), form))
    return _said(statement)


def _said(statement: Statement) -> str:  # noqa: PLR0911 (one for each form)
    parts = [tex(each) for each in statement.formulas]
    name = f"{_name(statement.name)} = " if statement.name else ""
    match statement.form:
        case Form.FORMULA:
            return f"{name}{parts[0]}"
        case Form.EQUATION:
            return " = ".join(parts)
        case Form.SET:
            return r" \text{ or } ".join(f"{name}{part}" for part in parts)
        case Form.POINT:
            return f"{name}({', '.join(parts)})"
        case Form.INEQUALITY:
            return f" {'>' if statement.strict else chr(92) + 'ge'} ".join(parts)
        case Form.REGION:
            inside = rf"{_name(statement.name)} \in " if statement.name else ""
            return inside + r" \cup ".join(_interval(each) for each in statement.intervals)
        case Form.NOTHING:
            return r"\text{no solution}"
        case Form.EVERYTHING:
            return r"\text{every number}"


def _interval(interval: Interval) -> str:
    low = r"-\infty" if interval.low is None else tex(interval.low)
    high = r"\infty" if interval.high is None else tex(interval.high)
    return f"{'[' if interval.low_closed else '('}{low}, {high}{']' if interval.high_closed else ')'}"


def tex(formula: Formula) -> str:
    return _tex(formula)[0]


def _tex(formula: Formula) -> tuple[str, int]:  # noqa: PLR0911 (one for each operation)
    """With how tightly it holds together."""
    parts = formula.parts
    match formula.op:
        case "number":
            top, slash, bottom = formula.text.partition("/")
            return (rf"\frac{{{top}}}{{{bottom}}}" if slash else formula.text), _WHOLE
        case "symbol" | "constant":
            return _CONSTANTS.get(formula.text) or _name(formula.text), _WHOLE
        case "add":
            return _added(parts), _SUM
        case "negate":
            return f"-{_within(parts[0], _PRODUCT)}", _SIGN
        case "multiply":
            return _multiplied(*parts), _PRODUCT
        case "divide":
            return rf"\frac{{{tex(parts[0])}}}{{{tex(parts[1])}}}", _POWER
        case "power":
            return f"{_within(parts[0], _WHOLE)}^{{{tex(parts[1])}}}", _POWER
        case "factorial":
            return f"{_within(parts[0], _WHOLE)}!", _POWER
        case "degree":
            return rf"{_within(parts[0], _WHOLE)}^{{\circ}}", _POWER
        case _:
            return _called(formula), _WHOLE


def _within(formula: Formula, needed: int) -> str:
    text, holds = _tex(formula)
    return text if holds >= needed else rf"\left({text}\right)"


def _added(parts: tuple[Formula, ...]) -> str:
    text = _within(parts[0], _PRODUCT)
    for part in parts[1:]:
        is_less = part.op == "negate"
        text += f" - {_within(part.parts[0], _PRODUCT)}" if is_less else f" + {_within(part, _PRODUCT)}"
    return text


def _multiplied(left: Formula, right: Formula) -> str:
    """A dot where two factors would run into each other, as in 2 · 3 and x · 2."""
    first, second = _within(left, _PRODUCT), _within(right, _POWER)
    return rf"{first} \cdot {second}" if second[:1].isdigit() or second[:2] == "\\f" else f"{first}\\,{second}"


def _called(formula: Formula) -> str:
    inside = ", ".join(tex(part) for part in formula.parts)
    name = _INVERSE.get(formula.text, formula.text)
    if name == "sqrt":
        return rf"\sqrt{{{inside}}}"
    if name == "cbrt":
        return rf"\sqrt[3]{{{inside}}}"
    if name == "abs":
        return rf"\left|{inside}\right|"
    if name == "log10":
        return rf"\log_{{10}}\left({inside}\right)"
    return (
        rf"{chr(92)}{name}\left({inside}\right)" if name in _NAMED else rf"\text{{{_text(name)}}}\left({inside}\right)"
    )


def _name(name: str) -> str:
    if name in _GREEK:
        return rf"\{name}"
    return name if len(name) == 1 and name.isalpha() else rf"\text{{{_text(name)}}}"


def _text(text: str) -> str:
    """Nothing of it can be a command."""
    text = text.replace("^2", "²").replace("^3", "³")
    kept = "".join(char for char in text if char.isalnum() or char in " .,()'/*°µΩ%€$-")
    return kept.replace("$", r"\$").replace("%", r"\%")


def _decimal(value: Value) -> str:
    return f"{float(value):g}"
