from __future__ import annotations

import pytest
from tests.fakes.clock import FrozenClock

from masterx.accounts.attempts import Budget, MemoryAttempts

BUDGET = Budget(free=3, forgiven_seconds=100, longest_wait=16)


@pytest.fixture
def attempts(clock: FrozenClock) -> MemoryAttempts:
    return MemoryAttempts(clock)


async def waits(attempts: MemoryAttempts, clock: FrozenClock, count: int) -> list[float]:
    """The pauses before each of so many attempts, each of which is waited for."""
    found = []
    for _ in range(count):
        wait = await attempts.charge("ada", BUDGET)
        found.append(wait)
        if wait > 0:
            clock.advance(wait)
            assert await attempts.charge("ada", BUDGET) == 0
    return found


async def test_the_pause_grows_after_the_free_attempts_up_to_the_longest(
    attempts: MemoryAttempts, clock: FrozenClock
) -> None:
    assert await waits(attempts, clock, 9) == [0, 0, 0, 1, 2, 4, 8, 16, 16]


async def test_many_at_once_do_not_pass_as_one(attempts: MemoryAttempts) -> None:
    assert [await attempts.charge("ada", BUDGET) == 0 for _ in range(9)] == [True] * 3 + [False] * 6


async def test_attempts_are_forgiven_with_time(attempts: MemoryAttempts, clock: FrozenClock) -> None:
    await waits(attempts, clock, 3)
    clock.advance(2 * BUDGET.forgiven_seconds)
    assert await waits(attempts, clock, 3) == [0, 0, 1]
    clock.advance(1_000 * BUDGET.forgiven_seconds)
    assert await waits(attempts, clock, 4) == [0, 0, 0, 1]


async def test_keys_do_not_share(attempts: MemoryAttempts, clock: FrozenClock) -> None:
    await waits(attempts, clock, 5)
    assert await attempts.charge("bob", BUDGET) == 0


async def test_what_was_no_guess_is_given_back(attempts: MemoryAttempts, clock: FrozenClock) -> None:
    for _ in range(50):
        assert await attempts.charge("ada", BUDGET) == 0
        await attempts.refund("ada")
    await waits(attempts, clock, 3)
    await attempts.clear("ada")
    assert await waits(attempts, clock, 3) == [0, 0, 0]
    await attempts.refund("nobody")
    await attempts.clear("nobody")


async def test_giving_back_ends_no_pause(attempts: MemoryAttempts) -> None:
    for _ in range(3):
        await attempts.charge("ada", BUDGET)
    await attempts.refund("ada")
    assert await attempts.charge("ada", BUDGET) == 1


async def test_what_is_remembered_is_bounded_and_the_busy_ones_stay(clock: FrozenClock) -> None:
    attempts = MemoryAttempts(clock, max_keys=10)
    for number in range(1_000):
        await attempts.charge("victim", BUDGET)
        await attempts.charge(f"noise {number}", BUDGET)
    assert len(attempts) == 10
    assert await attempts.charge("victim", BUDGET) > 0
    clock.advance(1e9)
    assert await attempts.charge("victim", BUDGET) == 0
