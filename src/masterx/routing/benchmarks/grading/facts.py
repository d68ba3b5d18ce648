"""Facts that have to be said, and mistakes that must not be."""

from __future__ import annotations

from typing import Final

from masterx.routing.benchmarks.grading.checks import FactsCheck
from masterx.routing.benchmarks.grading.phrases import says
from masterx.routing.benchmarks.grading.verdicts import Finding
from masterx.routing.benchmarks.grading.words import sentences_of

FORBIDDEN_SHARE: Final = 0.3
"""What is left where a forbidden fact is said."""


def grade_facts(check: FactsCheck, answer: str) -> Finding:
    sentences = sentences_of(answer)
    if not sentences:
        return Finding(0, "It says nothing.")
    wanted = check.fewest or len(check.required)
    missing = [ways[0] for ways in check.required if not any(says(sentences, way, lenient=True) for way in ways)]
    share = min(1.0, (len(check.required) - len(missing)) / wanted) if wanted else 1.0
    said = next((phrase for phrase in check.forbidden if says(sentences, phrase)), None)
    if said is not None:
        return Finding(min(share, FORBIDDEN_SHARE), f"It says “{_shown(said)}”, which is wrong here.")
    if share < 1:
        return Finding(share, f"It does not say {', '.join(f'“{_shown(way)}”' for way in missing)}.")
    if not check.required:
        return Finding(1, "It avoids every known mistake.")
    return Finding(1, "It says what has to be said." if not missing else "It says enough of what can be said.")


def _shown(phrase: str) -> str:
    return phrase.replace("*", "").removeprefix("~").replace("...", " … ")
