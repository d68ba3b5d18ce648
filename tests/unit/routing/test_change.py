from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START

from masterx.routing.change import SURE, Reading, last_change

VALUES = st.lists(st.tuples(st.floats(0, 100), st.floats(0.5, 50)), max_size=20)


def readings(*values: float, variance: float = 4.0) -> list[Reading]:
    return [Reading(START + timedelta(hours=12 * place), value, variance) for place, value in enumerate(values)]


def at(place: int) -> datetime:
    return START + timedelta(hours=12 * place)


def test_a_fall_is_dated_and_measured() -> None:
    found = last_change(readings(80, 82, 79, 81, 65, 66))
    assert found is not None
    assert found.since == at(4)
    assert found.by == pytest.approx(-15.0)
    assert found.sureness == pytest.approx(15 / (4 / 4 + 4 / 2) ** 0.5)


def test_one_reading_shows_a_large_fall() -> None:
    found = last_change(readings(*[80.0] * 13, 65))
    assert found is not None
    assert found.since == at(13)


def test_chance_is_no_change() -> None:
    assert last_change(readings(80, 83, 78, 81, 77, 82)) is None


def test_of_several_the_last_is_found() -> None:
    found = last_change(readings(60, 61, 59, 80, 81, 79, 80, 60, 61))
    assert found is not None
    assert found.since == at(7)
    assert found.by < 0


def test_little_is_not_enough() -> None:
    assert last_change([]) is None
    assert last_change(readings(80)) is None
    together = [Reading(START, 80, 1), Reading(START, 20, 1)]
    assert last_change(together) is None


@given(VALUES, st.floats(-50, 50))
def test_only_differences_count(rows: list[tuple[float, float]], shift: float) -> None:
    plain = [Reading(START + timedelta(hours=place), *row) for place, row in enumerate(rows)]
    moved = [Reading(each.at, each.value + shift, each.variance) for each in plain]
    if last_change(plain, sure=SURE + 1e-6) is not None:
        assert last_change(moved) is not None


@given(VALUES)
def test_a_change_is_sure_lies_within_the_readings_and_needs_no_order(rows: list[tuple[float, float]]) -> None:
    known = [Reading(START + timedelta(hours=place), *row) for place, row in enumerate(rows)]
    found = last_change(known)
    assert last_change(known[::-1]) == found
    if found is not None:
        assert found.sureness >= SURE
        assert known[0].at < found.since <= known[-1].at
        assert abs(found.by) <= 100


@given(VALUES, st.floats(1.0, 10.0))
def test_more_noise_never_makes_a_change(rows: list[tuple[float, float]], more: float) -> None:
    known = [Reading(START + timedelta(hours=place), *row) for place, row in enumerate(rows)]
    noisy = [Reading(each.at, each.value, each.variance * more) for each in known]
    if last_change(known) is None:
        assert last_change(noisy) is None
