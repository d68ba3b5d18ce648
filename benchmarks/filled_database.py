"""A database with many lessons, made in bulk: `python -m benchmarks.filled_database FILE --messages 1000000`.

Learners with 50 lessons of 20 messages each; questions of about 100 bytes with an embedding of 384 float32, answers of
about 900 bytes, one row of the ledger for each. Texts are made of words, so that they compress as prose does. The same
seed makes the same file.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from masterx.clock import Clock, SystemClock
from masterx.store.rows import BATCH_ROWS, Fields, Row
from masterx.store.schema import SCHEMA_VERSION
from masterx.store.sqlite.connection import DatabaseFile
from masterx.store.sqlite.rows import SQLiteRowTarget

LESSON_MESSAGES = 20
LEARNER_LESSONS = 50
DIMENSIONS = 384
PREFERENCES: dict[str, object] = {"preferred_subjects": [], "learning_style": None, "difficulty_preference": "adaptive"}
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = """
the of and to in is that it as for with on be this from at which but have an are not can we you if so what
half  angle area square function derivative limit number equation prove find value point line sum product
fraction  because therefore suppose consider remember notice look try think question answer step next first
second matrix
""".split()  # noqa: SIM905 (a list of this length would be a column)


def _words(random_: random.Random, letters: int) -> str:
    return " ".join(random_.choices(WORDS, k=letters // 6)).capitalize() + "."


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def _id(random_: random.Random, moment: datetime) -> str:
    """As `clock.new_id`, with the randomness passed in."""
    milliseconds = int(moment.timestamp() * 1000)
    text = (
        f"{milliseconds:012x}7{random_.getrandbits(12):03x}{8 + random_.getrandbits(2):x}{random_.getrandbits(60):015x}"
    )
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _filled(fields: Fields, **values: Any) -> list[Any]:
    unknown = set(values) - set(fields)
    assert not unknown, unknown
    return [values.get(name) for name in fields]


class Lessons:
    """Rows by collection, lesson after lesson."""

    def __init__(self, fields: dict[str, Fields], messages: int, *, embeddings: bool) -> None:
        self._fields = fields
        self._messages = messages
        self._embeddings = embeddings
        self._random = random.Random(20_260_101)
        self._vectors = np.random.default_rng(20_260_101)

    def rows(self) -> Iterator[tuple[str, Row]]:
        user_id = ""
        for lesson in range(-(-self._messages // LESSON_MESSAGES)):
            started = BEGIN + timedelta(seconds=40 * lesson)
            if lesson % LEARNER_LESSONS == 0:
                user_id = _id(self._random, started)
                yield "users", self._user(user_id, started)
            session_id = _id(self._random, started)
            yield "sessions", self._session(session_id, user_id, started)
            yield from self._turns(lesson, session_id, user_id, started)

    def _user(self, user_id: str, at: datetime) -> Row:
        email = f"{user_id}@example.org"
        return _filled(
            self._fields["users"],
            id=user_id,
            email=email,
            email_normalised=email,
            name="Noether",
            created_at=_time(at),
            role="learner",
            learning_preferences=PREFERENCES,
            subscription_tier="free",
            total_sessions=LEARNER_LESSONS,
            last_active=_time(at),
        )

    def _session(self, session_id: str, user_id: str, at: datetime) -> Row:
        return _filled(
            self._fields["sessions"],
            id=session_id,
            user_id=user_id,
            started_at=_time(at),
            last_activity_at=_time(at + timedelta(minutes=10)),
            title="Fractions",
            total_messages=LESSON_MESSAGES,
            total_tokens=2_400,
            total_cost=7_500_000,
            emotion_trajectory=[],
            status="abandoned",
        )

    def _turns(self, lesson: int, session_id: str, user_id: str, started: datetime) -> Iterator[tuple[str, Row]]:
        random_ = self._random
        for turn in range(LESSON_MESSAGES // 2):
            at = started + timedelta(minutes=turn)
            question_id, answer_id = _id(random_, at), _id(random_, at + timedelta(seconds=1))
            position = lesson * LESSON_MESSAGES + 2 * turn + 1
            whose = {"session_id": session_id, "user_id": user_id}
            yield (
                "messages",
                _filled(
                    self._fields["messages"],
                    position=position,
                    id=question_id,
                    role="user",
                    content=_words(random_, random_.randint(40, 160)),
                    timestamp=_time(at),
                    embedding=self._embedding(),
                    **whose,
                ),
            )
            spent = {"provider_used": "openai", "model_used": "gpt-4o-mini", "tokens_used": 240, "cost": 750_000}
            yield (
                "messages",
                _filled(
                    self._fields["messages"],
                    position=position + 1,
                    id=answer_id,
                    role="assistant",
                    content=_words(random_, random_.randint(400, 1_400)),
                    timestamp=_time(at + timedelta(seconds=1)),
                    reply_to=question_id,
                    response_time_ms=900,
                    first_token_ms=200,
                    completeness="complete",
                    usage_estimated=False,
                    **spent,
                    **whose,
                ),
            )
            yield "cost_events", self._call(at, answer_id, whose)

    def _call(self, at: datetime, message_id: str, whose: dict[str, str]) -> Row:
        counts = dict.fromkeys(("cached_input_tokens", "reasoning_tokens"), 0)
        return _filled(
            self._fields["cost_events"],
            id=_id(self._random, at),
            timestamp=_time(at),
            provider="openai",
            model="gpt-4o-mini",
            purpose="chat",
            outcome="succeeded",
            pricing="priced",
            cost=750_000,
            budget_charge=750_000,
            category="general",
            message_id=message_id,
            input_tokens=200,
            output_tokens=40,
            usage_estimated=False,
            duration_ms=900,
            **counts,
            **whose,
        )

    def _embedding(self) -> str | None:
        if not self._embeddings:
            return None
        return b64encode(self._vectors.normal(0, 0.05, DIMENSIONS).astype("<f4").tobytes()).decode()


async def fill(path: Path, messages: int, clock: Clock, *, embeddings: bool = True) -> None:
    """A new file, at an absolute path."""
    target = await SQLiteRowTarget.open(DatabaseFile(path, 2), SCHEMA_VERSION, clock)
    fields = dict((await target.written()).fields)
    waiting: dict[str, list[Row]] = {name: [] for name in fields}
    for collection, row in Lessons(fields, messages, embeddings=embeddings).rows():
        waiting[collection].append(row)
        if len(waiting[collection]) == BATCH_ROWS:
            await target.add(collection, fields[collection], waiting[collection])
            waiting[collection] = []
    for collection, rows in waiting.items():
        await target.add(collection, fields[collection], rows)
    await target.finish()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--without-embeddings", action="store_true")
    options = parser.parse_args()
    assert not options.file.exists(), options.file
    asyncio.run(
        fill(options.file.absolute(), options.messages, SystemClock(), embeddings=not options.without_embeddings)
    )


if __name__ == "__main__":
    main()
