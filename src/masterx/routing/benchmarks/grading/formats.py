"""The shape of an answer: JSON, a list, a table, code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from masterx.routing.benchmarks.grading.checks import FormatCheck
from masterx.routing.benchmarks.grading.final_answers import FENCE
from masterx.routing.benchmarks.grading.verdicts import Finding

BULLET: Final = re.compile(r"^[-*•+]\s+\S")
NUMBERED: Final = re.compile(r"^\d{1,3}[.)]\s+\S")
RULE: Final = re.compile(r"^\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?$")
TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
BESIDE: Final = 0.6
"""What is left where something stands beside the shape although nothing should."""
DEEPEST: Final = 40
"""Nesting of JSON beyond which it is not read."""


def grade_format(check: FormatCheck, answer: str) -> Finding:
    match check.shape:
        case "json":
            return _json(check, answer)
        case "bullets":
            return _list(check, answer, BULLET, "bullet points")
        case "numbered":
            return _list(check, answer, NUMBERED, "numbered points")
        case "table":
            return _table(check, answer)
        case "code":
            return _code(check, answer)


def _counted(check: FormatCheck, count: int, things: str, *, outside: bool) -> Finding:
    if not count:
        return Finding(0, f"It has no {things}.")
    if not check.least <= count <= check.most:
        wanted = str(check.least) if check.least == check.most else f"{check.least} to {check.most}"
        return Finding(0.3, f"It has {count} {things}, not {wanted}.")
    if check.only and outside:
        return Finding(BESIDE, f"It has {count} {things}, but other text beside them.")
    return Finding(1, f"It has {count} {things}, as asked.")


def _list(check: FormatCheck, answer: str, pattern: re.Pattern[str], things: str) -> Finding:
    """Points of the outermost level; indented ones are parts of the point above."""
    lines = [line for line in answer.splitlines() if line.strip()]
    indents = [len(line) - len(line.lstrip()) for line in lines if pattern.match(line.strip())]
    outermost = min(indents, default=0)
    count = sum(indent < outermost + 2 for indent in indents)
    outside = any(not pattern.match(line.strip()) and len(line) - len(line.lstrip()) <= outermost for line in lines)
    return _counted(check, count, things, outside=outside)


def _table(check: FormatCheck, answer: str) -> Finding:
    lines = [line.strip() for line in answer.splitlines() if not FENCE.match(line)]
    rule = next((number for number, line in enumerate(lines) if number and "|" in line and RULE.match(line)), None)
    if rule is None or "|" not in lines[rule - 1]:
        return Finding(0, "It has no table.")
    head = _cells(lines[rule - 1])
    rows = []
    for line in lines[rule + 1 :]:
        if "|" not in line:
            break
        rows.append(_cells(line))
    if check.columns and [cell.casefold() for cell in head] != [column.casefold() for column in check.columns]:
        return Finding(0.3, f"Its table has the columns {', '.join(head)[:200]}, not {', '.join(check.columns)}.")
    if any(len(row) != len(head) for row in rows):
        return Finding(0.3, "Rows of its table have more or fewer cells than the head.")
    outside = any(lines[: rule - 1]) or any(lines[rule + 1 + len(rows) :])
    return _counted(check, len(rows), "table rows", outside=outside)


def _cells(line: str) -> list[str]:
    return [cell.strip().strip("*_`") for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def _code(check: FormatCheck, answer: str) -> Finding:
    fences = [line.strip() for line in answer.splitlines() if FENCE.match(line)]
    opening = fences[::2]
    if not opening or len(fences) % 2:
        return Finding(0, "It has no closed code block.")
    named = [fence.strip("`~").strip().casefold() for fence in opening]
    if check.fence and check.fence.casefold() not in named:
        return Finding(0.3, f"No code block is marked as {check.fence}.")
    lines = answer.strip().splitlines()
    outside = not (FENCE.match(lines[0]) and FENCE.match(lines[-1]))
    return _counted(check, len(opening), "code blocks", outside=outside)


def _json(check: FormatCheck, answer: str) -> Finding:
    text, outside = _json_text(answer)
    if text is None or _depth(text) > DEEPEST:
        return Finding(0, "It holds no JSON.")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Finding(0, "Its JSON cannot be read.")
    if fault := next(_json_faults(check, value), ""):
        return Finding(0.3, fault)
    if check.only and outside:
        return Finding(BESIDE, "Its JSON is right, but other text stands beside it.")
    return Finding(1, "Its JSON is as asked.")


def _json_faults(check: FormatCheck, value: Any) -> Iterator[str]:
    if fault := _row_fault(check, value if isinstance(value, list) else [value]):
        yield fault
    for key, wanted in check.equals.items():
        if not isinstance(value, dict) or not _same(value.get(key), wanted):
            yield f"Its JSON has another value for {key}."
    if isinstance(value, list) and not check.least <= len(value) <= check.most:
        yield f"Its JSON has {len(value)} entries."


def _row_fault(check: FormatCheck, rows: list[Any]) -> str:
    if not check.keys:
        return ""
    for row in rows:
        if not isinstance(row, dict):
            return "Its JSON is no object."
        if set(row) != set(check.keys):
            return f"Its JSON has not exactly the keys {', '.join(check.keys)}."
        for key, name in check.keys.items():
            if not isinstance(row[key], TYPES[name]) or (name == "number" and isinstance(row[key], bool)):
                return f"In its JSON {key} is no {name}."
    return "" if rows else "Its JSON is empty."


def _same(given: object, wanted: object) -> bool:
    if isinstance(given, str) and isinstance(wanted, str):
        return given.strip().casefold() == wanted.strip().casefold()
    if isinstance(given, list) and isinstance(wanted, list):
        return len(given) == len(wanted) and all(map(_same, given, wanted))
    return given == wanted and isinstance(given, bool) == isinstance(wanted, bool)


def _json_text(answer: str) -> tuple[str | None, bool]:
    """The JSON and whether other text stands beside it; a code fence around it is none."""
    lines = answer.strip().splitlines()
    if len(lines) > 2 and FENCE.match(lines[0]) and FENCE.match(lines[-1]):
        return "\n".join(lines[1:-1]), False
    starts = [at for at in (answer.find("{"), answer.find("[")) if at >= 0]
    end = max(answer.rfind("}"), answer.rfind("]"))
    if not starts or end < min(starts):
        return None, True
    text = answer[min(starts) : end + 1]
    return text, text != answer.strip()


def _depth(text: str) -> int:
    """Brackets open at once, at most; those in strings count too."""
    depth = deepest = 0
    for letter in text:
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(letter, 0)
        deepest = max(deepest, depth)
    return deepest
