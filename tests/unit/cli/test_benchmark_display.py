from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.cli.benchmark_display import seconds_left
from masterx.cli.output import dollars
from masterx.records.money import NanoDollars


@pytest.mark.parametrize(
    ("nanos", "text"),
    [(0, "$0.00"), (1, "$0.000000001"), (28_800, "$0.000029"), (340_000, "$0.00034"), (12_500_000_000, "$12.50")],
)
def test_small_amounts_have_two_digits_and_no_exponent(nanos: int, text: str) -> None:
    assert dollars(NanoDollars(nanos)) == text


def test_the_slowest_provider_says_how_long_it_takes() -> None:
    left = {"quick": 10, "slow": 90}
    assert seconds_left(left, Counter(quick=90, slow=10), 60) == pytest.approx(540)


def test_nobody_foretells_from_two_answers_or_from_none() -> None:
    assert seconds_left({"quick": 10, "slow": 98}, Counter(quick=90, slow=2), 60) is None
    assert seconds_left({"late": 100}, Counter(), 60) is None


def test_who_is_through_is_not_waited_for() -> None:
    assert seconds_left({"down": 0, "good": 50}, Counter(good=50), 60) == pytest.approx(60)
    assert seconds_left({"down": 0}, Counter(), 60) is None


@given(left=st.integers(1, 500), answered=st.integers(3, 500), elapsed=st.floats(0.1, 1e5))
def test_a_steady_provider_takes_as_long_for_each_test(left: int, answered: int, elapsed: float) -> None:
    found = seconds_left({"one": left}, Counter(one=answered), elapsed)
    assert found == pytest.approx(left * elapsed / answered)
