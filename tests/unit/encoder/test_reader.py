from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from tests.fakes.model_facts import small_facts
from tests.fakes.readings import make_reading

from masterx.encoder.files import ModelFacts
from masterx.encoder.reader import MOST_TOGETHER, Encoder
from masterx.errors import EncoderUnavailable
from masterx.records.readings import Reading


@dataclass
class HeldModel:
    """Reads nothing until it is let go, and keeps what was asked for together."""

    facts: ModelFacts = field(default_factory=small_facts)
    began: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    batches: list[list[str]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        self.batches.append(list(texts))
        self.threads.add(threading.current_thread().name)
        self.began.set()
        assert self.go.wait(60)
        if "bad" in texts:
            raise ValueError("what the learner wrote")
        return [make_reading(text, version=text) for text in texts]


@pytest.fixture
def model() -> HeldModel:
    return HeldModel()


async def until_reading(model: HeldModel) -> None:
    assert await asyncio.to_thread(model.began.wait, 20)


async def test_each_gets_the_reading_of_its_own_text(model: HeldModel) -> None:
    encoder = Encoder(model)
    model.go.set()
    readings = await asyncio.gather(*(encoder.read(str(number)) for number in range(100)))
    assert [reading.version for reading in readings] == [str(number) for number in range(100)]
    await encoder.close()


async def test_what_comes_meanwhile_is_read_together(model: HeldModel) -> None:
    encoder = Encoder(model)
    first = asyncio.create_task(encoder.read("first"))
    await until_reading(model)
    others = [asyncio.create_task(encoder.read(str(number))) for number in range(MOST_TOGETHER + 3)]
    await asyncio.sleep(0)
    model.go.set()
    await asyncio.gather(first, *others)
    assert [len(batch) for batch in model.batches] == [1, MOST_TOGETHER, 3]
    await encoder.close()


async def test_the_event_loop_goes_on_while_it_reads(model: HeldModel) -> None:
    encoder = Encoder(model)
    reading = asyncio.create_task(encoder.read("slow"))
    await until_reading(model)
    assert not reading.done()
    model.go.set()
    await reading
    assert model.threads == {"encoder_0"}
    await encoder.close()


async def test_who_left_is_not_read(model: HeldModel) -> None:
    encoder = Encoder(model)
    first = asyncio.create_task(encoder.read("first"))
    await until_reading(model)
    left, stayed = asyncio.create_task(encoder.read("left")), asyncio.create_task(encoder.read("stayed"))
    await asyncio.sleep(0)
    left.cancel()
    await asyncio.sleep(0)
    model.go.set()
    assert (await stayed).version == "stayed"
    await first
    assert model.batches == [["first"], ["stayed"]]
    await encoder.close()


async def test_a_failure_is_typed_names_no_text_and_ends_nothing(model: HeldModel) -> None:
    encoder = Encoder(model)
    model.go.set()
    with pytest.raises(EncoderUnavailable) as raised:
        await encoder.read("bad")
    assert raised.value.details == {"error": "ValueError"}
    assert (await encoder.read("good")).version == "good"
    await encoder.close()


async def test_closing_reads_what_waits_and_refuses_the_rest(model: HeldModel) -> None:
    encoder = Encoder(model)
    waiting = asyncio.create_task(encoder.read("waiting"))
    await until_reading(model)
    model.go.set()
    await encoder.close()
    assert (await waiting).version == "waiting"
    with pytest.raises(EncoderUnavailable):
        await encoder.read("late")
