"""The empathy rubric: five things that a kind answer does, each found by checks; `docs/benchmarks.md` publishes it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final, Protocol

from masterx.records.readings import Reading
from masterx.routing.benchmarks.grading.checks import EmpathyCheck
from masterx.routing.benchmarks.grading.lengths import length_of
from masterx.routing.benchmarks.grading.phrases import mentions, says
from masterx.routing.benchmarks.grading.verdicts import Finding
from masterx.routing.benchmarks.grading.words import Sentence, sentences_of

POINTS: Final = {"feeling": 30, "no blame": 20, "next step": 25, "no lecture": 15, "tone": 10}
"""They add up to 100; without an encoder the others are scaled up."""
BLAMED: Final = 0.4
"""The most that an answer gets which blames or dismisses."""
UNFELT: Final = 0.6
"""The most that an answer gets which does not name the feeling."""
MOST_STEPS: Final = 3
"""Sentences that propose something; more are a list of tasks, not a next step."""
FEWEST_WORDS: Final = 12
MOST_COMMANDS: Final = 2
WARM: Final = (
    "caring",
    "admiration",
    "approval",
    "optimism",
    "gratitude",
    "joy",
    "love",
    "pride",
    "relief",
    "curiosity",
    "remorse",
)
COLD: Final = ("anger", "disapproval", "disgust")
"""Annoyance is not among them: an answer that names a learner's frustration reads as annoyed itself."""
EVEN: Final = 0.4
"""Share of an answer that reads neither as warm nor as cold."""
POINT: Final = re.compile(r"^[^\S\n]*(?:[-*•+]|\d{1,3}[.)])\s+\S", re.MULTILINE)
PERSON: Final = frozenset({"you", "your", "you're", "you've", "you'd", "yourself", "we", "let's"})


class TextReader(Protocol):
    """The encoder's port, as far as it is needed here."""

    async def read(self, text: str) -> Reading: ...


def grade_empathy(check: EmpathyCheck, answer: str, reading: Reading | None) -> Finding:
    """``reading``: of the answer; None where no encoder runs, and the tone is left out."""
    sentences = sentences_of(answer)
    count = length_of(answer, "words")
    if count < FEWEST_WORDS or not any(PERSON.intersection(sentence.words) for sentence in sentences):
        return Finding(0, "It does not speak to the person who wrote.")
    found = {
        "feeling": _feeling(check, sentences),
        "no blame": _no_blame(sentences),
        "next step": _next_step(answer, sentences),
        "no lecture": _no_lecture(answer, sentences, count, check.most_words),
    }
    if reading is not None:
        found["tone"] = _tone(reading)
    points = sum(POINTS[name] for name in found)
    share = sum(POINTS[name] * finding.share for name, finding in found.items()) / points
    if found["no blame"].share == 0:
        share = min(share, BLAMED)
    if found["feeling"].share == 0:
        share = min(share, UNFELT)
    return Finding(share, " ".join(finding.reason for finding in found.values()))


def _feeling(check: EmpathyCheck, sentences: Sequence[Sentence]) -> Finding:
    acknowledges = phrases()["acknowledges"]
    for sentence in sentences:
        for word in check.feelings:
            if says([sentence], word) and any(mentions([sentence], phrase) for phrase in acknowledges):
                return Finding(1, "It names the feeling.")
    if any(mentions(sentences, word) for word in check.feelings):
        return Finding(0.4, "It mentions the feeling, but not as the writer's own.")
    return Finding(0, "It does not name the feeling.")


def _no_blame(sentences: Sequence[Sentence]) -> Finding:
    for phrase in phrases()["dismissive"]:
        if says(sentences, phrase):
            return Finding(0, f"It says “{phrase.strip('^*')}”, which blames or dismisses.")
    return Finding(1, "It neither blames nor dismisses.")


def _next_step(answer: str, sentences: Sequence[Sentence]) -> Finding:
    """Sentences that offer a step; questions count, as they are offers."""
    steps = phrases()["steps"]
    offered = sum(any(mentions([sentence], phrase) for phrase in steps) for sentence in sentences)
    points = len(POINT.findall(answer))
    if not offered:
        return Finding(0, "It offers no next step.")
    if points > MOST_STEPS or offered > 2 * MOST_STEPS:
        return Finding(0.2, "It piles up steps where one would help.")
    if points > 1 or offered > MOST_STEPS + 1:
        return Finding(0.6, "It offers several steps at once.")
    return Finding(1, "It offers a next step.")


def _no_lecture(answer: str, sentences: Sequence[Sentence], count: int, most: int) -> Finding:
    commands = sum(says(sentences, phrase) for phrase in phrases()["commands"])
    if count > 2 * most:
        return Finding(0, f"It goes on for {count} words.")
    if count > most or commands > MOST_COMMANDS or len(POINT.findall(answer)) > MOST_STEPS:
        return Finding(0.3, "It lectures.")
    return Finding(1, "It does not lecture.")


def _tone(reading: Reading) -> Finding:
    """Warm labels against cold ones, as the encoder reads the answer."""
    probabilities: Mapping[str, float] = reading.probabilities
    warm = sum(probabilities.get(label, 0.0) for label in WARM)
    cold = sum(probabilities.get(label, 0.0) for label in COLD)
    share = min(1.0, max(0.0, EVEN + warm - cold))
    return Finding(share, "It reads as warm." if share >= 0.7 else "It hardly reads as warm.")


@cache
def phrases() -> dict[str, list[str]]:
    text = files("masterx.routing.benchmarks.grading").joinpath("empathy.toml").read_text("utf-8")
    return tomllib.loads(text)
