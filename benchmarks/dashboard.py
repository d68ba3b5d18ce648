"""How fast an operator sees a year of calls: `python -m benchmarks.dashboard`, from the repository's root.

Makes a database with a ledger of 1,000,000 rows over the last 365 days (200 learners, 5 providers, 6 categories), lets
the schema's own migration fill the sums, and asks a real server over HTTP. Then the books are checked and, in this
process, whole again. The median and the slowest of 20 requests each, the first one with cold caches among them, and
the server's CPU time for one, which says more where other programs share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from benchmarks.servers import Server, free_port, running, start_masterx
from masterx.api.cookies import ACCESS_COOKIE
from masterx.clock import SystemClock
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.sqlite.connection import use_wal
from masterx.store.sqlite.migrations import MIGRATIONS, migrate

ROWS = 1_000_000
DAYS = 365
LEARNERS = 200
MODELS = (("openai", "gpt-a"), ("openai", "gpt-b"), ("groq", "llama"), ("anthropic", "claude"), ("gemini", "flash"))
CATEGORIES = ("coding", "math", "research", "language", "empathy", "general")
REQUESTS = 20
BAR_MS = 200
SEED = 20_261_123
PATHS = (
    "costs?period=today",
    "costs?period=week",
    "costs?period=month",
    "costs?period=year",
    "costs/series?period=today",
    "costs/series?period=month",
    "costs/series?period=year",
    "providers",
    "budgets",
    "users?sort=spend",
)
SCHEMA_BEFORE = next(number for number, step in enumerate(MIGRATIONS) if step.name == "administration")

_EVENT = """
    INSERT INTO cost_events (id, timestamp, provider, model, purpose, outcome, pricing, cost, category, user_id,
        session_id, message_id, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, usage_estimated,
        duration_ms, error_code, tier, budget_charge)
    VALUES (?, ?, ?, ?, 'chat', ?, ?, ?, ?, ?, ?, ?, 400, 200, 0, 0, 0, 900, NULL, 'free', ?)
"""
_USER = """
    INSERT INTO users (id, email, email_normalised, name, created_at, role, learning_preferences, subscription_tier,
        total_sessions)
    VALUES (?1, ?1 || '@example.org', ?1 || '@example.org', ?1, '2025-01-01T00:00:00.000000Z', 'learner',
        '{"preferred_subjects":[],"learning_style":null,"difficulty_preference":"adaptive"}', 'free', 0)
"""
_DAYS = """
    INSERT INTO cost_tracking (id, date, provider, user_id, total_requests, total_tokens, total_cost,
        category_breakdown)
    SELECT lower(hex(randomblob(16))), day, provider, user_id, sum(calls), sum(tokens), sum(cost),
        json_group_object(category, cost)
    FROM (
        SELECT substr(timestamp, 1, 10) AS day, provider, {user} AS user_id, category, count(*) AS calls,
            sum(input_tokens + output_tokens) AS tokens, sum(cost) AS cost
        FROM cost_events GROUP BY 1, 2, 3, 4
    ) GROUP BY day, provider, user_id
