"""Hint ladders: from the general idea to the last step before the answer, one step at a time."""

from __future__ import annotations

from dataclasses import dataclass

from masterx.practice.drawing import Item
from masterx.practice.items import Skill

COST_OF_A_HINT = 0.25
"""Part of an item's score that each step after the first takes away; the general idea is free."""
LEAST_SCORE = 0.25


@dataclass(frozen=True, slots=True)
class Hint:
    text: str
    step: int
    """From 1."""
    steps: int

    @property
    def is_last(self) -> bool:
        return self.step == self.steps


def ladder(item: Item, skill: Skill) -> tuple[str, ...]:
    return (skill.hint, *item.hints)


def hint(item: Item, skill: Skill, taken: int) -> Hint | None:
    """The next step after `taken` ones; None when there is no more, and the solution is what is left."""
    steps = ladder(item, skill)
    return Hint(steps[taken], taken + 1, len(steps)) if 0 <= taken < len(steps) else None


def score_after_hints(score: float, taken: int) -> float:
    """What an answer with this score is worth after so many steps of the ladder; a wrong one stays at its credit."""
    if score < 1:
        return score
    return max(LEAST_SCORE, 1 - COST_OF_A_HINT * max(taken - 1, 0))
