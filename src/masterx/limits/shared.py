"""Moving windows in Redis, which all workers share. One script looks and counts in one step, by Redis' own time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from masterx.errors import ConfigurationError
from masterx.limits.windows import WINDOW_SECONDS, Verdict

Result = TypeVar("Result")

PATIENCE_SECONDS = 0.5
"""For one question to Redis, once a connection is free."""
SLICE_SECONDS = 0.02
CONNECTIONS = 8
KEY = "masterx:window:"
COUNT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = tonumber(ARGV[2])
local oldest = tonumber(redis.call('LINDEX', KEYS[1], 0))
while oldest and oldest <= now - window do
    redis.call('LPOP', KEYS[1])
    oldest = tonumber(redis.call('LINDEX', KEYS[1], 0))
end
local count = redis.call('LLEN', KEYS[1])
local allowed = 0
if count < tonumber(ARGV[1]) then
    redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
    redis.call('PEXPIRE', KEYS[1], window / 1000)
    count = count + 1
    allowed = 1
end
return {allowed, count, (oldest or now) + window - now}
"""
"""`LocalWindows.hit` in Redis: the times of requests in microseconds, the oldest first. Those that are a window old go,
and the new one comes if there is room."""


class SharedWindowsGone(Exception):
    """Redis did not answer in time or not as Redis, or the store did not."""


class SharedWindows(Protocol):
    @property
    def is_needed(self) -> bool:
        """Whether somebody else may be counting, too. Costs nothing."""
        ...

    async def hit(self, key: str, limit: int) -> Verdict:
        """As `LocalWindows.hit`. Raises `SharedWindowsGone`."""
        ...

    async def answers(self) -> bool: ...

    async def aclose(self) -> None: ...


class RedisWindows:
    """Exact over all processes that use one Redis, by its clock: those of the hosts need not agree.

    Raises `ConfigurationError` for a URL that is none, and without the extra `redis`. Nothing is connected yet.
    """

    def __init__(self, url: str) -> None:
        try:
            from redis.asyncio import Redis  # noqa: PLC0415 (a tenth of a second that only Redis is worth)
            from redis.asyncio.retry import Retry  # noqa: PLC0415
            from redis.backoff import NoBackoff  # noqa: PLC0415
            from redis.exceptions import RedisError  # noqa: PLC0415
        except ImportError as error:
            raise ConfigurationError(
                "MASTERX_REDIS_URL needs the extra `redis`: pip install 'masterx[redis]'."
            ) from error
        try:
            self._client = Redis.from_url(
                url,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError as error:
            raise ConfigurationError("MASTERX_REDIS_URL is no address of a Redis.") from error
        self._count = self._client.register_script(COUNT)
        self._failures = (RedisError, OSError, TimeoutError)
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._is_gone = False

    @property
    def is_needed(self) -> bool:
        return True

    async def hit(self, key: str, limit: int) -> Verdict:
        async with self._turns:
            if self._is_gone:  # Found out while this one waited for its turn.
                raise SharedWindowsGone
            try:
                allowed, count, reset = await _in_time(self._counted(key, limit))
            except self._failures as error:
                self._is_gone = True
                raise SharedWindowsGone from error
        return Verdict(bool(allowed), limit, max(0, limit - count), reset / 1e6)

    async def answers(self) -> bool:
        try:
            await _in_time(self._pinged())
        except self._failures:
            return False
        self._is_gone = False
        return True

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _counted(self, key: str, limit: int) -> tuple[int, int, int]:
        """Whether it is allowed (0 or 1), how many count now, and microseconds until the oldest of them does not."""
        allowed, count, reset = await self._count(keys=[KEY + key], args=[limit, WINDOW_SECONDS * 1_000_000])
        return allowed, count, reset

    async def _pinged(self) -> None:
        await self._client.ping()


async def _in_time(work: Coroutine[Any, Any, Result]) -> Result:
    """Raises `TimeoutError` after `PATIENCE_SECONDS`. A slice counts with its own length, however late this process was
    to look: that many requests came at once says nothing about Redis.
    """
    task = asyncio.create_task(work)
    try:
        for _ in range(round(PATIENCE_SECONDS / SLICE_SECONDS)):
            await asyncio.wait((task,), timeout=SLICE_SECONDS)
            if task.done():
                return task.result()
        raise TimeoutError
    finally:
        task.cancel()
