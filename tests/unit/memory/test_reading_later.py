from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.readings import FakeReader

from masterx.memory.reading_later import A_RUN, BUSY, LOOKED_BACK, PUT_OFF, TOGETHER, LaterReading
from masterx.records.messages import Message
from masterx.records.readings import Reading
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


class Cpu:
    """Of a process that uses a share of one core by the test's clock, and all of it while it reads."""

    def __init__(self, clock: FrozenClock, share: float = 0.0) -> None:
        self._clock = clock
        self._seen = 0.0
        self._used = 0.0
        self.share = share

    def __call__(self) -> float:
        self._used += self.share * (self._clock.monotonic() - self._seen)
        self._seen = self._clock.monotonic()
        return self._used

    async def pause(self, seconds: float) -> None:
        self()
        self._clock.advance(seconds)


class SlowReader(FakeReader):
    """Takes a tenth of a second for each text."""

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__()
        self._clock = clock

    async def read(self, text: str) -> Reading:
        self._clock.advance(0.1)
        return await super().read(text)


def reading_of(
    store: Unreads, clock: FrozenClock, *, reader: FakeReader | None = None, cpu: Cpu | None = None
) -> LaterReading:
    cpu = cpu or Cpu(clock)
    return LaterReading(store, reader or FakeReader(), clock, used_seconds=cpu, pause=cpu.pause)


async def test_everything_of_the_last_days_is_read_and_written_few_at_a_time(clock: FrozenClock) -> None:
    store = Unreads(40, clock.now() - timedelta(hours=1))
    assert await reading_of(store, clock).run() == 40
    assert store.left == {}
    assert max(store.pages) == TOGETHER


async def test_a_run_has_an_end(clock: FrozenClock) -> None:
    store = Unreads(A_RUN + 20, clock.now())
    reading = reading_of(store, clock)
    assert await reading.run() == A_RUN
    assert await reading.run() == 20


async def test_what_is_older_is_left_alone(clock: FrozenClock) -> None:
    store = Unreads(3, clock.now() - LOOKED_BACK - timedelta(hours=1))
    assert await reading_of(store, clock).run() == 0


async def test_without_the_encoder_nothing_is_lost(clock: FrozenClock) -> None:
    store = Unreads(3, clock.now())
    assert await reading_of(store, clock, reader=FakeReader(fails=True)).run() == 0
    assert len(store.left) == 3


async def test_turns_go_first(clock: FrozenClock) -> None:
    store = Unreads(40, clock.now())
    reading = reading_of(store, clock, cpu=Cpu(clock, BUSY + 0.05))
    clock.advance(5)
    assert await reading.run() == 0
    quiet = reading_of(store, clock, cpu=Cpu(clock, BUSY - 0.05))
    clock.advance(5)
    assert await quiet.run() == 40


async def test_a_run_ends_when_turns_begin(clock: FrozenClock) -> None:
    store = Unreads(100, clock.now())
    cpu = Cpu(clock)

    class Reader(FakeReader):
        async def read(self, text: str) -> Reading:
            if len(self.read_texts) == TOGETHER + 3:
                cpu.share = 0.5
            return await super().read(text)

    assert await reading_of(store, clock, reader=Reader(), cpu=cpu).run() == 2 * TOGETHER


async def test_what_reading_takes_does_not_count_as_turns(clock: FrozenClock) -> None:
    store = Unreads(40, clock.now())
    cpu = Cpu(clock)

    class Reader(SlowReader):
        async def read(self, text: str) -> Reading:
            cpu.share = 1.0
            try:
                return await super().read(text)
            finally:
                cpu()
                cpu.share = 0.0

    assert await reading_of(store, clock, reader=Reader(clock), cpu=cpu).run() == 40
    assert cpu() == pytest.approx(4.0)


async def test_a_server_that_is_always_busy_reads_for_a_part_of_the_time(clock: FrozenClock) -> None:
    store = Unreads(500, clock.now())
    reading = reading_of(store, clock, reader=SlowReader(clock), cpu=Cpu(clock, 0.9))
    counts = []
    while clock.monotonic() < PUT_OFF.total_seconds() + 20:
        clock.advance(5)
        counts.append(await reading.run())
    put_off = [count for count in counts if count == 0]
    assert len(put_off) * 5 >= PUT_OFF.total_seconds() - 10
    assert counts[-2:] == [TOGETHER, TOGETHER]  # a page takes longer than what is left for it
