from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import FrozenClock

from masterx.limits.windows import WINDOW_SECONDS, LocalWindows


def test_as_many_as_the_limit_pass_in_a_minute() -> None:
    windows = LocalWindows(FrozenClock())
    verdicts = [windows.hit("ada", 3) for _ in range(4)]

    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0]
    assert windows.hit("bob", 3).allowed


def test_one_more_passes_when_the_oldest_is_a_minute_old() -> None:
    clock = FrozenClock()
    windows = LocalWindows(clock)
    windows.hit("ada", 2)
    clock.advance(20)
    windows.hit("ada", 2)
    refused = windows.hit("ada", 2)

    assert (refused.allowed, refused.reset_seconds) == (False, 40)
    clock.advance(40)
    assert [windows.hit("ada", 2).allowed for _ in range(2)] == [True, False]


def test_looking_does_not_count() -> None:
    windows = LocalWindows(FrozenClock())

    assert [windows.look("ada", 1).allowed for _ in range(3)] == [True] * 3
    assert windows.hit("ada", 1).allowed
    assert not windows.look("ada", 1).allowed


def test_the_key_that_was_used_longest_ago_is_forgotten() -> None:
    windows = LocalWindows(FrozenClock(), max_keys=2)
    for key in ("ada", "bob", "ada", "cyd"):
        windows.hit(key, 2)

    assert len(windows) == 2
    assert not windows.hit("ada", 2).allowed
    assert windows.hit("bob", 1).allowed


@given(st.lists(st.floats(0, 40, allow_nan=False), max_size=200), st.integers(1, 8))
def test_no_minute_ever_holds_more_than_the_limit(pauses: list[float], limit: int) -> None:
    clock = FrozenClock()
    windows = LocalWindows(clock)
    passed: list[float] = []
    for pause in pauses:
        clock.advance(pause)
        now = clock.monotonic()
        recent = [moment for moment in passed if moment > now - WINDOW_SECONDS]
        verdict = windows.hit("ada", limit)
        assert verdict.allowed == (len(recent) < limit)
        assert verdict.remaining == max(0, limit - len(recent) - verdict.allowed)
        if verdict.allowed:
            passed.append(now)
