"""Several processes, each with a clock of its own, and what they tell each other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START, FrozenClock

from masterx.clock import TOLERATED_SKEW_SECONDS
from masterx.errors import DatabaseUnavailable, ProviderError, ProviderRateLimited, ProviderUnavailable
from masterx.records.costs import CallOutcome
from masterx.records.health import BreakerState, KeptBreaker
from masterx.routing.breaker import POLICY, Standing
from masterx.routing.breakers import Breakers

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
DOWN = ProviderUnavailable("a")


class KeptInMemory:
    def __init__(self) -> None:
        self.kept: dict[str, KeptBreaker] = {}
        self.writes = 0
        self.is_gone = False

    async def breakers(self) -> Sequence[KeptBreaker]:
        if self.is_gone:
            raise DatabaseUnavailable
        return list(self.kept.values())

    async def move_breaker(self, breaker: KeptBreaker) -> bool:
        if self.is_gone:
            raise DatabaseUnavailable
        await asyncio.sleep(0)
        former = self.kept.get(breaker.provider)
        if breaker.revision != (1 if former is None else former.revision + 1):
            return False
        self.kept[breaker.provider] = breaker
        self.writes += 1
        return True


class Fleet:
    """Processes whose clocks go equally fast, some seconds apart."""

    def __init__(self, *skews: float) -> None:
        self.store = KeptInMemory()
        self.clocks = [FrozenClock(START + timedelta(seconds=skew)) for skew in skews]
        self.processes = [Breakers(clock, store=self.store) for clock in self.clocks]

    def advance(self, seconds: float) -> None:
        for clock in self.clocks:
            clock.advance(seconds)

    async def exchange(self) -> None:
        """Twice: news of the last has to reach the first."""
        for _ in range(2):
            for process in self.processes:
                await process.exchange()

    async def standings(self) -> list[Standing]:
        """Of a turn in each, all at once."""

        async def standing(process: Breakers) -> Standing:
            await process.want_probes(["a", "never asked"])
            return process.standing("a")

        return list(await asyncio.gather(*(standing(process) for process in self.processes)))


def tell(process: Breakers, *errors: ProviderError | None) -> None:
    for error in errors:
        process.observe("a", CallOutcome.FAILED if error else CallOutcome.SUCCEEDED, error)


async def test_what_one_process_opens_the_others_avoid() -> None:
    fleet = Fleet(0, 0, 0)
    words: list[BreakerState] = []
    changes: list[BreakerState] = []
    fleet.processes[2].on_word = lambda _, state: words.append(state)
    fleet.processes[2].on_change = lambda _, state: changes.append(state)
    tell(fleet.processes[0], *[DOWN] * POLICY.failures)
    await fleet.exchange()
    assert [process.state("a") for process in fleet.processes] == [OPEN] * 3
    assert [process.reason("a") for process in fleet.processes] == ["provider_unavailable"] * 3
    assert (words, changes) == ([OPEN], [])


async def test_a_closed_breaker_is_never_written() -> None:
    fleet = Fleet(0)
    for _ in range(100):
        tell(fleet.processes[0], None)
        await fleet.exchange()
        await fleet.standings()
    assert fleet.store.writes == 0


@pytest.mark.parametrize("skews", [(0, 0, 0), (TOLERATED_SKEW_SECONDS, 0, 0), (-TOLERATED_SKEW_SECONDS, 0, 0)])
async def test_one_process_probes_a_period_and_its_success_closes_for_all(skews: tuple[float, ...]) -> None:
    fleet = Fleet(*skews)
    tell(fleet.processes[0], *[DOWN] * POLICY.failures)
    await fleet.exchange()
    assert await fleet.standings() == [Standing.RESTING] * 3

    fleet.advance(POLICY.period_seconds - 0.1)
    assert await fleet.standings() == [Standing.RESTING] * 3
    fleet.advance(0.1)
    standings = await fleet.standings()
    assert sorted(standings) == [Standing.PROBING, Standing.RESTING, Standing.RESTING]
    await fleet.exchange()
    assert [process.state("a") for process in fleet.processes] == [HALF_OPEN] * 3
    assert await fleet.standings() == [Standing.RESTING] * 3

    tell(fleet.processes[standings.index(Standing.PROBING)], None)
    await fleet.exchange()
    assert await fleet.standings() == [Standing.READY] * 3

    # All of them know that it is on probation.
    tell(fleet.processes[1], DOWN)
    await fleet.exchange()
    assert [process.state("a") for process in fleet.processes] == [OPEN] * 3


async def test_a_probe_that_is_never_made_leaves_the_next_period_to_another() -> None:
    fleet = Fleet(0, 0)
    tell(fleet.processes[0], *[DOWN] * POLICY.failures)
    await fleet.exchange()
    fleet.advance(POLICY.period_seconds)
    assert (await fleet.standings()).count(Standing.PROBING) == 1
    await fleet.exchange()
    fleet.advance(POLICY.period_seconds)
    assert (await fleet.standings()).count(Standing.PROBING) == 1


async def test_a_process_that_starts_knows_what_the_others_know() -> None:
    fleet = Fleet(0)
    tell(fleet.processes[0], ProviderRateLimited("a", retry_after=100))
    await fleet.exchange()
    fleet.advance(60)
    newcomer = Breakers(fleet.clocks[0], store=fleet.store)
    await newcomer.exchange()
    assert newcomer.standing("a") is Standing.RESTING
    fleet.processes.append(newcomer)
    fleet.advance(40 + 2 * TOLERATED_SKEW_SECONDS)
    assert (await fleet.standings()).count(Standing.PROBING) == 1


async def test_a_longer_wait_and_a_reset_are_news_too() -> None:
    fleet = Fleet(0, 0)
    tell(fleet.processes[0], ProviderRateLimited("a", retry_after=10))
    await fleet.exchange()
    tell(fleet.processes[0], ProviderRateLimited("a", retry_after=100))
    await fleet.exchange()
    fleet.advance(50)
    assert await fleet.standings() == [Standing.RESTING] * 2
    fleet.processes[1].reset("a")
    await fleet.exchange()
    assert await fleet.standings() == [Standing.READY] * 2


async def test_without_the_store_each_judges_alone_and_says_so_later() -> None:
    fleet = Fleet(0, 0)
    fleet.store.is_gone = True
    tell(fleet.processes[0], *[DOWN] * POLICY.failures)
    for process in fleet.processes:
        with pytest.raises(DatabaseUnavailable):
            await process.exchange()
    assert [process.state("a") for process in fleet.processes] == [OPEN, CLOSED]
    fleet.advance(POLICY.period_seconds)
    assert await fleet.standings() == [Standing.RESTING, Standing.READY]

    fleet.store.is_gone = False
    await fleet.exchange()
    assert fleet.processes[1].state("a") is not CLOSED


async def test_it_tells_and_hears_by_itself() -> None:
    fleet = Fleet(0, 0)
    heard = asyncio.Event()
    fleet.processes[1].on_word = lambda *_: heard.set()
    running = [asyncio.create_task(process.run()) for process in fleet.processes]
    await asyncio.sleep(0)
    tell(fleet.processes[0], *[DOWN] * POLICY.failures)
    async with asyncio.timeout(60):
        await heard.wait()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert fleet.processes[1].state("a") is OPEN


@given(
    skews=st.lists(st.floats(-TOLERATED_SKEW_SECONDS / 2, TOLERATED_SKEW_SECONDS / 2), min_size=2, max_size=4),
    steps=st.lists(st.tuples(st.floats(0.5, 40), st.booleans()), min_size=1, max_size=40),
)
async def test_probes_of_all_processes_together_are_a_period_apart(
    skews: list[float], steps: list[tuple[float, bool]]
) -> None:
    """While it stays down, however far the clocks are apart and however seldom they hear of each other."""
    fleet = Fleet(*skews)
    tell(fleet.processes[0], *[DOWN] * POLICY.failures)
    await fleet.exchange()
    now, last = 0.0, 0.0
    for seconds, exchanges in steps:
        fleet.advance(seconds)
        now += seconds
        if exchanges:
            await fleet.exchange()
        standings = await fleet.standings()
        probes = [place for place, standing in enumerate(standings) if standing is Standing.PROBING]
        assert len(probes) <= 1
        for place in probes:
            assert now - last >= POLICY.period_seconds - 1e-6
            last = now
            tell(fleet.processes[place], DOWN)
        if Standing.READY in standings:
            raise AssertionError
