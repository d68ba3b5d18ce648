"""How often somebody asked, counted for all processes together."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.fakes.clock import START

from masterx.clock import SystemClock
from masterx.limits.limiter import RateLimiter
from masterx.limits.stored import StoredWindows
from masterx.records.limits import WindowCount
from masterx.records.users import Role, SubscriptionTier
from masterx.settings import LimitSettings
from masterx.store.ports import Store

WINDOW = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


async def hit(store: Store, seconds: float, key: str = "a", limit: int = 2) -> WindowCount:
    return await store.hit_window(key, limit=limit, window=WINDOW, now=START + seconds * SECOND)


async def test_requests_are_counted_up_to_the_limit_within_a_moving_minute(store: Store) -> None:
    assert await hit(store, 0) == WindowCount(allowed=True, count=1, oldest=START)
    assert await hit(store, 30.5) == WindowCount(allowed=True, count=2, oldest=START)
    assert await hit(store, 59) == WindowCount(allowed=False, count=2, oldest=START)
    assert await hit(store, 60) == WindowCount(allowed=True, count=2, oldest=START + 30.5 * SECOND)
    assert not (await hit(store, 61)).allowed
    assert (await hit(store, 61, key="b")).allowed, "each key by itself"


async def test_of_many_at_once_no_more_than_the_limit_are_allowed(store: Store) -> None:
    counts = await asyncio.gather(*(hit(store, number / 100, limit=7) for number in range(30)))
    # The test server for MongoDB at times answers one of two changes at once with the row as it was before it.
    assert 0 < sum(each.allowed for each in counts) <= 7
    assert not (await hit(store, 1, limit=7)).allowed


async def test_a_limit_of_nothing_allows_nothing(store: Store) -> None:
    assert await hit(store, 0, limit=0) == WindowCount(allowed=False, count=0, oldest=START)


async def test_keys_of_which_nothing_counts_any_more_are_forgotten(store: Store) -> None:
    await hit(store, 0)
    await hit(store, 30, key="b")
    await store.forget_windows(START + timedelta(seconds=61))
    assert (await hit(store, 31)).count == 1, "forgotten"
    assert (await hit(store, 31, key="b")).count == 2


async def test_two_processes_on_one_store_let_no_more_in_than_one(store: Store) -> None:
    settings = LimitSettings(_env_file=None, rate_limit_free=20)
    limiters = [RateLimiter(settings, SystemClock(), StoredWindows(store, SystemClock())) for _ in range(2)]
    asked = (limiters[number % 2].user("ada", SubscriptionTier.FREE, Role.LEARNER) for number in range(60))
    assert 0 < sum(verdict.allowed for verdict in await asyncio.gather(*asked)) <= 20
    for limiter in limiters:
        await limiter.aclose()
