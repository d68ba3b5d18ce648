"""Moving windows in Redis, which all workers share. `limits.aio` brings the scripts that count in one step."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from masterx.errors import ConfigurationError
from masterx.limits.windows import WINDOW_SECONDS, Verdict

if TYPE_CHECKING:
    from limits import RateLimitItem, WindowStats

Result = TypeVar("Result")

PATIENCE_SECONDS = 0.5
"""For one question to Redis, once a connection is free."""
SLICE_SECONDS = 0.02
CONNECTIONS = 8


class SharedWindowsGone(Exception):
    """Redis did not answer in time, or not as Redis."""


class SharedWindows(Protocol):
    async def hit(self, key: str, limit: int) -> Verdict:
        """As `LocalWindows.hit`. Raises `SharedWindowsGone`."""
        ...

    async def answers(self) -> bool: ...

    async def aclose(self) -> None: ...


class RedisWindows:
    """Exact over all processes that use one Redis. Its clock is each process's own: hosts have to agree on the time.

    Raises `ConfigurationError` for a URL that is none, and without the extra `redis`. Nothing is connected yet.
    """

    def __init__(self, url: str) -> None:
        try:
            from limits import RateLimitItemPerMinute  # noqa: PLC0415 (a fifth of a second that only Redis is worth)
            from limits.aio.storage import RedisStorage  # noqa: PLC0415
            from limits.aio.strategies import MovingWindowRateLimiter  # noqa: PLC0415
            from redis.asyncio import Redis  # noqa: PLC0415
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
        storage = RedisStorage(
            "async+" + url,
            implementation="redispy",
            key_prefix="MASTERX",
            connection_pool=self._client.connection_pool,  # type: ignore[arg-type]  # documented, not in its types
        )
        self._windows = MovingWindowRateLimiter(storage)
        self._per_minute = RateLimitItemPerMinute
        self._failures = (RedisError, OSError, TimeoutError)
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._is_gone = False

    async def hit(self, key: str, limit: int) -> Verdict:
        item = self._per_minute(limit)
        async with self._turns:
            if self._is_gone:  # Found out while this one waited for its turn.
                raise SharedWindowsGone
            try:
                allowed, stats = await _in_time(self._counted(item, key))
            except self._failures as error:
                self._is_gone = True
                raise SharedWindowsGone from error
        reset = min(max(stats.reset_time - time.time(), 0.0), WINDOW_SECONDS)
        return Verdict(allowed, limit, max(0, stats.remaining) if allowed else 0, reset)

    async def answers(self) -> bool:
        try:
            await _in_time(self._pinged())
        except self._failures:
            return False
        self._is_gone = False
        return True

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _counted(self, item: RateLimitItem, key: str) -> tuple[bool, WindowStats]:
        return await self._windows.hit(item, key), await self._windows.get_window_stats(item, key)

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
