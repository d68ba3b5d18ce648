"""How likely the next answer is right: by ability in the subject, and what was answered in the skill and the item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from masterx.learner.ability import Ability
from masterx.learner.history import History
from masterx.learner.irt import ItemParameters, logistic, logit
from masterx.learner.prediction import success_chance
from masterx.practice.items import ItemTemplate
from masterx.practice.selection import parameters
from masterx.records.practice import PracticeResponse

RIGHT = 0.5
"""A score from here on counts as a right answer."""


def history_of(responses: Iterable[PracticeResponse]) -> History:
    """`responses` are newest first, as they are kept."""
    history = History()
    for each in reversed(list(responses)):
        expected = each.theta_before - each.difficulty
        history.record(each.skill, each.item_id, each.score >= RIGHT, expected, logistic(expected))
    return history


def shifts(
    ability: Ability,
    history: History,
    items: Sequence[ItemTemplate],
    calibrated: Mapping[str, ItemParameters],
) -> dict[str, float]:
    """By how much, in logits, each item is likelier to be answered right than ability in the subject alone says."""
    if not history.answered:
        return {}
    found = {}
    for item in items:
        known = parameters(item, calibrated)
        chance = success_chance(ability, history, known, item.skill, item.id)
        found[item.id] = logit(chance) - logit(ability.success_probability(known))
    return found
