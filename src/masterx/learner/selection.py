"""Which item comes next: by information in a placement, within the zone and then by information in practice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masterx.learner.ability import GRID, Ability
from masterx.learner.difficulty import USUAL, ZONE
from masterx.learner.irt import Floats, ItemParameters, logistics

CLOSE = 0.03
"""Predicted successes as near the target as this, then twice this and so on, are told apart by information alone. The
more informative is the harder one, so that a wider step takes what a learner asks for back again."""
AMONG = 2
"""One of so many best is drawn, so that no item is everybody's (Kingsbury and Zara 1989, "randomesque")."""
PLACEMENT_ERROR = 0.40
"""A placement stops when the standard error is this small,"""
PLACEMENT_ITEMS = 20
"""or after so many items."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What hundreds of items promise at each point of the grid, worked out once: one row each."""

    successes: Floats
    informations: Floats

    def __len__(self) -> int:
        return len(self.successes)

    def without(self, index: int) -> Candidates:
        return Candidates(np.delete(self.successes, index, axis=0), np.delete(self.informations, index, axis=0))


def candidates_of(items: Sequence[ItemParameters]) -> Candidates:
    discriminations = np.array([each.discrimination for each in items], dtype=np.float64)[:, None]
    difficulties = np.array([each.difficulty for each in items], dtype=np.float64)[:, None]
    successes = logistics(discriminations * (GRID[None, :] - difficulties))
    return Candidates(successes, discriminations**2 * successes * (1.0 - successes))


def success_and_information(ability: Ability, items: Candidates) -> tuple[Floats, Floats]:
    """Of each item, averaged over the posterior."""
    return items.successes @ ability.weights, items.informations @ ability.weights


def shifted(success: Floats, shifts: Sequence[float]) -> Floats:
    """Chances moved by so much on the logit's scale."""
    inside = np.clip(success, 1e-6, 1 - 1e-6)
    return logistics(np.log(inside / (1 - inside)) + np.asarray(shifts, dtype=np.float64))


def practice_order(
    ability: Ability,
    items: Candidates,
    target: float = USUAL,
    exposures: Sequence[int] = (),
    shifts: Sequence[float] = (),
) -> list[int]:
    """Indices of the items, the best to practise next first.

    First those in the zone, by steps of their distance from the target and within a step the most informative first;
    then the rest by their distance from the zone. `exposures` says how often each item was shown of late, to anybody:
    an item shown more often than the average gives way in proportion. `shifts` are what the learner's history adds to
    the logit of success with each item.
    """
    success, information = success_and_information(ability, items)
    if len(shifts) == len(items):
        success = shifted(success, shifts)
    step = np.floor(np.abs(success - target) / CLOSE)
    in_zone = (success >= ZONE[0]) & (success <= ZONE[1])
    outside = np.maximum(ZONE[0] - success, success - ZONE[1])
    worth = information * _freshness(exposures, len(items))
    within = np.where(in_zone, -worth, outside)
    return [int(index) for index in np.lexsort((within, np.where(in_zone, step, np.inf)))]


def placement_order(ability: Ability, items: Candidates, exposures: Sequence[int] = ()) -> list[int]:
    """Indices of the items, the most informative about this learner first."""
    _, information = success_and_information(ability, items)
    worth = information * _freshness(exposures, len(items))
    return [int(index) for index in np.argsort(-worth, kind="stable")]


def drawn(order: Sequence[int], rng: random.Random, among: int = AMONG) -> int:
    """One of the best few of an order that is not empty."""
    return order[rng.randrange(min(max(among, 1), len(order)))]


def next_item(
    ability: Ability,
    items: Candidates,
    rng: random.Random,
    target: float = USUAL,
    exposures: Sequence[int] = (),
    shifts: Sequence[float] = (),
) -> int | None:
    """The index of the item to practise next; None without items."""
    return drawn(practice_order(ability, items, target, exposures, shifts), rng) if len(items) else None


def placement_is_done(ability: Ability, answered: int) -> bool:
    return ability.standard_error <= PLACEMENT_ERROR or answered >= PLACEMENT_ITEMS


def _freshness(exposures: Sequence[int], count: int) -> Floats:
    """1 for items shown no more than the average, less for the others."""
    if len(exposures) != count or count == 0:
        return np.ones(count)
    shown = np.asarray(exposures, dtype=np.float64)
    result: Floats = (shown.mean() + 1.0) / np.maximum(shown + 1.0, shown.mean() + 1.0)
    return result
