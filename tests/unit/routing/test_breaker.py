from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import FrozenClock
from tests.fakes.providers import FakeProvider

from masterx.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from masterx.records.costs import CallOutcome
from masterx.records.health import BreakerState
from masterx.routing.breaker import POLICY, Breaker, Standing
from masterx.routing.breakers import Breakers
from masterx.routing.candidates import order_candidates

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
DOWN = ProviderUnavailable("a")


def tell(breakers: Breakers, *errors: ProviderError | None) -> None:
    for error in errors:
        breakers.observe("a", CallOutcome.FAILED if error else CallOutcome.SUCCEEDED, error)


def test_it_opens_after_so_many_failures_in_its_window() -> None:
    breaker = Breaker()
    for second in range(POLICY.failures - 1):
        breaker.failed(second, "down")
    assert breaker.state is CLOSED
    breaker.failed(POLICY.failures, "down")
    assert (breaker.state, breaker.reason) == (OPEN, "down")


def test_failures_far_apart_do_not_open_it() -> None:
    breaker = Breaker()
    for place in range(50):
        breaker.failed(place * POLICY.window_seconds, "down")
    assert breaker.state is CLOSED


def test_one_turn_a_period_probes_and_its_success_closes() -> None:
    clock = FrozenClock()
    breakers = Breakers(clock)
    tell(breakers, *[DOWN] * POLICY.failures)
    assert breakers.standing("a") is Standing.RESTING

    clock.advance(POLICY.period_seconds)
    assert [breakers.standing("a") for _ in range(3)] == [Standing.PROBING, Standing.RESTING, Standing.RESTING]
    assert breakers.state("a") is HALF_OPEN
    tell(breakers, None)
    assert breakers.standing("a") is Standing.READY


def test_pauses_double_and_have_an_end() -> None:
    breaker, now, pauses = Breaker(), 0.0, []
    for _ in range(POLICY.failures):
        breaker.failed(now, "down")
    for _ in range(7):
        began = now
        while breaker.standing(now) is not Standing.PROBING:
            now += 1
        pauses.append(now - began)
        breaker.failed(now, "down")
    assert pauses == [30, 60, 120, 240, 480, 600, 600]


def test_after_it_closed_one_failure_opens_it_again_until_it_is_trusted() -> None:
    clock = FrozenClock()
    breakers = Breakers(clock)
    tell(breakers, *[DOWN] * POLICY.failures)
    clock.advance(POLICY.period_seconds)
    breakers.standing("a")
    tell(breakers, None, DOWN)
    assert breakers.state("a") is OPEN

    clock.advance(2 * POLICY.period_seconds)
    breakers.standing("a")
    tell(breakers, None)
    clock.advance(POLICY.probation_seconds)
    tell(breakers, None, DOWN)
    assert breakers.state("a") is CLOSED


def test_it_waits_as_long_as_the_provider_asks_and_holds_nothing_against_it() -> None:
    clock = FrozenClock()
    breakers = Breakers(clock)
    tell(breakers, ProviderRateLimited("a", retry_after=7))
    clock.advance(6)
    assert breakers.standing("a") is Standing.RESTING
    clock.advance(1)
    assert breakers.standing("a") is Standing.PROBING
    tell(breakers, None, DOWN)
    assert breakers.state("a") is CLOSED


def test_a_wait_without_end_has_one() -> None:
    clock = FrozenClock()
    breakers = Breakers(clock)
    tell(breakers, ProviderRateLimited("a", retry_after=86_400))
    clock.advance(POLICY.longest_seconds)
    assert breakers.standing("a") is Standing.PROBING


def test_a_wrong_key_opens_it_at_once() -> None:
    breakers = Breakers(FrozenClock())
    tell(breakers, ProviderAuthError("a"))
    assert (breakers.state("a"), breakers.reason("a")) == (OPEN, "provider_auth")


@pytest.mark.parametrize("outcome", [CallOutcome.ABORTED, CallOutcome.FAILED])
def test_what_says_nothing_about_the_provider_changes_nothing(outcome: CallOutcome) -> None:
    breakers = Breakers(FrozenClock())
    for _ in range(20):
        breakers.observe("a", outcome, ProviderRejected("a") if outcome is CallOutcome.FAILED else None)
    assert breakers.state("a") is CLOSED


def test_changes_are_told_once_and_an_operator_can_reset() -> None:
    breakers = Breakers(FrozenClock())
    changes: list[tuple[str, BreakerState]] = []
    breakers.on_change = lambda provider, state: changes.append((provider, state))
    tell(breakers, *[DOWN] * 20)
    breakers.reset("a")
    breakers.reset("a")
    breakers.reset("never asked")
    assert changes == [("a", OPEN), ("a", CLOSED)]


def test_candidates_that_rest_come_last_also_the_assigned_one() -> None:
    clock = FrozenClock()
    breakers = Breakers(clock)
    ready = [FakeProvider(name="a"), FakeProvider(name="b")]
    tell(breakers, *[DOWN] * POLICY.failures)

    first, last = order_candidates(ready, "a", breakers)
    assert (first.provider.name, last.provider.name, last.resting) == ("b", "a", True)
    assert last.reason == "failed lately: asked when nobody else is left"
    assert [candidate.provider.name for candidate in order_candidates(ready[:1], None, breakers)] == ["a"]

    clock.advance(POLICY.period_seconds)
    probe = order_candidates(ready, "a", breakers)[0]
    assert (probe.provider.name, probe.reason) == ("a", "failed lately: this turn tries whether it is well again")
    assert order_candidates(ready, "a", breakers)[0].provider.name == "b"


@pytest.mark.parametrize("up_and_down_seconds", [5, 20, 45, 90, 200])
def test_a_provider_that_flaps_costs_little(up_and_down_seconds: int) -> None:
    """Two turns a second for an hour, 2 s each; a failure of the first provider takes its learner another 2 s."""
    clock = FrozenClock()
    breakers = Breakers(clock)
    providers = [FakeProvider(name="a"), FakeProvider(name="b")]
    turns = 2 * 3_600
    failures = 0
    for _ in range(turns):
        clock.advance(0.5)
        if order_candidates(providers, None, breakers)[0].provider.name == "a":
            is_down = int(clock.monotonic() / up_and_down_seconds) % 2 == 1
            failures += is_down
            tell(breakers, ProviderTimeout("a") if is_down else None)
    assert failures * 2 <= 0.05 * turns * 2


EVENTS = st.lists(st.tuples(st.floats(0, 700), st.sampled_from(["ask", "good", "bad", "busy", "key"])), max_size=150)


@given(EVENTS)
def test_probes_are_a_period_apart_and_it_never_stays_open_for_good(events: list[tuple[float, str]]) -> None:
    breaker, now = Breaker(), 0.0
    probes: list[float] = []
    for pause, event in events:
        now += pause
        match event:
            case "ask":
                if breaker.standing(now) is Standing.PROBING:
                    probes.append(now)
            case "good":
                breaker.succeeded(now)
                assert breaker.state is CLOSED
                probes.clear()
            case "bad":
                breaker.failed(now, "down")
            case "busy":
                breaker.asked_to_wait(now, "busy", 5)
                probes.clear()  # It named its own time.
            case _:
                breaker.refused_key(now, "key")
        assert all(later - former >= POLICY.period_seconds for former, later in itertools.pairwise(probes))
    later = now + POLICY.longest_seconds
    assert breaker.standing(later) is not Standing.RESTING
