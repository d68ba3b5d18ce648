"""How long an answer is."""

from __future__ import annotations

import re
from typing import Final

from masterx.routing.benchmarks.grading.checks import LengthCheck
from masterx.routing.benchmarks.grading.verdicts import Finding
from masterx.routing.benchmarks.grading.words import sentences_of

WORD: Final = re.compile(r"[^\W_](?:[^\s]*[^\W_])?")
SLACK: Final = 0.5
"""Share of the bound beyond it at which nothing is left; between, the share falls evenly."""


def grade_length(check: LengthCheck, answer: str) -> Finding:
    count = length_of(answer, check.of)
    if not count and check.least == 0:
        return Finding(0, "It is empty.")
    if check.least <= count <= check.most:
        return Finding(1, f"It has {count} {check.of}, as asked.")
    bound = check.most if count > check.most else check.least
    beyond = abs(count - bound) / max(1.0, SLACK * bound)
    share = max(0.0, 1 - beyond) if check.of in {"words", "characters"} else 0.0
    asked = f"at most {check.most}" if count > check.most else f"at least {check.least}"
    return Finding(min(share, 0.9), f"It has {count} {check.of}; {asked} were asked for.")


def length_of(text: str, of: str) -> int:
    match of:
        case "words":
            return len(WORD.findall(text))
        case "sentences":
            return len(sentences_of(text))
        case "lines":
            return sum(bool(line.strip()) for line in text.splitlines())
        case "paragraphs":
            return len([part for part in re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n")) if part.strip()])
        case _:
            return len(text.strip())
