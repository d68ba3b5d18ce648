"""Numbers written out in English: `minus twenty-one`, `three and a half`, `seven point two five`."""

from __future__ import annotations

import re
from fractions import Fraction

_UNITS = {
    name: value
    for value, name in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {"nought": 0, "nil": 0}
_TENS = dict(
    zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True)
)
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "hundredth": 100,
}  # fmt: skip


def read_number_words(text: str) -> tuple[Fraction, str] | None:
    """The number at the start, and what follows it; None where there is none."""
    words = [(word[0], word.end()) for word in re.finditer(r"[A-Za-z]+", text.replace("-", " "))]
    for count in range(min(len(words), 14), 0, -1):
        end = words[count - 1][1]
        if re.fullmatch(r"[A-Za-z\s,-]+", text[:end]):
            found = _value([word.lower() for word, _ in words[:count]])
            if found is not None:
                return found, text[end:]
    return None


def _value(words: list[str]) -> Fraction | None:
    if words[0] in {"minus", "negative"}:
        rest = _value(words[1:]) if len(words) > 1 else None
        return None if rest is None else -rest
    if "point" in words:
        return _decimal(words, words.index("point"))
    part = _part_of(words)
    if part is not None:
        return part
    if "and" in words:
        split = len(words) - 1 - words[::-1].index("and")
        whole, rest = _whole(words[:split]), _part_of(words[split + 1 :])
        if whole is not None and rest is not None:
            return whole + rest
    return _whole(words)


def _decimal(words: list[str], place: int) -> Fraction | None:
    whole = _whole(words[:place]) if place else Fraction(0)
    digits = [_UNITS.get(word, 10) for word in words[place + 1 :]]
    if whole is None or not digits or max(digits) > 9:
        return None
    return whole + Fraction(int("".join(map(str, digits))), 10 ** len(digits))


def _part_of(words: list[str]) -> Fraction | None:
    """`a half`, `three quarters`."""
    if not words:
        return None
    *before, last = words
    size = _PARTS.get(last) or _PARTS.get(last.removesuffix("s"))
    if size is None:
        return None
    top = Fraction(1) if before in ([], ["a"], ["an"]) else _whole(before)
    return None if top is None else top / size


def _whole(words: list[str]) -> Fraction | None:
    total = group = 0
    fresh = True
    for place, word in enumerate(words):
        if word in _UNITS and (fresh or (group % 10 == 0 and group % 100 >= 20 and _UNITS[word] < 10)):
            group += _UNITS[word]
        elif word in _TENS and fresh:
            group += _TENS[word]
        elif word == "hundred" and 0 < group < 10:
            group *= 100
        elif word in _SCALES and group:
            total, group = total + group * _SCALES[word], 0
        elif word == "a" and place == 0 and len(words) > 1:
            group = 1
        elif not (word == "and" and 0 < place < len(words) - 1 and (group % 100 == 0)):
            return None
        fresh = word in {"hundred", "and"} or word in _SCALES
    return Fraction(total + group) if words and words != ["a"] else None
