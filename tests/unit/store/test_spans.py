from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.store.spans import Unit, floored, following, stretches

MOMENTS = st.datetimes(datetime(2023, 12, 1), datetime(2027, 2, 1), timezones=st.just(UTC))  # noqa: DTZ001 (zone beside)
UNITS = st.sampled_from(
    [("day", "hour"), ("month", "day"), ("month", "day", "hour"), ("hour",), ("day",), ()],
)


@given(since=MOMENTS, until=MOMENTS, units=UNITS)
def test_a_span_is_covered_once(since: datetime, until: datetime, units: tuple[Unit, ...]) -> None:
    found = stretches(since, until, units)
    if since >= until:
        assert found == []
        return
    assert (found[0].since, found[-1].until) == (since, until)
    assert all(earlier.until == later.since for earlier, later in pairwise(found))
    assert all(one.since < one.until for one in found)


@given(since=MOMENTS, until=MOMENTS, units=UNITS)
def test_whole_units_begin_and_end_where_theirs_do(since: datetime, until: datetime, units: tuple[Unit, ...]) -> None:
    for one in stretches(since, until, units):
        if one.unit != "moment":
            assert floored(one.since, one.unit) == one.since
            assert floored(one.until, one.unit) == one.until
        elif units:
            # Nothing that is left could be taken by the smallest unit.
            start = floored(one.since, units[-1])
            start = start if start == one.since else following(start, units[-1])
            assert following(start, units[-1]) > one.until


@pytest.mark.parametrize(
    ("moment", "unit", "start", "after"),
    [
        ("2026-03-14T15:09:26+00:00", "hour", "2026-03-14T15:00:00+00:00", "2026-03-14T16:00:00+00:00"),
        ("2026-03-14T23:30:00-03:00", "day", "2026-03-15T00:00:00+00:00", "2026-03-16T00:00:00+00:00"),
        ("2026-01-31T23:59:59+00:00", "month", "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"),
        ("2024-02-29T00:00:00+00:00", "month", "2024-02-01T00:00:00+00:00", "2024-03-01T00:00:00+00:00"),
        ("2026-12-31T00:00:00+00:00", "month", "2026-12-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"),
    ],
)
def test_units_are_those_of_the_utc_calendar(moment: str, unit: Unit, start: str, after: str) -> None:
    began = floored(datetime.fromisoformat(moment), unit)
    assert began.isoformat() == start
    assert following(began, unit).isoformat() == after


def test_the_end_of_time_is_no_fault() -> None:
    end = datetime.max.replace(tzinfo=UTC)
    (edge,) = stretches(end - timedelta(minutes=1), end, ("day", "hour"))
    assert edge.unit == "moment"
    assert stretches(datetime(2026, 3, 1, tzinfo=UTC), end, ("day", "hour"))[0].unit == "day"
