from __future__ import annotations

import pytest
from tests.fakes.clock import START

from masterx.health import judged
from masterx.records.health import BreakerState, HealthStatus
from masterx.records.operations import ProviderTraffic

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
HEALTHY, DEGRADED, DOWN = HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.DOWN


def traffic(successes: int, errors: int) -> ProviderTraffic:
    return ProviderTraffic(
        provider="a",
        requests=successes + errors,
        errors=errors,
        successes=successes,
        avg_ms=None,
        p95_ms=None,
        last_success=START,
        last_failure=None,
    )


@pytest.mark.parametrize(
    ("calls", "state", "reason", "status"),
    [
        (None, CLOSED, None, HEALTHY),
        (traffic(100, 5), CLOSED, None, HEALTHY),
        (traffic(100, 6), CLOSED, None, DEGRADED),
        (traffic(10, 11), CLOSED, None, DOWN),
        (traffic(0, 4), CLOSED, None, HEALTHY),
        (traffic(100, 0), OPEN, "provider_unavailable", DOWN),
        (traffic(100, 0), OPEN, "provider_rate_limited", DEGRADED),
        (traffic(100, 0), HALF_OPEN, "provider_unavailable", DEGRADED),
    ],
)
def test_a_provider_is_judged_by_its_calls_and_its_breaker(
    calls: ProviderTraffic | None, state: BreakerState, reason: str | None, status: HealthStatus
) -> None:
    assert judged(calls, state, reason) is status
