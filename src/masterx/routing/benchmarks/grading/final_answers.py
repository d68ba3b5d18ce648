"""Where an answer commits itself: what it says behind its last `Answer:`."""

from __future__ import annotations

import re
from typing import Final

MARKED: Final = re.compile(
    r"^[\W_]{0,8}(?:my |the |final |correct )*answer(?: is)?[\s*_`]{0,6}[:=][\s*_`]{0,6}(.*)$", re.IGNORECASE
)
BOXED: Final = re.compile(r"\\boxed\s?\{")
MOST_DECLARED: Final = 2
"""An answer may correct itself once; who declares more different results has not settled on one."""
FENCE: Final = re.compile(r"^\s{0,3}(?:```|~~~)")


def declared(answer: str) -> list[str]:
    """What stands behind each `Answer:` or in each box, in order; the next line where that one is empty."""
    found: list[str] = []
    lines = answer.splitlines()
    for number, line in enumerate(lines):
        if len(line) < LONGEST_LINE and (marked := MARKED.match(line)):
            rest = _unwrapped(marked[1])
            if not rest:
                following = (_unwrapped(later) for later in lines[number + 1 :] if not FENCE.match(later))
                rest = next((later for later in following if later), "")
            if rest:
                found.append(rest[:LONGEST_DECLARED])
    return found or _boxed(answer)


LONGEST_LINE: Final = 2_000
LONGEST_DECLARED: Final = 400
"""Characters of an answer line that are read."""


def _unwrapped(text: str) -> str:
    return text.strip().strip("*_`").strip()


def _boxed(answer: str) -> list[str]:
    r"""What `\boxed{...}` holds, braces paired."""
    found = []
    for start in BOXED.finditer(answer):
        depth, at = 1, start.end()
        stop = min(len(answer), at + 200)
        while at < stop and depth:
            depth += {"{": 1, "}": -1}.get(answer[at], 0)
            at += 1
        if not depth:
            found.append(answer[start.end() : at - 1])
    return found


def block_after_marker(answer: str) -> str | None:
    """All behind the last `Answer:`; the code block there, where one is."""
    lines = answer.splitlines()
    marks = [number for number, line in enumerate(lines) if len(line) < LONGEST_LINE and MARKED.match(line)]
    if marks:
        first = MARKED.match(lines[marks[-1]])
        rest = [first[1] if first else "", *lines[marks[-1] + 1 :]]
        return last_block(rest) or "\n".join(rest)
    return last_block(lines)


def last_block(lines: list[str]) -> str | None:
    """What the last closed code fence holds."""
    fences = [number for number, line in enumerate(lines) if FENCE.match(line)]
    if len(fences) < 2:
        return None
    start, end = fences[-2:] if len(fences) % 2 == 0 else fences[-3:-1]
    return "\n".join(lines[start + 1 : end])


def last_line(answer: str) -> str:
    return next((line.strip() for line in reversed(answer.splitlines()) if line.strip()), "")
