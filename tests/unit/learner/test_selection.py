from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.learner.ability import Ability, prior
from masterx.learner.difficulty import ZONE
from masterx.learner.irt import ItemParameters, information
from masterx.learner.selection import (
    AMONG,
    CLOSE,
    PLACEMENT_ITEMS,
    candidates_of,
    drawn,
    next_item,
    placement_is_done,
    placement_order,
    practice_order,
    success_and_information,
)

items = st.lists(st.builds(ItemParameters, st.floats(0.3, 3), st.floats(-4, 4)), max_size=40)
abilities = st.builds(prior, st.floats(-3, 3), st.floats(0.1, 1))


@given(abilities, items, st.floats(*ZONE))
def test_practice_takes_the_zone_first(ability: Ability, bank: list[ItemParameters], target: float) -> None:
    candidates = candidates_of(bank)
    order = practice_order(ability, candidates, target)
    assert sorted(order) == list(range(len(bank)))
    if bank:
        success, worth = success_and_information(ability, candidates)
        inside = [ZONE[0] <= success[i] <= ZONE[1] for i in order]
        assert inside == sorted(inside, reverse=True)
        steps = [(abs(success[i] - target) // CLOSE, -worth[i]) for i in order[: sum(inside)]]
        assert steps == sorted(steps)


@given(items)
def test_placement_takes_the_most_informative(bank: list[ItemParameters]) -> None:
    ability = prior(-0.2, 0.05)
    order = placement_order(ability, candidates_of(bank))
    worth = [information(-0.2, bank[i]) for i in order]
    assert all(worth[i] >= worth[i + 1] - 0.02 for i in range(len(worth) - 1))


def test_an_item_of_everybody_gives_way() -> None:
    bank = [ItemParameters(1.05, -1.2), ItemParameters(1.0, -1.2), ItemParameters(1.0, -1.2)]
    candidates = candidates_of(bank)
    assert practice_order(prior(0, 0.2), candidates)[0] == 0
    assert practice_order(prior(0, 0.2), candidates, exposures=[50, 1, 2])[-1] == 0
    assert placement_order(prior(0, 0.2), candidates, exposures=[50, 1, 2])[-1] == 0
    assert practice_order(prior(0, 0.2), candidates, exposures=[50])[0] == 0, "counts that do not fit are no counts"


def test_learners_alike_get_different_items() -> None:
    rng = random.Random(4)
    bank = candidates_of([ItemParameters(1.0 + number / 100, -1.1) for number in range(10)])
    shown = Counter(next_item(prior(0, 0.2), bank, rng) for _ in range(300))
    assert set(shown) == {9, 8}
    assert max(shown.values()) < 200
    assert AMONG == 2


def test_nothing_to_choose_from() -> None:
    assert next_item(prior(), candidates_of([]), random.Random(1)) is None
    assert drawn([7], random.Random(1)) == 7


def test_without_drops_one() -> None:
    bank = candidates_of([ItemParameters(1.0, difficulty) for difficulty in (-1, 0, 1)])
    assert np.array_equal(bank.without(1).successes, bank.successes[[0, 2]])
    assert len(bank.without(1)) == 2


@pytest.mark.parametrize(
    ("deviation", "answered", "done"), [(1.0, 5, False), (0.39, 5, True), (1.0, PLACEMENT_ITEMS, True)]
)
def test_a_placement_ends(deviation: float, answered: int, done: bool) -> None:
    assert placement_is_done(prior(0, deviation), answered) is done
