"""Grading of JSON lines, for `masterx items grade --jsonl` and for checks: one object in, one object out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from masterx.practice.grading.grader import Grader, ReferenceUnreadable
from masterx.practice.grading.verdicts import AnswerKind, Task, Tolerance

MAX_REFERENCE = 4_000


class LineFault(Exception):
    """A line that cannot be graded; the text says why."""


def grade_line(line: str, grader: Grader) -> dict[str, Any]:
    """`{id, verdict, feedback}`, or `{id, error}` for a line at fault."""
    identity: Any = None
    try:
        row = json.loads(line)
        identity = row.get("id") if isinstance(row, dict) else None
        task, answer = read_row(row)
        grade = grader.grade(task, answer)
    except (ValueError, RecursionError):
        return {"id": identity, "error": "The line is no JSON."}
    except LineFault as fault:
        return {"id": identity, "error": str(fault)}
    except ReferenceUnreadable as fault:
        return {"id": identity, "error": f"The reference cannot be read: {fault}"}
    return {"id": identity, "verdict": grade.verdict.value, "feedback": grade.feedback}


def read_row(row: Any) -> tuple[Task, str]:
    """Raises `LineFault`. Numbers count as texts; `tolerance` and `unit` may be absent."""
    if not isinstance(row, dict):
        raise LineFault("The line is no JSON object.")
    try:
        kind = AnswerKind(str(row.get("kind")))
    except ValueError:
        raise LineFault(f"`kind` is one of {', '.join(AnswerKind)}.") from None
    reference, answer = _text(row, "reference"), _text(row, "answer", blank=True)
    if len(reference) > MAX_REFERENCE or (not reference.strip() and kind is not AnswerKind.OUTPUT):
        raise LineFault("`reference` is empty or too long.")
    question, unit = row.get("question") or "", row.get("unit") or None
    if not isinstance(question, str) or not isinstance(unit, str | None):
        raise LineFault("`question` and `unit` are texts.")
    return (
        Task(
            kind=kind,
            reference=reference,
            question=question,
            tolerance=read_tolerance(row.get("tolerance")),
            unit=unit,
            choices=_choices(row.get("choices") or row.get("options")),
        ),
        answer,
    )


def read_tolerance(given: Any) -> Tolerance:
    """A number is absolute; `1%` and `{"relative": 0.01}` are relative. Raises `LineFault`."""
    if given is None or given == "":
        return Tolerance()
    if isinstance(given, Mapping):
        both = (_bound(given.get(name) or 0) for name in ("absolute", "relative"))
        return Tolerance(*both)
    if isinstance(given, str):
        text = given.strip().lstrip("±").strip()
        relative = re.match(r"^(?:rel(?:ative)?[:=\s]*)?(.*?)\s*%$|^rel(?:ative)?[:=\s]*(.*)$", text)
        if relative is not None:
            return Tolerance(relative=_bound(relative[1]) / 100 if relative[1] is not None else _bound(relative[2]))
        return Tolerance(_bound(re.sub(r"^abs(?:olute)?[:=\s]*|\s*[A-Za-z°$€£/^²]+$", "", text)))
    return Tolerance(_bound(given))


def _bound(given: Any) -> Fraction:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise LineFault("`tolerance` is a number, a percentage or an object with absolute and relative.")
    try:
        bound = Fraction(str(given).strip().replace(",", "."))
    except (ValueError, ZeroDivisionError):
        raise LineFault("`tolerance` is no number.") from None
    if bound < 0:
        raise LineFault("`tolerance` is below zero.")
    return bound


def _text(row: Mapping[str, Any], name: str, *, blank: bool = False) -> str:
    value = row.get(name)
    if value is None and blank and name in row:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return repr(value)
    if not isinstance(value, str):
        raise LineFault(f"`{name}` is missing or no text.")
    return value


def _choices(given: Any) -> tuple[str, ...]:
    if isinstance(given, Mapping):
        given = list(given.values())
    if not isinstance(given, list) or not all(isinstance(one, str | int | float) for one in given):
        return ()
    return tuple(str(one) for one in given)