"""
_BOOKS = (
    _DAYS.format(user="NULL"),
    _DAYS.format(user="user_id"),
    """
    INSERT INTO sessions (id, user_id, started_at, last_activity_at, total_messages, total_tokens, total_cost,
        emotion_trajectory, status)
    SELECT session_id, user_id, min(timestamp), max(timestamp), count(*) * 2, sum(input_tokens + output_tokens),
        sum(cost), '[]', 'completed'
    FROM cost_events GROUP BY session_id
    """,
    """
    INSERT INTO messages (id, session_id, user_id, role, content, timestamp, tokens_used, cost)
    SELECT message_id, session_id, user_id, 'assistant', 'So it is.', timestamp, input_tokens + output_tokens, cost
    FROM cost_events WHERE message_id IS NOT NULL
    """,
    *(
        f"INSERT INTO budget_spending SELECT '{kind}', {name}, substr(timestamp, 1, {length}) AS period,"  # noqa: S608 (our own words)
        f" sum(budget_charge) FROM cost_events WHERE budget_charge > 0 GROUP BY {name}, period"
        for kind, name in (("system", "''"), ("provider", "provider"), ("tier", "tier"), ("user", "user_id"))
        for length in (13, 10, 7)
    ),
)


def calls(rows: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    """In the order of time, ten to a lesson."""
    chance = random.Random(SEED)
    step = timedelta(days=DAYS) / rows
    for number in range(rows):
        moment = now - timedelta(days=DAYS) + number * step
        provider, model = chance.choice(MODELS)
        outcome = "failed" if chance.random() < 0.02 else "succeeded"
        pricing = "unpriced" if chance.random() < 0.01 else "priced"
        cost = 0 if outcome == "failed" or pricing == "unpriced" else chance.randrange(100_000, 9_000_000)
        learner = number // 10 % LEARNERS
        id_ = f"{int(moment.timestamp() * 1000):012x}{chance.getrandbits(80):020x}"
        yield (
            f"{id_[:8]}-{id_[8:12]}-{id_[12:16]}-{id_[16:20]}-{id_[20:]}",
            f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z",
            provider,
            model,
            outcome,
            pricing,
            cost,
            chance.choice(CATEGORIES),
            f"learner-{learner:03}",
            f"lesson-{number // 10:08}",
            None if outcome == "failed" else f"answer-{number:09}",
            cost,
        )


def fill(path: Path, rows: int) -> dict[str, float]:
    """A database as of before the sums, then brought forward by its own migrations; seconds."""
    started = time.perf_counter()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        use_wal(connection)
        connection.execute("PRAGMA synchronous = OFF")
        migrate(connection, SystemClock(), MIGRATIONS[:SCHEMA_BEFORE])
        connection.execute("BEGIN")
        connection.executemany(_USER, [(f"learner-{number:03}",) for number in range(LEARNERS)])
        connection.executemany(_EVENT, calls(rows, datetime.now(UTC)))
        for statement in _BOOKS:
            connection.execute(statement)
        connection.execute("COMMIT")
        filled = time.perf_counter()
        migrate(connection, SystemClock())
        return {"fill_seconds": filled - started, "migration_seconds": time.perf_counter() - filled}


def ask(server: Server, token: str) -> dict[str, tuple[float, float, float]]:
    """The median and the slowest of each path, and CPU time, in milliseconds."""
    found = {}
    for path in PATHS:
        request = urllib.request.Request(
            f"{server.url}/api/v1/admin/{path}", headers={"Authorization": f"Bearer {token}"}
        )
        times, cpu = [], server.cpu_seconds()
        for _ in range(REQUESTS):
            started = time.perf_counter()
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
            times.append((time.perf_counter() - started) * 1000)
        found[path] = (statistics.median(times), max(times), (server.cpu_seconds() - cpu) / REQUESTS * 1000)
    return found


async def verify(directory: Path) -> tuple[tuple[float, float], bool, int]:
    """Seconds and CPU seconds, whether the books agree, and of how many calls."""
    store = await open_store(StoreSettings(data_dir=directory / "data"), SystemClock())
    started, cpu = time.perf_counter(), time.process_time()
    audit = await store.audit()
    elapsed = time.perf_counter() - started, time.process_time() - cpu
    await store.close()
    return elapsed, audit.is_true, audit.calls


def sign_in(url: str, link: str) -> str:
    """The administrator of a new server, as the link it printed lets them in: their access token."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with opener.open(f"{url}/sign-in/link?{link.partition('?')[2]}") as answer:
        answer.read()
    return next(cookie.value or "" for cookie in jar if cookie.name == ACCESS_COOKIE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--folder", type=Path, help="where to make the database; default: the temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        directory = Path(folder)
        (directory / "data").mkdir(mode=0o700)
        print(json.dumps({"rows": options.rows, **fill(directory / "data" / "masterx.sqlite3", options.rows)}))
        environment = {"MASTERX_LOCAL_MODEL": "false", "MASTERX_FIND_LOCAL_SERVERS": "false"}
        server = start_masterx(directory, "--sign-in-link", port=free_port(), environment=environment)
        with running(server, "/api/v1/health", 60):
            found = ask(server, sign_in(server.url, server.sign_in_link))
        for path, (median, slowest, cpu) in found.items():
            print(f"{path:28} {median:7.1f} ms   slowest {slowest:7.1f} ms   CPU {cpu:6.1f} ms")
        (elapsed, cpu), is_true, rows = asyncio.run(verify(directory))
        says = "the books agree" if is_true else "THEY DO NOT AGREE"
        print(f"verify: {elapsed:.1f} s, CPU {cpu:.1f} s, for {rows:,} calls: {says}")
    if not is_true or max(median for median, _, _ in found.values()) > BAR_MS:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
