"""What a learner's standing changes in how the tutor answers: one table to read, as `strategy` is for moods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from masterx.learner.difficulty import HIGH_LOAD


class Standing(StrEnum):
    UNKNOWN = "unknown"
    """Too few answers: the band is most of the scale."""
    BEGINNING = "beginning"
    UNDER_WAY = "under_way"
    STRONG = "strong"


STRONG_FROM, UNDER_WAY_FROM = 0.65, 0.35
MIDDLE = 0.5
"""Of ability on the scale from 0 to 1: the chance of a right answer to an average item of the subject."""

STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.BEGINNING: "They are at the beginning of {subject}: everyday words, one step at a time, and a worked "
    "example with small whole numbers before any rule.",
    Standing.UNDER_WAY: "They know the basics of {subject}: name the rule, show one example, and leave the next step "
    "to them.",
    Standing.STRONG: "They are strong in {subject}: skip what is routine, be brief, and ask for the reason or for the "
    "case where the rule fails.",
}
"""Where nothing is known, nothing changes."""
HIGH_LOAD_LINE: Final = (
    "Their last questions were hard going: one idea only, at most five sentences, no new notation, and no second "
    "question."
)
MASTERED_LINE: Final = "They have mastered, so build on it without explaining it: {names}."
STRUGGLING_LINE: Final = "Not steady yet, so rebuild it in one sentence wherever it comes up: {names}."
DUE_LINE: Final = "They have not met this for a while; where it fits, let your example use it: {names}."
GOAL_LINE: Final = "The goal that they set themselves: {goal}."
OFFER_LINE: Final = (
    "Below your answer they will see a question of ours on “{skill}”, which the program grades. So end without a "
    "question of your own, and do not mention ours."
)
FACTS_LINE: Final = (
    "Worked out by the program and right: {facts} Never contradict this. Where they are to find it themselves, keep "
    "it to yourself and use it to judge what they say."
)
MOST_NAMES: Final = 4


def standing_of(level: float, band: tuple[float, float], *, sure: bool) -> Standing:
    """`level` and the `band` that holds the truth 95 % of the time are 0 to 1.

    A wide band that lies on one side of the middle says enough too.
    """
    if not sure and band[0] <= MIDDLE <= band[1]:
        return Standing.UNKNOWN
    if level >= STRONG_FROM:
        return Standing.STRONG
    return Standing.UNDER_WAY if level >= UNDER_WAY_FROM else Standing.BEGINNING


def instructions(
    standing: Standing,
    subject: str,
    *,
    load: float = 0.0,
    mastered: Sequence[str] = (),
    struggling: Sequence[str] = (),
    due: Sequence[str] = (),
    goal: str = "",
    offered: str = "",
    facts: Sequence[str] = (),
) -> str:
    """For the model, on a line each; empty where nothing changes. Names are those of skills."""
    lines = [STANDINGS[standing].format(subject=subject)] if standing in STANDINGS else []
    if load >= HIGH_LOAD:
        lines.append(HIGH_LOAD_LINE)
    for names, line in ((mastered, MASTERED_LINE), (struggling, STRUGGLING_LINE), (due, DUE_LINE)):
        if names:
            lines.append(line.format(names=", ".join(names[:MOST_NAMES])))
    if goal:
        lines.append(GOAL_LINE.format(goal=goal))
    if offered:
        lines.append(OFFER_LINE.format(skill=offered))
    if facts:
        lines.append(FACTS_LINE.format(facts=" ".join(facts)))
    return "\n".join(f"- {line}" for line in lines)
