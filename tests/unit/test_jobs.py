from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from tests.fakes.clock import START, FrozenClock

from masterx.clock import TOLERATED_SKEW_SECONDS
from masterx.errors import DatabaseUnavailable
from masterx.jobs import LEASE_SECONDS, TICK_SECONDS, Job, Jobs
from masterx.records.operations import JobRun


class Leases:
    """Of one name, in memory."""

    def __init__(self) -> None:
        self.holder: tuple[str, datetime] | None = None
        self.is_gone = False

    async def take_lease(self, name: str, holder: str, until: datetime, now: datetime) -> bool:
        if self.is_gone:
            raise DatabaseUnavailable
        if self.holder is not None and self.holder[0] != holder and self.holder[1] > now:
            return False
        self.holder = (holder, until)
        return True

    async def release_lease(self, name: str, holder: str) -> None:
        if self.holder is not None and self.holder[0] == holder:
            self.holder = None


class Work:
    def __init__(self) -> None:
        self.runs = 0
        self.error: Exception | None = None
        self.pause: asyncio.Event | None = None
        self.started = asyncio.Event()

    async def __call__(self) -> None:
        self.runs += 1
        self.started.set()
        if self.pause is not None:
            await self.pause.wait()
        if self.error is not None:
            raise self.error


def worker(leases: Leases, clock: FrozenClock, work: Work) -> Jobs:
    return Jobs([Job(name="work", every_seconds=60, run=work)], leases, clock)


async def tick(*workers: Jobs) -> None:
    for one in workers:
        await one.tick()
        await one.settled()


async def test_a_job_runs_at_its_interval(clock: FrozenClock) -> None:
    work = Work()
    jobs = worker(Leases(), clock, work)
    for _ in range(13):
        await tick(jobs)
        clock.advance(10)
    assert work.runs == 3


async def test_one_of_many_workers_leads_and_another_takes_over_when_it_dies(clock: FrozenClock) -> None:
    leases, works = Leases(), [Work(), Work()]
    first, second = (worker(leases, clock, work) for work in works)
    await tick(first, second)
    assert (first.leads, second.leads) == (True, False)

    clock.advance(LEASE_SECONDS)
    await tick(second)
    assert [work.runs for work in works] == [1, 1]


async def test_a_leader_that_stops_gives_the_lease_back_and_ends_its_jobs(clock: FrozenClock) -> None:
    leases, work = Leases(), Work()
    work.pause = asyncio.Event()
    jobs = worker(leases, clock, work)
    running = asyncio.create_task(jobs.run())
    await work.started.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert leases.holder is None


async def test_a_job_that_still_runs_is_not_started_again(clock: FrozenClock) -> None:
    work = Work()
    work.pause = asyncio.Event()
    jobs = worker(Leases(), clock, work)
    for _ in range(3):
        await jobs.tick()
        await asyncio.sleep(0)
        clock.advance(60)
    assert work.runs == 1
    work.pause.set()
    await jobs.settled()


async def test_a_job_that_fails_is_shown_and_runs_again(clock: FrozenClock) -> None:
    work = Work()
    jobs = worker(Leases(), clock, work)
    for error, code in ((DatabaseUnavailable(), "database_unavailable"), (ValueError("x"), "internal_error")):
        work.error = error
        await tick(jobs)
        assert jobs.runs()[0].last_error == code
        clock.advance(60)
    work.error = None
    await tick(jobs)
    assert jobs.runs() == (JobRun(name="work", last_run=clock.now(), last_error=None),)
    assert work.runs == 3


async def test_without_the_database_nobody_leads(clock: FrozenClock) -> None:
    leases, work = Leases(), Work()
    jobs = worker(leases, clock, work)
    leases.is_gone = True
    await tick(jobs)
    assert (jobs.leads, work.runs) == (False, 0)


@pytest.mark.parametrize("skew", [-TOLERATED_SKEW_SECONDS, 0, TOLERATED_SKEW_SECONDS])
async def test_clocks_that_are_apart_neither_depose_a_leader_that_lives_nor_hold_its_seat_for_long(skew: float) -> None:
    leases = Leases()
    clocks = [FrozenClock(START + timedelta(seconds=skew)), FrozenClock()]
    leader, follower = (worker(leases, clock, Work()) for clock in clocks)
    for _ in range(20):
        await tick(leader, follower)
        assert (leader.leads, follower.leads) == (True, False)
        for clock in clocks:
            clock.advance(TICK_SECONDS)

    waited = -TICK_SECONDS  # the leader was killed right after its last tick
    while not follower.leads:
        await tick(follower)
        waited += TICK_SECONDS
        clocks[1].advance(TICK_SECONDS)
    assert LEASE_SECONDS - TICK_SECONDS - TOLERATED_SKEW_SECONDS <= waited <= 30
