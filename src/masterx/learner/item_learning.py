"""How an item's difficulty is learned from answers: authored at first, then moved in clamped, bounded steps."""

from __future__ import annotations

from dataclasses import dataclass

from masterx.errors import InvalidInput
from masterx.learner.ability import Ability
from masterx.learner.irt import DIFFICULTIES, ItemParameters, clamped

AUTHORED_ERROR = 0.7
"""How far an author's difficulty is off, as a standard deviation."""
LONGEST_STEP = 0.25
FARTHEST = 2.0
"""From the authored difficulty: no stream of answers moves an item beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedItem:
    """The difficulty of one item, its error, and what its author said."""

    authored: ItemParameters
    difficulty: float
    difficulty_error: float = AUTHORED_ERROR
    responses: int = 0

    @property
    def parameters(self) -> ItemParameters:
        return ItemParameters(self.authored.discrimination, self.difficulty)


def authored(parameters: ItemParameters) -> LearnedItem:
    return LearnedItem(authored=parameters, difficulty=parameters.difficulty)


def learned(item: LearnedItem, ability: Ability, score: float) -> LearnedItem:
    """After one answer by a learner whose ability before it was this.

    A step of Newton's method on the log posterior of the difficulty. The learner's own uncertainty counts as noise: an
    answer of somebody unknown says less about the item.
    """
    if not 0.0 <= score <= 1.0:
        raise InvalidInput(f"A score is from 0 to 1, not {score!r}.")
    discrimination = item.authored.discrimination
    expected = ability.success_probability(item.parameters)
    plain = discrimination**2 * expected * (1.0 - expected)
    told = plain / (1.0 + plain * ability.standard_error**2)
    precision = item.difficulty_error**-2 + told
    step = discrimination * (expected - score) / (1.0 + plain * ability.standard_error**2) / precision
    near = (item.authored.difficulty - FARTHEST, item.authored.difficulty + FARTHEST)
    moved = clamped(item.difficulty + clamped(step, (-LONGEST_STEP, LONGEST_STEP)), near)
    return LearnedItem(
        authored=item.authored,
        difficulty=clamped(moved, DIFFICULTIES),
        difficulty_error=precision**-0.5,
        responses=item.responses + 1,
    )
