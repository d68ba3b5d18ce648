"""Which item of the bank comes next: allowed by its prerequisites, then by the learner model's order."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache

from masterx.learner.ability import Ability
from masterx.learner.difficulty import ZONE, Condition, target_success
from masterx.learner.irt import ItemParameters
from masterx.learner.selection import candidates_of, drawn, next_item, placement_order, shifted, success_and_information
from masterx.practice.bank_files import Bank
from masterx.practice.items import ItemTemplate, Skill

RECENT = 12
"""So many items back none comes again, as long as there are others."""


@cache
def _parameters(difficulty: float) -> ItemParameters:
    return ItemParameters(difficulty=difficulty)


def open_skills(bank: Bank, subject: str, mastered: Collection[str]) -> list[Skill]:
    """Skills of a subject whose prerequisites are all mastered, those not yet mastered first."""
    ready = [
        skill
        for skill in bank.skills.values()
        if skill.subject == subject and all(needed in mastered for needed in skill.needs)
    ]
    return sorted(ready, key=lambda skill: skill.id in mastered)


def choose_for_practice(
    bank: Bank,
    subject: str,
    ability: Ability,
    rng: random.Random,
    *,
    mastered: Collection[str] = (),
    passable: Collection[str] = (),
    recent: Collection[str] = (),
    exposures: Mapping[str, int] | None = None,
    calibrated: Mapping[str, ItemParameters] | None = None,
    condition: Condition | None = None,
    skill: str | None = None,
    shifts_of: Callable[[Sequence[ItemTemplate]], Mapping[str, float]] = lambda _items: {},
) -> ItemTemplate | None:
    """In the zone of 70 to 85 % success, the most informative and least exposed first; None without any item.

    `passable` are skills that others may build on, beside the `mastered` ones. `recent` are items that this learner met
    of late, which wait; `exposures` says how often items were shown of late, to anybody; `calibrated` are parameters
    learned from responses, the others have their authored difficulty. A `skill` that the learner chose is practised
    whatever its prerequisites. Where all that is open is too hard, what is mastered already comes again. `shifts_of`
    says what the learner's history adds to the logit of success with items.
    """
    ready = [one.id for one in open_skills(bank, subject, {*mastered, *passable})]
    tiers = [[skill]] if skill else [[one for one in ready if one not in mastered], ready]
    target = target_success(condition or Condition())
    chosen = None
    for allowed in tiers:
        items = _fresh([item for one in allowed for item in bank.of_skill(one)], recent)
        candidates = candidates_of([parameters(item, calibrated) for item in items])
        shown = [(exposures or {}).get(item.id, 0) for item in items]
        moved = shifts_of(items)
        shifts = [moved.get(item.id, 0.0) for item in items]
        place = next_item(ability, candidates, rng, target, shown, shifts)
        if place is None:
            continue
        chosen = items[place]
        if shifted(success_and_information(ability, candidates)[0], shifts)[place] >= ZONE[0]:
            break
    return chosen


def choose_for_placement(
    bank: Bank,
    subject: str,
    ability: Ability,
    rng: random.Random,
    *,
    answered: Collection[str] = (),
    exposures: Mapping[str, int] | None = None,
    calibrated: Mapping[str, ItemParameters] | None = None,
) -> ItemTemplate | None:
    """The most informative about this learner, of the whole subject; `placement_is_done` says when to stop."""
    of_subject = [item for item in bank.items.values() if bank.skills[item.skill].subject == subject]
    items = [item for item in of_subject if item.id not in answered]
    if not items:
        return None
    shown = [(exposures or {}).get(item.id, 0) for item in items]
    candidates = candidates_of([parameters(item, calibrated) for item in items])
    return items[drawn(placement_order(ability, candidates, shown), rng)]


def parameters(item: ItemTemplate, calibrated: Mapping[str, ItemParameters] | None = None) -> ItemParameters:
    """What was learned from responses, else what the author thought."""
    return (calibrated or {}).get(item.id) or _parameters(item.difficulty)


def _fresh(items: list[ItemTemplate], recent: Collection[str]) -> list[ItemTemplate]:
    """Without those met of late, unless nothing else is left."""
    late = list(recent)[-RECENT:]
    return [item for item in items if item.id not in late] or items
