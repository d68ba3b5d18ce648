"""kill -9 in the middle of turns: what was acknowledged is there, whole, and paid for once.

Learners' programs send turns with an Idempotency-Key and repeat each until it is answered; meanwhile the server is
killed five times at random moments and started again on the same files. What is left is then read twice: from the
database itself and through the API. `make kill-sqlite` kills it 200 times, in batches of 25; `make kill-mongodb` 30
times on MongoDB, in batches of five with a test server each: SecantusDB hangs, a thread spinning, after some ten more.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from benchmarks.servers import Server, free_port, get, register_learner, upstream_settings
from pymongo import MongoClient
from tests.conftest import StartServer, StartUpstream
from tests.fakes.mongodb import REAL_SERVER, MongoServer, dropped_after, fresh_name, on_server

KILLS = int(os.environ.get("MASTERX_TEST_KILLS", "5"))
STORE = os.environ.get("MASTERX_TEST_KILL_STORE", "sqlite")
"""Or `mongodb`, which is the server of `MASTERX_TEST_MONGODB_URI` where there is one."""
BATCH = 25 if STORE == "sqlite" or REAL_SERVER else 5
BATCHES = [min(BATCH, KILLS - done) for done in range(0, KILLS, BATCH)]
IN_FLIGHT = 10
TOKENS = 12
DELAY_MS = 8
"""Between two words of an answer: a turn takes about a tenth of a second, so that a kill meets several."""
RETRY_SECONDS = 0.2
PATIENT = {
    "MASTERX_ACCESS_TOKEN_SECONDS": "86400",
    **{f"MASTERX_{name}_SECONDS": "600" for name in ("FIRST_TOKEN", "STALL", "TOTAL")},
}
RESTART_SECONDS = 240
"""More than a server needs on any machine: one that is busy for a minute tells nothing about lost turns."""
TRANSACTION_SECONDS = 5
"""What a process was writing when it was killed holds the learner's rows for so long: nobody else may end it."""
SEED = 20_260_314

NOT_YET = frozenset({409, 503})
"""The lease of a killed attempt still runs; the store is not open yet."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Of one batch."""

    number: int
    kills: int

    @property
    def turns(self) -> int:
        return max(200, 12 * self.kills) if STORE == "sqlite" else 20 * self.kills

    @property
    def seed(self) -> int:
        return SEED + 10 * self.number

    @property
    def time_limit(self) -> float:
        """In seconds, with a minute for each restart: a busy machine may need that. SecantusDB takes some 30 ms of CPU
        for a turn.
        """
        return 240 + 60 * self.kills if STORE == "sqlite" else 240 + 80 * self.kills


class Outcome(Enum):
    """Of one attempt to have a turn answered."""

    ANSWERED = auto()
    UNREACHABLE = auto()
    INTERRUPTED = auto()
    """The server was killed while it worked on it."""
    NOT_YET = auto()


@dataclass(kw_only=True)
class Turn:
    number: int
    streamed: bool
    session_id: str | None
    answers: list[dict[str, Any]] = field(default_factory=list)
    """Every acknowledgement of this turn, in order; all have to be the same."""
    interruptions: int = 0

    @property
    def key(self) -> str:
        return f"turn-{self.number}"

    @property
    def headers(self) -> dict[str, str]:
        accepted = "text/event-stream" if self.streamed else "application/json"
        return {"Idempotency-Key": self.key, "Accept": accepted}

    @property
    def body(self) -> dict[str, str]:
        opening = {} if self.session_id is None else {"session_id": self.session_id}
        return {"message": f"marker:{self.key} Why is the sky blue?", **opening}


