from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.learner.difficulty import (
    HIGH_LOAD,
    NOTICED,
    USUAL,
    ZONE,
    Condition,
    Mover,
    break_is_due,
    moved_by,
    target_difficulty,
    target_success,
)
from masterx.learner.irt import ItemParameters, success_probability

any_float = st.floats(allow_nan=True, allow_infinity=True)
share = st.floats(0, 1)


@given(any_float, any_float, any_float, any_float)
def test_the_target_stays_in_the_zone(frustration: float, load: float, flow: float, wish: float) -> None:
    condition = Condition(frustration=frustration, load=load, flow=flow, wish=wish)
    assert ZONE[0] <= target_success(condition) <= ZONE[1]


@given(share, share, share, share)
def test_frustration_eases_and_flow_hardens(frustration: float, more: float, load: float, flow: float) -> None:
    low, high = sorted((frustration, more))
    assert (
        target_success(Condition(frustration=low, load=load, flow=flow))
        <= target_success(Condition(frustration=high, load=load, flow=flow)) + 1e-12
    )
    low, high = sorted((flow, more))
    assert (
        target_success(Condition(frustration=frustration, flow=low))
        >= target_success(Condition(frustration=frustration, flow=high)) - 1e-12
    )


@given(share, share, share)
def test_a_wish_for_harder_questions_never_makes_them_easier(frustration: float, load: float, flow: float) -> None:
    easier, harder = (Condition(frustration=frustration, load=load, flow=flow, wish=wish) for wish in (-1.0, 1.0))
    assert target_success(harder) <= target_success(easier) + 1e-12


@given(share, share)
def test_a_wish_moves_the_target_its_own_way_and_up_to_an_end_of_the_zone(wish: float, more: float) -> None:
    less, most = sorted((wish, more))
    for way, end in ((1.0, ZONE[0]), (-1.0, ZONE[1])):
        nearer, farther = (target_success(Condition(wish=way * each)) for each in (most, less))
        assert abs(nearer - end) <= abs(farther - end) + 1e-12
        assert target_success(Condition(wish=way)) == pytest.approx(end)


@given(share, share, share, st.floats(-1, 1))
def test_what_is_said_to_have_moved_the_target_moved_it_that_way(
    frustration: float, load: float, flow: float, wish: float
) -> None:
    condition = Condition(frustration=frustration, load=load, flow=flow, wish=wish)
    moved, why = target_success(condition) - USUAL, moved_by(condition)
    assert (why is None) is (abs(moved) < NOTICED)
    if why is not None:
        assert (moved > 0) is (why in {Mover.MOOD, Mover.LOAD, Mover.EASIER})
    parts = {
        Mover.MOOD: frustration > 0,
        Mover.LOAD: load > HIGH_LOAD,
        Mover.FLOW: flow > 0,
        Mover.EASIER: wish < 0,
        Mover.HARDER: wish > 0,
    }
    assert why is None or parts[why]


def test_the_ends() -> None:
    assert target_success(Condition()) == USUAL
    assert target_success(Condition(frustration=1)) == pytest.approx(ZONE[1])
    assert target_success(Condition(load=1)) == pytest.approx(ZONE[1])
    assert target_success(Condition(flow=1)) == pytest.approx(ZONE[0])
    assert target_success(Condition(flow=1, frustration=1)) == pytest.approx(ZONE[1])
    assert target_success(Condition(load=0.5)) == USUAL


def test_the_difficulty_gives_the_success() -> None:
    easy = target_difficulty(0.4, Condition(frustration=1), 1.3)
    hard = target_difficulty(0.4, Condition(flow=1), 1.3)
    assert easy < hard < 0.4
    assert success_probability(0.4, ItemParameters(1.3, easy)) == pytest.approx(0.85)


@pytest.mark.parametrize(
    ("minutes", "condition", "due"),
    [
        (24, Condition(), False),
        (25, Condition(), True),
        (14, Condition(frustration=1), False),
        (15, Condition(frustration=0.7), True),
        (20, Condition(load=0.9), True),
        (20, Condition(flow=1), False),
    ],
)
def test_breaks(minutes: int, condition: Condition, due: bool) -> None:
    assert break_is_due(timedelta(minutes=minutes), condition) is due
