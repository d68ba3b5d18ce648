from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from tests.fakes.clock import START, FrozenClock

from masterx.errors import NotFound
from masterx.records.administration import ProviderSwitch, Signals
from masterx.routing.switches import ProviderSwitches


class Kept:
    """What all processes share."""

    def __init__(self) -> None:
        self.switches: dict[str, ProviderSwitch] = {}

    def of(self, provider: str, now: datetime) -> ProviderSwitch:
        return self.switches.get(provider, ProviderSwitch(provider=provider, changed_at=now))

    async def signals(self) -> Signals:
        return Signals(switches=dict(self.switches))

    async def disable_provider(self, provider: str, disabled: bool, now: datetime) -> ProviderSwitch:
        self.switches[provider] = replace(self.of(provider, now), disabled=disabled)
        return self.switches[provider]

    async def reset_provider(self, provider: str, now: datetime) -> ProviderSwitch:
        switch = self.of(provider, now)
        self.switches[provider] = replace(switch, resets=switch.resets + 1)
        return self.switches[provider]


class Process:
    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.resets: list[str] = []
        self.switches = ProviderSwitches(
            kept, FrozenClock(START), reset_breaker=self.resets.append, known=lambda: {"groq", "openai"}
        )

    async def look(self) -> None:
        await self.switches.apply(await self.kept.signals())


async def test_all_may_be_called_before_anything_is_known() -> None:
    switches = Process(Kept()).switches
    assert switches.may_call("groq")
    assert switches.disabled == frozenset()


async def test_what_one_process_switches_the_others_see_when_they_look() -> None:
    kept = Kept()
    here, there = Process(kept), Process(kept)
    await there.look()
    assert (await here.switches.disable("groq")).disabled
    assert not here.switches.may_call("groq")
    assert there.switches.may_call("groq")
    await there.look()
    assert (there.switches.disabled, there.switches.may_call("openai")) == (frozenset({"groq"}), True)
    await there.switches.enable("groq")
    await here.look()
    assert here.switches.may_call("groq")


async def test_each_process_resets_its_breaker_once_for_each_reset() -> None:
    kept = Kept()
    here, there = Process(kept), Process(kept)
    for process in (here, there):
        await process.look()
    await here.switches.reset("groq")
    for process in (here, there, there):
        await process.look()
    assert (here.resets, there.resets) == (["groq"], ["groq"])
    await there.switches.reset("groq")
    await here.look()
    assert here.resets == ["groq", "groq"]


async def test_resets_from_before_its_time_are_no_news() -> None:
    kept = Kept()
    await kept.reset_provider("groq", START)
    late = Process(kept)
    await late.look()
    assert late.resets == []


async def test_only_what_is_configured_can_be_switched() -> None:
    switches = Process(Kept()).switches
    for act in (switches.disable, switches.enable, switches.reset):
        with pytest.raises(NotFound):
            await act("nobody")
