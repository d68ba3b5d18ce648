from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tests.fakes.clock import FrozenClock
from tests.fakes.readings import FakeReader

from masterx.memory.reading_later import LOOKED_BACK, TOGETHER, read_later
from masterx.records.messages import Message
from masterx.records.recall import MessageVector, Unread


class Unreads:
    """A store of messages that nobody has read."""

    def __init__(self, count: int, at: datetime) -> None:
        self.left = {f"message-{number}": at for number in range(count)}
        self.pages: list[int] = []

    async def unread_messages(self, *, since: datetime, limit: int) -> Sequence[Unread]:
        found = [key for key, at in self.left.items() if at >= since][:limit]
        self.pages.append(len(found))
        return [Unread(id=key, user_id="someone", content=f"text of {key}") for key in found]

    async def add_embeddings(self, embeddings: Mapping[str, tuple[float, ...]]) -> None:
        for key, vector in embeddings.items():
            assert len(vector) == 384
            del self.left[key]

    async def message_vectors(
        self, user_id: str, *, after: tuple[datetime, str] | None = None, limit: int
    ) -> Sequence[MessageVector]:
        raise NotImplementedError

    async def messages_by_id(self, user_id: str, ids: Sequence[str]) -> Sequence[Message]:
        raise NotImplementedError


async def test_everything_of_the_last_days_is_read_few_at_a_time(clock: FrozenClock) -> None:
    store = Unreads(40, clock.now() - timedelta(hours=1))
    assert await read_later(store, FakeReader(), clock) == 40
    assert store.left == {}
    assert max(store.pages) == TOGETHER


async def test_a_run_has_an_end(clock: FrozenClock) -> None:
    store = Unreads(40, clock.now())
    assert await read_later(store, FakeReader(), clock, most=20) == 20
    assert len(store.left) == 20


async def test_what_is_older_is_left_alone(clock: FrozenClock) -> None:
    store = Unreads(3, clock.now() - LOOKED_BACK - timedelta(hours=1))
    assert await read_later(store, FakeReader(), clock) == 0
    assert await read_later(store, FakeReader(), clock, back=timedelta(days=30)) == 3


async def test_without_the_encoder_nothing_is_lost(clock: FrozenClock) -> None:
    store = Unreads(3, clock.now())
    assert await read_later(store, FakeReader(fails=True), clock) == 0
    assert len(store.left) == 3
