"""200 clients that leave in mid-answer: the model is stopped, the part is billed, and nothing stays open."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.servers import Server, get, register_learner, upstream_settings
from tests.conftest import StartServer, StartUpstream

CLIENTS = 200
AT_ONCE = 25
WORDS, DELAY_MS = 1_600, 25
"""An answer takes 40 seconds, longer than anybody here waits."""
UPSTREAM_SECONDS = 15.0
"""From the last client's leaving to the end of the last call to the model: far less, which is printed."""
SETTLE_SECONDS = 20.0
EXIT_SECONDS = 18.0
"""A turn that still ran would hold the server up for the rest of its answer, or for the 20 s that it may."""


async def test_nothing_of_a_client_that_left_stays(
    start_server: StartServer, start_upstream: StartUpstream, tmp_path: Path
) -> None:
    upstream = start_upstream(tokens=WORDS, delay_ms=DELAY_MS)
    server = start_server(upstream_settings(upstream.url))
    token = await asyncio.to_thread(register_learner, server)
    leave_randomly = random.Random(20261123)
    await leave_after(server, token, "warm-up", 1)
    await wait_for_cuts(upstream, 1)
    at_rest = await settled_sockets(server)

    slowest = 0.0
    for wave in range(CLIENTS // AT_ONCE):
        patience = [leave_randomly.randint(1, 30) for _ in range(AT_ONCE)]
        await asyncio.gather(
            *(leave_after(server, token, f"{wave}-{place}", words) for place, words in enumerate(patience))
        )
        slowest = max(slowest, await wait_for_cuts(upstream, 1 + (wave + 1) * AT_ONCE))
    print(f"upstream closed within {slowest:.2f} s of the last leaving, {CLIENTS} clients")

    journal = get(f"{upstream.url}/journal")
    assert (journal["calls"], journal["cut"], journal["finished"]) == (CLIENTS + 1, CLIENTS + 1, 0)
    assert await settled_sockets(server, at_most=at_rest) <= at_rest

    server.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(server.process.wait, EXIT_SECONDS)
    assert "Task was destroyed" not in server.output
    assert '"level": "error"' not in server.output
    check_every_part_is_billed(tmp_path / "data" / "masterx.sqlite3")


async def leave_after(server: Server, token: str, key: str, words: int) -> None:
    """Ask for a stream, read so many words of it, and hang up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    body = b'{"message": "Tell me a long story."}'
    head = (
        "POST /api/v1/chat HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Authorization: Bearer {token}",
        "Accept: text/event-stream",
        "Content-Type: application/json",
        f"Idempotency-Key: {key}",
        f"Content-Length: {len(body)}",
        "",
        "",
    )
    writer.write("\r\n".join(head).encode() + body)
    assert b"200" in await reader.readline()
    for _ in range(words):
        await reader.readuntil(b"event: token")
    writer.transport.abort() if words % 2 else writer.close()


async def wait_for_cuts(upstream: Server, cuts: int) -> float:
    """Seconds until so many calls to the model were cut off, and none is running."""
    started = time.monotonic()
    while True:
        journal = await asyncio.to_thread(get, f"{upstream.url}/journal")
        if journal["cut"] >= cuts:
            return time.monotonic() - started
        assert time.monotonic() - started < UPSTREAM_SECONDS, f"{cuts - journal['cut']} calls still run"
        await asyncio.sleep(0.01)


async def settled_sockets(server: Server, *, at_most: int = 0) -> int:
    """Sockets of the server's process, once they are as few as wanted or have had time to become it."""
    until = time.monotonic() + (SETTLE_SECONDS if at_most else 1)
    while (count := sockets_of(server)) > at_most and time.monotonic() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return count


def sockets_of(server: Server) -> int:
    count = 0
    for descriptor in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            count += str(descriptor.readlink()).startswith("socket:")
    return count


def check_every_part_is_billed(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        parts = connection.execute(
            """
            SELECT messages.content, messages.completeness, messages.cost, cost_events.outcome, cost_events.cost
            FROM messages JOIN cost_events ON cost_events.message_id = messages.id WHERE messages.role = 'assistant'
            """
        ).fetchall()
        claims = connection.execute("SELECT count(*) FROM idempotency_keys WHERE message_id IS NULL").fetchone()
    connection.close()
    assert len(parts) == CLIENTS + 1
    for content, completeness, cost, outcome, billed in parts:
        assert (completeness, outcome) == ("stopped", "aborted")
        assert content.startswith("word0 ")
        assert cost == billed > 0
    assert claims == (0,), "every key has its answer"
