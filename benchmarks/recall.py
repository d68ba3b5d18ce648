"""Recall over all that one learner ever wrote, and search: `make bench-recall`.

100,000 messages of one learner with random meanings, in a SQLite file of their own. The first look-up reads all of
them; the figure is the 95th percentile of those that follow, each for another meaning, with the messages that are found
read from the database.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from masterx.clock import SystemClock, new_id
from masterx.memory.recall import ExactRecall
from masterx.records.messages import Completeness, Message, MessageRole
from masterx.records.sessions import Session
from masterx.records.turns import TurnRecord
from masterx.records.users import User
from masterx.settings import StoreSettings
from masterx.store.opening import open_store
from masterx.store.ports import Store

MESSAGES = 100_000
LOOK_UPS = 200
WIDTH = 384
TOGETHER = 500


async def fill(store: Store, messages: int) -> str:
    """One learner with so many messages in one lesson; their id."""
    clock = SystemClock()
    now = clock.now()
    user = User(id=new_id(now), email="learner@example.org", name="Learner", created_at=now)
    await store.add_user(user)
    session = Session(id=new_id(now), user_id=user.id, started_at=now, last_activity_at=now, title="All of it")
    await store.record_turn(_turn(session, opens=True))
    for start in range(1, messages // 2, TOGETHER):
        count = min(TOGETHER, messages // 2 - start)
        await asyncio.gather(*(store.record_turn(_turn(session)) for _ in range(count)))
        print(f"\r{2 * (start + count):,} messages", end="", file=sys.stderr)
    print(file=sys.stderr)
    return user.id


_GENERATOR = np.random.default_rng(1)


def _meaning() -> tuple[float, ...]:
    return tuple(_GENERATOR.standard_normal(WIDTH).tolist())


def _turn(session: Session, *, opens: bool = False) -> TurnRecord:
    now = SystemClock().now()
    question = Message(
        id=new_id(now),
        session_id=session.id,
        user_id=session.user_id,
        role=MessageRole.USER,
        content="Why does the product of two negative numbers come out positive?",
        timestamp=now,
        embedding=_meaning(),
    )
    answer = replace(
        question,
        id=new_id(now),
        role=MessageRole.ASSISTANT,
        content="Watch a pattern: 3, 2, 1, 0 times minus two. What comes next?",
        reply_to=question.id,
        completeness=Completeness.COMPLETE,
        embedding=_meaning(),
    )
    return TurnRecord(session=session, opens_session=opens, question=question, answer=answer, calls=())


async def measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(StoreSettings(_env_file=None, data_dir=Path(folder)), SystemClock())
        user_id = await fill(store, MESSAGES)
        recall = ExactRecall(store, SystemClock())
        milliseconds: list[float] = []
        for _ in range(LOOK_UPS + 1):
            meaning = np.array(_meaning(), dtype=np.float32)
            started = time.perf_counter()
            found = await recall.nearest(user_id, meaning / np.linalg.norm(meaning), count=4, least=0.0)
            milliseconds.append((time.perf_counter() - started) * 1000)
            assert len(found) == 4, "a benchmark that finds nothing measures nothing"
        await store.close()
    first, rest = milliseconds[0], milliseconds[1:]
    p95 = statistics.quantiles(rest, n=20)[-1]
    print(f"{MESSAGES:,} messages of one learner: the first look-up {first:,.0f} ms,")
    print(f"  then {statistics.median(rest):.1f} ms in the middle and {p95:.1f} ms at the 95th percentile")


if __name__ == "__main__":
    asyncio.run(measure())