class Learner:
    """One learner's program: `IN_FLIGHT` turns at once, each repeated until it is answered."""

    def __init__(self, url: str, token: str, chance: random.Random) -> None:
        self._url = f"{url}/api/v1/chat"
        self._token = token
        self._chance = chance
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._sessions: list[str] = []
        self.turns: list[Turn] = []
        self._acknowledged = asyncio.Condition()

    async def wait_until_answered(self, count: int) -> None:
        async with self._acknowledged:
            await self._acknowledged.wait_for(lambda: sum(bool(turn.answers) for turn in self.turns) >= count)

    async def run(self, turns: int) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with aiohttp.ClientSession(headers=headers) as client, asyncio.TaskGroup() as tasks:
            for number in range(turns):
                await self._slots.acquire()
                tasks.create_task(self._take(client, number))

    async def repeat_all(self) -> None:
        """Ask once more for what was answered already. On new connections: the server closes one that was idle."""
        headers = {"Authorization": f"Bearer {self._token}"}
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(headers=headers, connector=connector) as client:
            for turn in self.turns:
                assert await self._attempt(client, turn) is Outcome.ANSWERED

    async def _take(self, client: aiohttp.ClientSession, number: int) -> None:
        fresh = not self._sessions or self._chance.random() < 0.2
        turn = Turn(
            number=number,
            streamed=self._chance.random() < 0.5,
            session_id=None if fresh else self._chance.choice(self._sessions),
        )
        self.turns.append(turn)
        outcome = await self._attempt(client, turn)
        while outcome is Outcome.UNREACHABLE:
            await asyncio.sleep(RETRY_SECONDS)
            outcome = await self._attempt(client, turn)
        # A killed turn waits for its lease without keeping the next ones from being asked.
        self._slots.release()
        while outcome is not Outcome.ANSWERED:
            await asyncio.sleep(RETRY_SECONDS)
            outcome = await self._attempt(client, turn)
        self._sessions.append(turn.answers[0]["session_id"])
        async with self._acknowledged:
            self._acknowledged.notify_all()

    async def _attempt(self, client: aiohttp.ClientSession, turn: Turn) -> Outcome:
        try:
            async with client.post(self._url, json=turn.body, headers=turn.headers) as response:
                if response.status in NOT_YET:
                    return Outcome.NOT_YET
                assert response.status == 200, await response.text()
                answer = await self._read(response) if turn.streamed else await response.json()
        except aiohttp.ClientConnectorError:
            return Outcome.UNREACHABLE
        except aiohttp.ClientError:
            answer = None
        if answer is None:
            turn.interruptions += 1
            return Outcome.INTERRUPTED
        turn.answers.append(answer)
        return Outcome.ANSWERED

    async def _read(self, response: aiohttp.ClientResponse) -> dict[str, Any] | None:
        """The answer of the `done` event; None when the stream ended without one."""
        name = ""
        async for line in _lines(response):
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: ") and name == "done":
                return dict(json.loads(line.removeprefix("data: ")))
            assert name != "error", line
        return None


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[str]:
    async for line in response.content:
        yield line.decode().rstrip("\n")


async def kill_and_restart(
    server: Server, start_server: StartServer, learner: Learner, settings: dict[str, str], plan: Plan
) -> None:
    """So many times, spread over the turns, each at a moment of its own."""
    chance = random.Random(plan.seed + 1)
    for number in range(plan.kills):
        await learner.wait_until_answered(plan.turns * (2 * number + 1) // (2 * plan.kills))
        await asyncio.sleep(chance.uniform(0, TOKENS * DELAY_MS / 1000))
        server.kill()
        server = await asyncio.to_thread(
            start_server, settings, directory=server.log.parent, port=server.port, patience=RESTART_SECONDS
        )


Rows = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is in the database, without the server's help."""

    messages: Rows
    sessions: Rows
    ledger: Rows
    days: Rows
    keys: Rows

    def with_role(self, role: str) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in self.messages if row["role"] == role}


def left_in_file(database: Path) -> Left:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"

        def rows(table: str) -> Rows:
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608  # names of ours

        return _left(rows)


def left_in_mongodb(url: str) -> Left:
    with MongoClient[Any](url) as client:
        database = client.get_default_database()

        def rows(collection: str) -> Rows:
            return [row | {"id": row["_id"]} for row in database[collection].find()]

        return _left(rows)


def _left(rows: Callable[[str], Rows]) -> Left:
    return Left(
        messages=rows("messages"),
        sessions=rows("sessions"),
        ledger=rows("cost_events"),
        days=rows("cost_tracking"),
        keys=rows("idempotency_keys"),
    )


def check_nothing_acknowledged_is_missing(turns: list[Turn], left: Left) -> None:
    answers, questions = left.with_role("assistant"), left.with_role("user")
    for turn in turns:
        first, *repeats = turn.answers
        stored = answers[first["message_id"]]
        assert stored["content"] == first["content"]
        assert stored["session_id"] == first["session_id"]
        assert turn.key in questions[first["question_id"]]["content"]
        for repeat in repeats:
            assert (repeat["message_id"], repeat["content"]) == (first["message_id"], first["content"])


def check_every_message_has_its_pair(left: Left) -> None:
    answers, questions = left.with_role("assistant"), left.with_role("user")
    assert Counter(answer["reply_to"] for answer in answers.values()) == Counter(questions.keys())
    for answer in answers.values():
        assert questions[answer["reply_to"]]["session_id"] == answer["session_id"]
    counted = Counter(message["session_id"] for message in left.messages)
    assert {session["id"]: session["total_messages"] for session in left.sessions} == counted


