"""What a program prints: exact, but for white space that cannot be seen.

White space at the ends of lines, empty lines before and after, and the kind of line break make no difference; spaces
before the first line neither, and several spaces between words count as one, unless quotes or indentation are in play.
"""

from __future__ import annotations

import re

from masterx.practice.grading.verdicts import Grade, Task, accept, reject, unreadable

_ERROR_NAME = re.compile(r"[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Iteration|Warning)$")
_FENCE = re.compile(r"^\s*```[a-z]*\n(.*?)\n?```\s*$", re.DOTALL)
_NOTHING = frozenset({"nothing", "(nothing)", "no output", "nothing is printed", "it prints nothing", "empty"})


def grade_output(task: Task, answer: str) -> Grade:
    """Case, quotes and the number of lines count."""
    fenced = _FENCE.match(answer.replace("\r\n", "\n"))
    given, wanted = _lines(fenced[1] if fenced else answer), _lines(task.reference)
    if not wanted and " ".join(given).strip().lower().rstrip(".") in _NOTHING:
        return accept()
    if not given:
        return unreadable("Write what is printed; if nothing is, write `nothing`.")
    if given == wanted or [_spaced(line) for line in given] == [_spaced(line) for line in wanted]:
        return accept()
    if _is_error(given, wanted):
        return accept()
    return reject(_what_is_wrong(given, wanted))


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    while lines and not lines[0]:
        lines = lines[1:]
    while lines and not lines[-1]:
        lines = lines[:-1]
    return [lines[0].lstrip(), *lines[1:]] if len(lines) == 1 else lines


def _spaced(line: str) -> str:
    """With single spaces between words; indentation and text in quotes stay as they are."""
    indent = line[: len(line) - len(line.lstrip())]
    return line if re.search(r"['\"]", line) else indent + re.sub(r"(?<=\S)[ \t]+(?=\S)", " ", line.lstrip())


def _is_error(given: list[str], wanted: list[str]) -> bool:
    """Only the name of the error is asked for; its message may follow."""
    if len(wanted) != 1 or not _ERROR_NAME.match(wanted[0]):
        return False
    return re.match(rf"{re.escape(wanted[0])}\s*:", given[-1]) is not None


def _what_is_wrong(given: list[str], wanted: list[str]) -> str:
    mine, theirs = "\n".join(given), "\n".join(wanted)
    if mine.lower() == theirs.lower():
        return "Almost: capital and small letters count."
    if mine.strip("'\"") == theirs:
        return "Almost: print shows a text without its quotes."
    if re.sub(r"\s", "", mine) == re.sub(r"\s", "", theirs):
        return "Almost: the line breaks or spaces are not where the program puts them."
    if _as_number(mine) is not None and _as_number(mine) == _as_number(theirs):
        return "The value is right; is it an int or a float?"
    if len(given) != len(wanted):
        return "That is not the right number of lines."
    return "That is not what is printed."


def _as_number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d{1,15}(?:\.\d{1,15})?", text) else None
