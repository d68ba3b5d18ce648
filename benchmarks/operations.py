"""What being limited, judged and counted adds to a turn: CPU time in this process, without HTTP or a model.

    python -m benchmarks.operations

One round is what one turn with two candidates does: a hit on the rate limit and its headers, the standing of both
providers, one observed call, and the metrics of the request, the turn and the call. 5,000 learners take turns.
With `redis-server` on the path, the hit is also measured against a Redis of its own.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from asyncio.subprocess import DEVNULL
from collections.abc import Awaitable, Callable

from benchmarks.servers import free_port
from masterx.api.limits import headers_of
from masterx.clock import SystemClock, new_id
from masterx.limits.limiter import RateLimiter
from masterx.limits.shared import RedisWindows, SharedWindows
from masterx.metrics import Metrics
from masterx.records.costs import CallOutcome, CallPurpose, CostEvent, Pricing
from masterx.records.money import NanoDollars
from masterx.records.users import Role, SubscriptionTier
from masterx.routing.breakers import Breakers
from masterx.settings import LimitSettings

LEARNERS = 5_000
ROUNDS = 50_000
REDIS_ROUNDS = 5_000
CLOCK = SystemClock()
CALL = CostEvent(
    id=new_id(CLOCK.now()),
    timestamp=CLOCK.now(),
    provider="a",
    model="m",
    purpose=CallPurpose.CHAT,
    outcome=CallOutcome.SUCCEEDED,
    pricing=Pricing.PRICED,
    cost=NanoDollars(1_000),
    input_tokens=500,
    output_tokens=200,
    duration_ms=900,
)


async def hit(limiter: RateLimiter, number: int) -> None:
    verdict = await limiter.user(str(number % LEARNERS), SubscriptionTier.FREE, Role.LEARNER)
    headers_of(verdict)


def microseconds(started: float, rounds: int) -> float:
    return (time.process_time() - started) / rounds * 1e6


async def measured(work: Callable[[int], Awaitable[None]], rounds: int) -> float:
    started = time.process_time()
    for number in range(rounds):
        await work(number)
    return microseconds(started, rounds)


def limiter(shared: SharedWindows | None = None) -> RateLimiter:
    return RateLimiter(LimitSettings(_env_file=None), CLOCK, shared)


async def whole_turn() -> float:
    limits, breakers, metrics = limiter(), Breakers(CLOCK), Metrics()

    async def turn(number: int) -> None:
        await hit(limits, number)
        breakers.standing("a")
        breakers.standing("b")
        breakers.observe("a", CallOutcome.SUCCEEDED, None)
        metrics.turn_ended("complete", 1.0)
        metrics.calls_recorded((CALL,))
        metrics.request_ended("POST", "/api/v1/chat", 200, 1.0)

    return await measured(turn, ROUNDS)


async def with_redis() -> tuple[float, float]:
    """CPU and wall time of a hit, in microseconds."""
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", stdout=DEVNULL
    )
    windows = RedisWindows(f"redis://127.0.0.1:{port}/0")
    limits = limiter(windows)
    try:
        while not await windows.answers():  # noqa: ASYNC110 (what is waited for is in another process)
            await asyncio.sleep(0.05)
        started = time.perf_counter()
        cpu = await measured(lambda number: hit(limits, number), REDIS_ROUNDS)
        assert not limits.counts_alone
        return cpu, (time.perf_counter() - started) / REDIS_ROUNDS * 1e6
    finally:
        await limits.aclose()
        server.kill()
        await server.wait()


async def main() -> None:
    limits = limiter()
    print(f"a hit on the rate limit, in this process: {await measured(lambda n: hit(limits, n), ROUNDS):.1f} µs of CPU")
    print(f"all of it for one turn: {await whole_turn():.1f} µs of CPU")
    if shutil.which("redis-server"):
        cpu, wall = await with_redis()
        print(f"a hit on the rate limit, through Redis: {cpu:.0f} µs of CPU here, {wall:.0f} µs in all")


if __name__ == "__main__":
    asyncio.run(main())
