from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.clock import START
from tests.fakes.records import MINUTE

from masterx.clock import new_id
from masterx.errors import InvalidInput
from masterx.records.health import BreakerState, HealthStatus, ProviderHealth
from masterx.store.ports import Store


def _snapshot(minutes: int, provider: str = "openai") -> ProviderHealth:
    return ProviderHealth(
        id=new_id(START),
        provider=provider,
        timestamp=START + minutes * MINUTE,
        status=HealthStatus.DEGRADED,
        success_rate=0.98,
        avg_response_time_ms=2800.5,
        requests_last_hour=1250,
        errors_last_hour=5,
        circuit_breaker_state=BreakerState.HALF_OPEN,
        last_success=START,
    )


async def test_snapshots_of_a_provider_come_newest_first(store: Store) -> None:
    snapshots = [_snapshot(minutes) for minutes in (2, 1, 3)]
    for snapshot in (*snapshots, _snapshot(4, "groq")):
        await store.add_provider_health(snapshot)
    assert await store.provider_health("openai", limit=2) == [snapshots[2], snapshots[0]]
    assert await store.provider_health("unknown", limit=2) == []


async def test_a_provider_without_requests_has_no_rates(store: Store) -> None:
    quiet = replace(_snapshot(0), success_rate=None, avg_response_time_ms=None, last_success=None, last_failure=START)
    await store.add_provider_health(quiet)
    assert await store.provider_health("openai", limit=1) == [quiet]


async def test_a_rate_above_one_is_refused(store: Store) -> None:
    with pytest.raises(InvalidInput):
        await store.add_provider_health(replace(_snapshot(0), success_rate=1.5))
