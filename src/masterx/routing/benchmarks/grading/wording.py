"""Demands on the letters and words of an answer."""

from __future__ import annotations

from collections.abc import Iterator

from masterx.routing.benchmarks.grading.checks import WordingCheck
from masterx.routing.benchmarks.grading.phrases import mentions, places
from masterx.routing.benchmarks.grading.verdicts import Finding
from masterx.routing.benchmarks.grading.words import folded, sentences_of, words_of


def grade_wording(check: WordingCheck, answer: str) -> Finding:
    """The share of the demands that are met; a single one is met or not."""
    if not words_of(answer):
        return Finding(0, "It says nothing.")
    found = list(_demands(check, answer))
    faults = [fault for fault in found if fault]
    share = 1 - len(faults) / len(found)
    return Finding(share, " ".join(faults) or "It is worded as asked.")


def _demands(check: WordingCheck, answer: str) -> Iterator[str]:
    """For each demand what is wrong, or nothing."""
    text = folded(answer).strip().strip("*_`\"'“”").strip()
    if check.starts:
        yield "" if text.startswith(folded(check.starts)) else f"It does not begin with “{check.starts}”."
    if check.ends:
        yield "" if text.endswith(folded(check.ends)) else f"It does not end with “{check.ends}”."
    if check.avoids:
        sentences = sentences_of(answer)
        used = next((phrase for phrase in check.avoids if mentions(sentences, phrase)), None)
        yield "" if used is None else f"It uses “{used}”, which it should not."
    if check.avoids_letters:
        used = next((letter for letter in check.avoids_letters if letter in text), None)
        yield "" if used is None else f"It uses the letter {used}, which it should not."
    if check.acrostic:
        lines = (line for line in folded(answer).splitlines() if line.strip())
        firsts = "".join(next((letter for letter in line if letter.isalpha()), "") for line in lines)
        yield "" if firsts == check.acrostic else f"Its lines begin with {firsts[:40]!r}, not {check.acrostic!r}."
    words = words_of(answer)
    for word, times in check.times.items():
        count = sum(1 for _ in places(words, word))
        yield "" if count == times else f"“{word}” stands there {count} times, not {times}."
