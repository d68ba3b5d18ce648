"""Lists in answers: where one entry ends and the next begins."""

from __future__ import annotations

import re

from masterx.practice.grading.verdicts import Unreadable

_OPENING, _CLOSING = "([{", ")]}"
MAX_PIECES = 20


def strip_wrapping(text: str) -> tuple[str, str, str, str] | None:
    """Opening bracket, inside, closing bracket and name of `(2, 3)`, `P(2|3)`, `[1, 2)`, `]1, 2[`; else None."""
    found = re.match(r"^([A-Za-z]?)\s?([(\[{\]])(.*)([)\]}\[])$", text)
    if found is None or not found[3].strip():
        return None
    name, opening, inside, closing = found.groups()
    depth = 0
    for sign in inside:
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth < 0:
            return None
    if depth or (name and opening != "("):
        return None
    listed = opening == "{" or len(pieces(inside, several=True)) > 1
    return (opening, inside, closing, name) if listed else None


def pieces(text: str, *, several: bool) -> list[str]:
    """Entries between `or`, `and`, semicolons and commas outside brackets.

    A comma between two digits is a decimal comma, unless several entries are expected and no semicolon is there.
    """
    text = re.sub(r"\s+(?:or|and|&)\s+|\s*∨\s*", ";", text)
    if several and ";" not in text and text.count("|") == 1:
        text = text.replace("|", ";")
    semicolons = _split(text, ";")
    if len(semicolons) == 1 and several:
        return _checked(_split(text, ","))
    entries = [entry for part in semicolons for entry in _split(_decimal_commas(part), ",")]
    return _checked(entries)


def _decimal_commas(text: str) -> str:
    return re.sub(r"(?<=\d),(?=\d)", ".", text)


def _split(text: str, separator: str) -> list[str]:
    depth = 0
    found = [""]
    for sign in text:
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if sign == separator and depth == 0:
            found.append("")
        else:
            found[-1] += sign
    return found


def _checked(entries: list[str]) -> list[str]:
    entries = [entry.strip() for entry in entries]
    if not all(entries):
        raise Unreadable("An entry of your list is empty.")
    if len(entries) > MAX_PIECES:
        raise Unreadable("That list is too long.")
    return entries
