from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from masterx.learner.load import RECENT, Attempt, cognitive_load, error_run

attempts = st.lists(
    st.builds(
        Attempt,
        score=st.floats(0, 1),
        seconds=st.none() | st.floats(-10, 1e7),
        expected_seconds=st.none() | st.floats(-10, 1e7),
        hints=st.integers(-1, 9),
        hints_offered=st.integers(0, 4),
    ),
    max_size=12,
)
EASY = Attempt(score=1.0, seconds=30, expected_seconds=30)


@given(attempts)
@example([Attempt(score=0.0, seconds=5e-324, expected_seconds=2.0)])
def test_load_is_a_share(given_: list[Attempt]) -> None:
    assert 0 <= cognitive_load(given_) < 1


@given(attempts.filter(bool), st.integers(0, 11))
def test_slower_more_hints_or_worse_is_never_less_load(given_: list[Attempt], place: int) -> None:
    place %= len(given_)
    here = given_[place]
    worse = (
        replace(here, score=0.0),
        replace(here, hints=max(here.hints, 0) + 1, hints_offered=max(here.hints_offered, here.hints + 1)),
        replace(here, seconds=4e7, expected_seconds=1.0),
    )
    if here.hints_offered > here.hints >= 0:
        for each in worse:
            assert cognitive_load([*given_[:place], each, *given_[place + 1 :]]) >= cognitive_load(given_) - 1e-12


def test_the_examples_in_its_documentation() -> None:
    assert cognitive_load([]) == 0
    assert cognitive_load([replace(EASY, score=0.0), *[EASY] * 4]) == pytest.approx(0.12, abs=0.01)
    assert cognitive_load([Attempt(score=0, seconds=60, expected_seconds=30)] * 3) == pytest.approx(0.83, abs=0.01)


def test_only_the_newest_count() -> None:
    assert cognitive_load([Attempt(score=0)] * 20 + [EASY] * RECENT) == cognitive_load([EASY] * RECENT)


def test_runs_of_errors() -> None:
    wrong, right = Attempt(score=0.4), Attempt(score=0.5)
    assert [error_run(each) for each in ([], [wrong], [wrong, right], [right, wrong, wrong])] == [0, 1, 0, 2]
