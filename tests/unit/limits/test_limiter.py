from __future__ import annotations

import asyncio

from tests.fakes.clock import FrozenClock

from masterx.limits.limiter import RateLimiter
from masterx.limits.shared import SharedWindowsGone
from masterx.limits.windows import LocalWindows, Verdict
from masterx.records.users import Role, SubscriptionTier
from masterx.settings import LimitSettings

SETTINGS = LimitSettings(
    _env_file=None, rate_limit_free=3, rate_limit_pro=5, rate_limit_premium=7, rate_limit_address=2
)
FREE, LEARNER = SubscriptionTier.FREE, Role.LEARNER


class Shared:
    """A Redis that a test can take away, counting for more than one process."""

    def __init__(self) -> None:
        self.windows = LocalWindows(FrozenClock())
        self.is_there = True
        self.is_needed = True
        self.asked = 0
        self.probed = asyncio.Event()

    async def hit(self, key: str, limit: int) -> Verdict:
        self.asked += 1
        if not self.is_there:
            raise SharedWindowsGone from ConnectionError()
        return self.windows.hit(key, limit)

    async def answers(self) -> bool:
        self.probed.set()
        return self.is_there

    async def aclose(self) -> None:
        self.is_there = False


async def allowed(limiter: RateLimiter, times: int, user_id: str = "ada") -> int:
    return sum([(await limiter.user(user_id, FREE, LEARNER)).allowed for _ in range(times)])


async def test_each_tier_has_its_limit_and_administrators_the_highest() -> None:
    limiter = RateLimiter(SETTINGS, FrozenClock())

    assert [(await limiter.user(tier, tier, LEARNER)).limit for tier in SubscriptionTier] == [3, 5, 7]
    assert (await limiter.user("root", FREE, Role.ADMIN)).limit == 7
    assert [(await limiter.address("192.0.2.1")).allowed for _ in range(3)] == [True, True, False]


async def test_two_processes_share_one_limit() -> None:
    shared = Shared()
    one, other = (RateLimiter(SETTINGS, FrozenClock(), shared) for _ in range(2))

    assert await allowed(one, 2) + await allowed(other, 2) == 3


async def test_who_floods_one_process_is_refused_without_asking() -> None:
    shared = Shared()
    limiter = RateLimiter(SETTINGS, FrozenClock(), shared)
    await allowed(limiter, 50)

    assert shared.asked == 3


async def test_the_count_goes_on_here_when_redis_goes_away() -> None:
    shared = Shared()
    limiter = RateLimiter(SETTINGS, FrozenClock(), shared)
    assert await allowed(limiter, 2) == 2
    shared.is_there = False

    assert await allowed(limiter, 10) == 1
    assert limiter.counts_alone
    assert shared.asked == 3
    await limiter.aclose()


async def test_redis_counts_again_when_it_is_back() -> None:
    shared = Shared()
    limiter = RateLimiter(SETTINGS, FrozenClock(), shared)
    shared.is_there = False
    await allowed(limiter, 1)
    shared.is_there = True
    await shared.probed.wait()
    await asyncio.sleep(0)

    assert not limiter.counts_alone
    await allowed(limiter, 1, "bob")
    assert shared.windows.look("user:bob", 3).remaining == 2
    await limiter.aclose()


async def test_who_is_alone_counts_without_asking() -> None:
    shared = Shared()
    shared.is_needed = False
    limiter = RateLimiter(SETTINGS, FrozenClock(), shared)
    verdicts = [await limiter.user("u", FREE, LEARNER) for _ in range(4)]
    assert [each.allowed for each in verdicts] == [True, True, True, False]
    assert shared.asked == 0
    await limiter.aclose()
