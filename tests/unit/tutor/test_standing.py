from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from masterx.learner.difficulty import HIGH_LOAD
from masterx.tutor.standing import (
    HIGH_LOAD_LINE,
    MOST_NAMES,
    STANDINGS,
    STRONG_FROM,
    UNDER_WAY_FROM,
    Standing,
    instructions,
    standing_of,
)

ORDER = [Standing.BEGINNING, Standing.UNDER_WAY, Standing.STRONG]


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_ability_never_means_a_lower_standing(one: float, other: float) -> None:
    low, high = sorted((one, other))
    band = (0.0, 1.0)
    assert ORDER.index(standing_of(low, band, sure=True)) <= ORDER.index(standing_of(high, band, sure=True))
    assert standing_of(one, band, sure=False) is Standing.UNKNOWN


def test_a_wide_band_on_one_side_of_the_middle_says_enough() -> None:
    assert standing_of(0.05, (0.0, 0.3), sure=False) is Standing.BEGINNING
    assert standing_of(0.9, (0.6, 1.0), sure=False) is Standing.STRONG


def test_nothing_known_changes_nothing() -> None:
    assert instructions(Standing.UNKNOWN, "mathematics") == ""


@given(st.floats(0, 1))
def test_load_is_spared_from_its_bound_on(load: float) -> None:
    assert (HIGH_LOAD_LINE in instructions(Standing.UNKNOWN, "x", load=load)) is (load >= HIGH_LOAD)


@given(st.sampled_from(list(Standing)), st.lists(st.sampled_from("abcdefgh"), max_size=8, unique=True))
def test_each_line_says_one_thing_and_lists_are_short(standing: Standing, names: list[str]) -> None:
    text = instructions(
        standing, "statistics", mastered=names, goal="to reach 75", offered="Powers", facts=["1 + 1 = 2."]
    )
    lines = text.split("\n")
    assert all(line.startswith("- ") for line in lines)
    assert len(lines) == (standing in STANDINGS) + bool(names) + 3
    assert text.count(", ".join(names[:MOST_NAMES])) >= 1
    assert UNDER_WAY_FROM < STRONG_FROM
