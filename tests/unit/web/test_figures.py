from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.records.money import NanoDollars
from masterx.web.figures import ago, cap_amount, count, duration, money, percent, when

NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (0, "$0.00"),
        (1, "$0.000000001"),
        (2_500, "$0.000003"),
        (3_100_000, "$0.0031"),
        (94_000_000, "$0.0940"),
        (95_000_000, "$0.10"),
        (1_204_230_000_000, "$1,204.23"),
    ],
)
def test_money_has_as_many_digits_as_say_something(nanos: int, text: str) -> None:
    assert money(NanoDollars(nanos)) == text


@given(st.integers(1, 10**15))
def test_what_costs_something_is_never_shown_as_nothing(nanos: int) -> None:
    assert any(digit in "123456789" for digit in money(NanoDollars(nanos)))


@pytest.mark.parametrize(
    ("nanos", "text"), [(20_000_000_000, "$20"), (500_000_000, "$0.50"), (1_500, "$0.000002"), (0, "$0")]
)
def test_caps_are_written_as_people_set_them(nanos: int, text: str) -> None:
    assert cap_amount(NanoDollars(nanos)) == text


def test_counts_are_short_from_a_million_on() -> None:
    assert [count(number) for number in (0, 18_204, 31_600_000)] == ["0", "18,204", "31.6 M"]


@given(st.floats(0, 1, exclude_min=True, exclude_max=True), st.integers(0, 2))
def test_all_and_none_are_said_of_nothing_else(share: float, digits: int) -> None:
    assert percent(share, digits) not in {percent(0, digits), percent(1, digits)}


def test_durations_and_moments() -> None:
    assert [duration(value) for value in (12, 400, 8_400)] == ["12 ms", "0.4 s", "8.4 s"]
    past = [NOW - timedelta(seconds=seconds) for seconds in (-5, 0, 45, 720, 10_800, 172_800, 1_036_800)]
    assert [ago(moment, NOW) for moment in past] == [
        *("just now", "just now", "45 s ago", "12 min ago", "3 h ago", "2 days ago", "12 days ago")
    ]
    zone = ZoneInfo("Europe/Berlin")
    moments = [NOW + timedelta(hours=hours) for hours in (1, 9, -20, 24 * 20)]
    assert [when(moment, zone, NOW) for moment in moments] == [
        *("17:09", "tomorrow 01:09", "yesterday 20:09", "3 April, 17:09")
    ]
