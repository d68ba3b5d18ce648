from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START

from masterx.clock import new_id
from masterx.records.health import BreakerState, HealthStatus, ProviderHealth
from masterx.routing.provider_table import HISTORY, SLOT, health_slots

MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (zone beside)


def snapshot(at: datetime, status: HealthStatus = HealthStatus.HEALTHY, rate: float | None = None) -> ProviderHealth:
    return ProviderHealth(
        id=new_id(at),
        provider="groq",
        timestamp=at,
        status=status,
        success_rate=rate,
        avg_response_time_ms=None,
        requests_last_hour=0,
        errors_last_hour=0,
        circuit_breaker_state=BreakerState.CLOSED,
    )


@given(now=MOMENTS, ages=st.lists(st.timedeltas(timedelta(0), 2 * HISTORY), max_size=9))
def test_every_quarter_of_a_day_is_there_once(now: datetime, ages: list[timedelta]) -> None:
    snapshots = sorted((snapshot(now - age) for age in ages), key=lambda one: one.timestamp)
    slots = health_slots(snapshots, now)
    assert len(slots) == HISTORY / SLOT
    assert all(later.starts_at - earlier.starts_at == SLOT for earlier, later in pairwise(slots))
    assert slots[-1].starts_at <= now < slots[-1].starts_at + SLOT
    held = {
        slot.starts_at for one in snapshots for slot in slots if slot.starts_at <= one.timestamp < slot.starts_at + SLOT
    }
    assert {slot.starts_at for slot in slots if slot.status is not None} == held


def test_a_slot_shows_the_worst_and_the_newest() -> None:
    start = START.replace(minute=0, second=0)
    snapshots = [
        snapshot(start, HealthStatus.HEALTHY, 1.0),
        snapshot(start + timedelta(minutes=1), HealthStatus.DOWN, 0.1),
        snapshot(start + timedelta(minutes=2), HealthStatus.DEGRADED, 0.9),
    ]
    slot = next(slot for slot in health_slots(snapshots, START) if slot.starts_at == start)
    assert (slot.status, slot.success_rate) == (HealthStatus.DOWN, 0.9)
