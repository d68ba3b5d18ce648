"""What an answer says about a program that we gave it: its output, or the line that is wrong. Nothing is run here."""

from __future__ import annotations

import re
from typing import Final

from masterx.routing.benchmarks.grading.checks import BugLineCheck, OutputCheck
from masterx.routing.benchmarks.grading.final_answers import MOST_DECLARED, block_after_marker, declared, last_line
from masterx.routing.benchmarks.grading.verdicts import Finding

UNDECLARED: Final = 0.9
PARTLY: Final = 0.5
"""The most that an output of several lines gets while one of them is wrong."""
LINE_NUMBER: Final = re.compile(r"(?:\blines?\s*(?:number\s*|no\.?\s*|#\s*)?|\bL)(\d{1,4})\b", re.IGNORECASE)
BARE_NUMBER: Final = re.compile(r"^\W{0,4}(\d{1,4})(?![\d.]*\d)")


def grade_output(check: OutputCheck, answer: str) -> Finding:
    expected = _lines(check.expected)
    stated = _stated_output(answer, len(expected))
    if stated is None:
        return Finding(0, "It does not say what the program prints.")
    if stated == expected:
        return Finding(1, "The output is predicted rightly.")
    if len(expected) == 1 and len(stated) == 1 and _unquoted(stated[0]) == expected[0]:
        return Finding(1, "The output is predicted rightly.")
    right = sum(one == other for one, other in zip(stated, expected, strict=False))
    share = PARTLY * right / max(len(expected), len(stated)) if len(expected) > 1 else 0.0
    return Finding(share, f"{right} of {len(expected)} lines of output are as the program prints them.")


def _stated_output(answer: str, length: int) -> list[str] | None:
    if length == 1:
        found = declared(answer)
        if len(set(found)) > MOST_DECLARED:
            return None
        if found:
            return [_inline(found[-1])]
        block = block_after_marker(answer)
        if block is not None and len(_lines(block)) == 1:
            return _lines(block)
        kept = [line for line in answer.splitlines() if line.strip()]
        return [_inline(last_line(answer))] if len(kept) == 1 else None
    block = block_after_marker(answer)
    return None if block is None else _lines(block)


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.strip("\n").split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _inline(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "`":
        text = text.strip("`")
    return text.strip()


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text.removesuffix(".")


def grade_bug_line(check: BugLineCheck, answer: str) -> Finding:
    found = declared(answer)
    if found:
        named = [_numbers(text) for text in found]
        if len(set(named)) > MOST_DECLARED:
            return Finding(0, "It declares several different lines and settles on none.")
        numbers, most = named[-1], 1.0
    else:
        numbers, most = frozenset(int(number) for number in LINE_NUMBER.findall(answer)), UNDECLARED
        if not numbers and len(answer.split()) == 1:
            numbers = _numbers(answer)
    if len(numbers) != 1:
        return Finding(0, "It does not name one line.")
    (number,) = numbers
    if number not in check.lines:
        return Finding(0, f"It names line {number}, which is not the wrong one.")
    return Finding(most, "It names the line with the mistake.")


def _numbers(text: str) -> frozenset[int]:
    """Line numbers of an answer line: those behind the word `line`, else the number that it begins with."""
    named = frozenset(int(number) for number in LINE_NUMBER.findall(text))
    if named:
        return named
    if bare := BARE_NUMBER.match(text):
        if re.match(r"\s*(?:,|or|and|&|-|–|to)\s*\d", text[bare.end() :]):
            return frozenset()
        return frozenset({int(bare[1])})
    return frozenset()
