"""Keys exchanged while answers run, with each vendor's official SDK against a server on loopback."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from tests.fakes.clock import FrozenClock
from tests.fakes.dialects import DIALECTS, KEY, Dialect
from tests.fakes.wire import Reply, Wire, head, serving

from masterx.errors import ConfigurationError
from masterx.providers.base import Deadlines, GenerationRequest, PromptMessage, TextDelta
from masterx.providers.keys import ProviderKeys
from masterx.providers.registry import ProviderRegistry
from masterx.providers.reload import Reloads
from masterx.records.administration import Signals
from masterx.settings import LocalModelSettings, StoreSettings
from masterx.store.opening import open_store

REQUEST = GenerationRequest(messages=(PromptMessage("user", "What is light?"),), max_output_tokens=64)
PATIENT = Deadlines(first_token=60, stall=60, total=120)
NEXT_KEY = "sk-the-next-key-9876543210"
NO_OTHERS = LocalModelSettings(local_model=False, find_local_servers=False)
ANY_DIALECT = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


def variables(dialect: Dialect, server: Wire) -> dict[str, str]:
    return {
        "WIRE_API_KEY": KEY,
        "WIRE_MODEL_NAME": dialect.model,
        "WIRE_BASE_URL": server.root + dialect.path,
        "WIRE_DIALECT": dialect.name,
    }


def halting(dialect: Dialect, gate: asyncio.Event) -> Reply:
    """A stream that waits in its middle."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        writer.write(head() + dialect.opening + dialect.word("one "))
        await writer.drain()
        await gate.wait()
        writer.write(dialect.word("two") + dialect.ending(dialect.stop))
        await writer.drain()
        writer.close()

    return reply


class Asked:
    """Counts reloads as a store does."""

    def __init__(self) -> None:
        self.generation = 0

    async def ask_for_reload(self, now: datetime) -> int:
        self.generation += 1
        return self.generation


@ANY_DIALECT
async def test_an_answer_under_way_ends_on_the_old_key_and_the_next_has_the_new_one(dialect: Dialect) -> None:
    gate = asyncio.Event()
    async with serving(halting(dialect, gate), dialect.reply("stream", "three")) as server:
        found = variables(dialect, server)
        registry = ProviderRegistry(found, local_model=NO_OTHERS)
        (former,) = registry.ready()
        events = former.stream(REQUEST, PATIENT)
        words = [await anext(events)]
        found["WIRE_API_KEY"] = NEXT_KEY

        assert await registry.reload() == ("wire",)

        (following,) = registry.ready()
        assert following is not former
        answer = [event async for event in following.stream(REQUEST, PATIENT)]
        gate.set()
        words += [event async for event in events]
        assert [event.text for event in words if isinstance(event, TextDelta)] == ["one ", "two"]
        assert [event.text for event in answer if isinstance(event, TextDelta)] == ["three"]
        assert [KEY in asked.head for asked in server.received] == [True, False]
        assert [NEXT_KEY in asked.head for asked in server.received] == [False, True]
        await registry.aclose()


@ANY_DIALECT
async def test_a_client_that_nobody_uses_is_closed_with_its_connections(dialect: Dialect) -> None:
    async with serving(dialect.reply("complete", "one")) as server:
        found = variables(dialect, server)
        registry = ProviderRegistry(found, local_model=NO_OTHERS)
        (former,) = registry.ready()
        await former.complete(REQUEST, PATIENT)
        found["WIRE_API_KEY"] = NEXT_KEY
        await registry.reload()
        async with asyncio.timeout(30):
            await server.all_closed.wait()
        # A turn that chose it before the reload still gets its answer, and leaves nothing open.
        assert (await former.complete(REQUEST, PATIENT)).text == "one"
        async with asyncio.timeout(30):
            await server.all_closed.wait()
        await registry.aclose()


async def test_a_reload_reaches_every_process_and_notes_the_new_key(tmp_path: Path) -> None:
    clock, asked = FrozenClock(), Asked()
    store = await open_store(StoreSettings(data_dir=tmp_path), clock)
    here, there = ({"GROQ_API_KEY": KEY, "GROQ_MODEL_NAME": "m"} for _ in range(2))
    registries = [ProviderRegistry(found, local_model=NO_OTHERS) for found in (here, there)]
    keys = [ProviderKeys(registry, store, clock, b"secret") for registry in registries]
    first, second = (Reloads(registry, of, asked, clock) for registry, of in zip(registries, keys, strict=True))
    for reloads in (first, second):
        await reloads.apply(Signals(switches={}, reload_generation=0))
    await keys[0].reports()
    clock.advance(40 * 86_400)
    here["GROQ_API_KEY"] = there["GROQ_API_KEY"] = NEXT_KEY

    assert await first.request() == ("groq",)
    signals = Signals(switches={}, reload_generation=asked.generation)
    await first.apply(signals)
    assert registries[1].keys()["groq"].get_secret_value() == KEY
    await second.apply(signals)

    assert registries[1].keys()["groq"].get_secret_value() == NEXT_KEY
    assert (await keys[1].reports())["groq"].age_days == 0
    await store.close()


async def test_a_file_that_cannot_be_read_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"GROQ_API_KEY={KEY}\nGROQ_MODEL_NAME=m\n")
    clock, asked = FrozenClock(), Asked()
    store = await open_store(StoreSettings(data_dir=tmp_path / "data"), clock)
    registry = ProviderRegistry(local_model=NO_OTHERS)
    reloads = Reloads(registry, ProviderKeys(registry, store, clock, b"secret"), asked, clock)
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError):
        await reloads.request()
    await reloads.apply(Signals(switches={}, reload_generation=1))
    assert asked.generation == 0
    assert "groq" in registry.providers
    await store.close()