def check_nothing_is_charged_twice(turns: list[Turn], left: Left) -> None:
    asked = Counter(message["content"].split()[0] for message in left.with_role("user").values())
    assert asked == Counter(f"marker:{turn.key}" for turn in turns)
    charged = Counter(row["message_id"] for row in left.ledger if row["outcome"] == "succeeded")
    assert charged == Counter(turn.answers[0]["message_id"] for turn in turns)
    led_to = {row["key"]: row["message_id"] for row in left.keys}
    assert led_to == {turn.key: turn.answers[0]["message_id"] for turn in turns}


def check_no_needless_calls(turns: list[Turn], calls: dict[str, int]) -> None:
    """A model is asked again only for an attempt that a kill cut off."""
    for turn in turns:
        assert 1 <= calls[turn.key] <= 1 + turn.interruptions


def check_sums_agree(left: Left) -> None:
    cost = sum(row["cost"] for row in left.ledger)
    tokens = sum(row["input_tokens"] + row["output_tokens"] for row in left.ledger)
    assert cost > 0
    assert sum(session["total_cost"] for session in left.sessions) == cost
    assert sum(session["total_tokens"] for session in left.sessions) == tokens
    # Each day has a row for the learner, and may have one for the whole system.
    learners = [day for day in left.days if day["user_id"] is not None]
    assert sum(day["total_cost"] for day in learners) == cost
    assert sum(day["total_requests"] for day in learners) == len(left.ledger)


def check_through_the_api(turns: list[Turn], server_url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    found: dict[str, str] = {}
    for session_id in {turn.answers[0]["session_id"] for turn in turns}:
        before = ""
        while True:
            page = get(f"{server_url}/api/v1/sessions/{session_id}?limit=80{before}", headers)
            found |= {message["id"]: message["content"] for message in page["messages"]}
            if not page["has_earlier"]:
                break
            before = f"&before={page['messages'][0]['id']}"
    assert len(found) == 2 * len(turns)
    for turn in turns:
        assert found[turn.answers[0]["message_id"]] == turn.answers[0]["content"]


@pytest.fixture
def database_url() -> Iterator[str | None]:
    """None: a file in the data directory."""
    if STORE == "sqlite":
        yield None
        return
    with ExitStack() as stack:
        if REAL_SERVER is None:
            mongodb = MongoServer(free_port(), transaction_seconds=TRANSACTION_SECONDS)
            stack.callback(mongodb.remove)
            mongodb.wait_until_ready()
        url = on_server(REAL_SERVER or mongodb.address, fresh_name())
        stack.enter_context(dropped_after(url))
        yield url


@pytest.fixture(scope="module")
def sums() -> Iterator[Counter[str]]:
    """Over all batches, printed in the end."""
    found: Counter[str] = Counter()
    yield found
    what = ", ".join(f"{count} {name}" for name, count in found.items())
    print(
        f"\n{STORE}, {len(BATCHES)} batch(es): {what}; 0 acknowledged turns lost, 0 charged twice in those that passed"
    )


@pytest.mark.parametrize("plan", [Plan(number, kills) for number, kills in enumerate(BATCHES)])
async def test_kills_lose_nothing(
    start_server: StartServer,
    start_upstream: StartUpstream,
    tmp_path: Path,
    database_url: str | None,
    plan: Plan,
    sums: Counter[str],
) -> None:
    upstream = start_upstream(tokens=TOKENS, delay_ms=DELAY_MS)
    settings = upstream_settings(upstream.url) | PATIENT
    if database_url is not None:
        settings |= {"MASTERX_DATABASE_URL": database_url}
    port = free_port()
    server = start_server(settings, port=port)
    token = register_learner(server)
    learner = Learner(server.url, token, random.Random(plan.seed))

    async with asyncio.timeout(plan.time_limit), asyncio.TaskGroup() as tasks:
        tasks.create_task(learner.run(plan.turns))
        tasks.create_task(kill_and_restart(server, start_server, learner, settings, plan))
    await learner.repeat_all()

    turns = learner.turns
    left = (
        left_in_file(tmp_path / "data" / "masterx.sqlite3") if database_url is None else left_in_mongodb(database_url)
    )
    interruptions = sum(turn.interruptions for turn in turns)
    assert interruptions >= plan.kills, "the kills met too few turns to prove anything"
    check_nothing_acknowledged_is_missing(turns, left)
    check_every_message_has_its_pair(left)
    check_nothing_is_charged_twice(turns, left)
    check_no_needless_calls(turns, get(f"{upstream.url}/journal")["markers"])
    check_sums_agree(left)
    check_through_the_api(turns, server.url, token)
    sums.update({"kills": plan.kills, "turns": len(turns), "attempts interrupted": interruptions})
