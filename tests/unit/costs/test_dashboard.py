from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.costs.dashboard import checked_span, series_of, span_of
from masterx.errors import InvalidInput
from masterx.records.costs import CostPeriod, CostPoint, CostSpan, CostStep
from masterx.records.money import NanoDollars

MOMENTS = st.datetimes(datetime(2023, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 (zone beside)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


@given(now=MOMENTS, period=st.sampled_from(CostPeriod))
def test_a_period_holds_the_present(now: datetime, period: CostPeriod) -> None:
    span = span_of(period, now)
    assert span.since <= now < span.until


@pytest.mark.parametrize(
    ("period", "now", "since", "until"),
    [
        (CostPeriod.HOUR, "2026-03-14T15:59:59", "2026-03-14T15:00:00", "2026-03-14T16:00:00"),
        (CostPeriod.TODAY, "2026-12-31T23:00:00", "2026-12-31T00:00:00", "2027-01-01T00:00:00"),
        (CostPeriod.WEEK, "2026-03-16T00:00:00", "2026-03-16T00:00:00", "2026-03-23T00:00:00"),
        (CostPeriod.WEEK, "2026-03-01T12:00:00", "2026-02-23T00:00:00", "2026-03-02T00:00:00"),
        (CostPeriod.MONTH, "2024-02-29T12:00:00", "2024-02-01T00:00:00", "2024-03-01T00:00:00"),
        (CostPeriod.YEAR, "2026-03-14T15:09:26", "2025-04-01T00:00:00", "2026-04-01T00:00:00"),
        (CostPeriod.YEAR, "2026-12-14T15:09:26", "2026-01-01T00:00:00", "2027-01-01T00:00:00"),
        (CostPeriod.YEAR, "2026-01-31T15:09:26", "2025-02-01T00:00:00", "2026-02-01T00:00:00"),
    ],
)
def test_periods_are_those_of_the_calendar(period: CostPeriod, now: str, since: str, until: str) -> None:
    assert span_of(period, at(now)) == CostSpan(at(since), at(until))


@given(
    since=MOMENTS,
    length=st.timedeltas(timedelta(microseconds=1), timedelta(days=9)),
    step=st.sampled_from(CostStep),
    data=st.data(),
)
def test_a_series_has_every_step_once_and_loses_nothing(
    since: datetime, length: timedelta, step: CostStep, data: st.DataObject
) -> None:
    span = CostSpan(since, since + length)
    width = timedelta(hours=1) if step is CostStep.HOUR else timedelta(days=1)
    empty = series_of([], span, step)
    assert empty.starts[0] <= since < empty.starts[0] + width
    assert empty.starts[-1] < span.until <= empty.starts[-1] + width
    places = data.draw(st.lists(st.integers(0, len(empty.starts) - 1), max_size=6))
    points = [
        CostPoint(
            starts_at=empty.starts[place],
            provider=data.draw(st.sampled_from("ab")),
            requests=2,
            failed=0,
            tokens=0,
            cost=NanoDollars(place + 1),
            unpriced=0,
        )
        for place in places
    ]
    series = series_of(points, span, step)
    assert sum(series.cost) == sum(place + 1 for place in places)
    assert sum(series.requests) == 2 * len(places)
    assert {len(column) for column in (series.cost, *series.by_provider.values())} == {len(series.starts)}
    assert list(series.cost) == [sum(column) for column in zip(*series.by_provider.values(), strict=True)] or not points


def test_a_span_begins_before_it_ends_and_has_a_zone() -> None:
    start = at("2026-03-14T00:00:00")
    for since, until in ((start, start), (start, start - timedelta(days=1)), (start.replace(tzinfo=None), start)):
        with pytest.raises(InvalidInput):
            checked_span(since, until)
