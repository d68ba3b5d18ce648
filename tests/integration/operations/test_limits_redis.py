"""One limit over two processes and a real Redis, and what holds while Redis is gone."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.servers import Server, register_learner
from tests.conftest import REDIS_SERVER, StartServer

from masterx.clock import SystemClock
from masterx.limits.shared import PATIENCE_SECONDS, RedisWindows
from masterx.limits.windows import LocalWindows

LIMIT = 100
AT_ONCE = 500

pytestmark = pytest.mark.redis


class Redis:
    def __init__(self, port: int, directory: Path) -> None:
        self.port = port
        self._directory = directory
        self.process = self._started()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start_again(self) -> None:
        self.process = self._started()

    def kill(self) -> None:
        """Safe to call twice."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _started(self) -> subprocess.Popen[bytes]:
        assert REDIS_SERVER is not None
        command = [REDIS_SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        process = subprocess.Popen([*command, "--dir", self._directory], stdout=subprocess.PIPE)
        assert process.stdout is not None
        for line in process.stdout:
            if b"Ready to accept connections" in line:
                return process
        raise AssertionError("redis-server did not start")


@pytest.fixture
def redis(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Redis]:
    server = Redis(free_port(), tmp_path)
    yield server
    server.kill()


@pytest.fixture
def servers(start_server: StartServer, redis: Redis) -> tuple[Server, Server]:
    """Two processes over one database."""
    environment = {
        "MASTERX_RATE_LIMIT_FREE": str(LIMIT),
        "MASTERX_REDIS_URL": redis.url,
        "MASTERX_LOCAL_MODEL": "false",
    }
    return start_server(environment), start_server(environment)


async def ask(servers: tuple[Server, ...], token: str, times: int) -> list[Counter[int]]:
    """So many requests at once, in turns to each; the statuses by server."""
    statuses = await asyncio.gather(*(status_of(servers[place % len(servers)], token) for place in range(times)))
    return [Counter(statuses[place :: len(servers)]) for place in range(len(servers))]


async def status_of(server: Server, token: str) -> int:
    """Over a bare connection: a client's pool would let them go out one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        f"GET /api/v1/users/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1])


async def test_a_redis_that_hangs_holds_nobody_up_for_a_second(start_server: StartServer, redis: Redis) -> None:
    server = start_server({"MASTERX_RATE_LIMIT_FREE": str(LIMIT), "MASTERX_REDIS_URL": redis.url})
    token = register_learner(server)
    redis.process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    assert await status_of(server, token) == 200
    assert time.monotonic() - started >= PATIENCE_SECONDS
    took = []
    for _ in range(5):
        started = time.monotonic()
        assert await status_of(server, token) == 200
        took.append(time.monotonic() - started)
    # Who waits takes that long on any machine; who does not may be slow on a busy one, but not five times in a row.
    assert min(took) < PATIENCE_SECONDS, "each waited again"
    redis.process.send_signal(signal.SIGCONT)


def wait_for_word(server: Server, word: str) -> None:
    """In its log, at most a minute."""
    deadline = time.monotonic() + 60
    while word not in server.output:
        assert time.monotonic() < deadline, server.output[-2000:]
        time.sleep(0.05)


async def test_a_window_in_redis_counts_as_one_here(redis: Redis) -> None:
    shared, local = RedisWindows(redis.url), LocalWindows(SystemClock())
    for limit in (3, 3, 3, 3, 5, 2):
        here, there = local.hit("ada", limit), await shared.hit("ada", limit)
        assert (there.allowed, there.limit, there.remaining) == (here.allowed, here.limit, here.remaining)
        assert there.reset_seconds == pytest.approx(here.reset_seconds, abs=10)
    assert (await shared.hit("another", 1)).allowed
    await shared.aclose()


async def test_of_500_at_once_exactly_the_limit_passes(servers: tuple[Server, Server]) -> None:
    token = register_learner(servers[0])
    one, other = await ask(servers, token, AT_ONCE)

    assert one[200] + other[200] == LIMIT
    assert one[429] + other[429] == AT_ONCE - LIMIT
    assert "rate_limits_local" not in servers[0].output + servers[1].output


async def test_without_redis_each_process_limits_alone_and_redis_comes_back(
    servers: tuple[Server, Server], redis: Redis
) -> None:
    token = register_learner(servers[0])
    running = asyncio.create_task(ask(servers, token, AT_ONCE))
    await asyncio.sleep(0.1)
    redis.kill()
    before = await running
    after = await ask(servers, token, 4 * LIMIT)
    # Wherever Redis went away between the first request and the last: each lets in what it may alone, and no more.
    for first, then in zip(before, after, strict=True):
        assert set(first + then) == {200, 429}
        assert first[200] + then[200] == LIMIT
        assert then[429] > 0

    redis.start_again()
    await asyncio.to_thread(wait_for_word, servers[0], "rate_limits_shared_again")
    newcomer = register_learner(servers[0], "newcomer@example.org")
    (shared,) = await ask(servers[:1], newcomer, 2 * LIMIT)
    assert shared[200] == LIMIT
