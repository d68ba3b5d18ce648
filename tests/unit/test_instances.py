from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from tests.fakes.clock import FrozenClock

from masterx.errors import DatabaseUnavailable
from masterx.instances import LEADERLESS_SECONDS, LOST_AFTER, Instances
from masterx.records.operations import Instance, InstanceState, JobRun

GONE_WRONG = JobRun(name="alerts", last_run=None, last_error="database_unavailable")


class Kept:
    def __init__(self) -> None:
        self.rows: dict[str, Instance] = {}
        self.is_gone = False
        self.noted = asyncio.Event()

    async def note_instance(self, instance: Instance) -> None:
        if self.is_gone:
            raise DatabaseUnavailable
        self.rows[instance.id] = instance
        self.noted.set()

    async def remove_instance(self, instance_id: str) -> None:
        self.rows.pop(instance_id, None)

    async def instances(self) -> Sequence[Instance]:
        if self.is_gone:
            raise DatabaseUnavailable
        return list(self.rows.values())


class Jobs:
    def __init__(self, *, leads: bool) -> None:
        self.leads = leads

    def runs(self) -> tuple[JobRun, ...]:
        return (GONE_WRONG,)


class News:
    def __init__(self) -> None:
        self.told = 0

    async def tell(self) -> None:
        self.told += 1


def process(kept: Kept, clock: FrozenClock, name: str, *, leads: bool = False) -> Instances:
    return Instances(name, kept, clock, Jobs(leads=leads), News())


async def test_a_process_is_on_the_list_while_it_runs_and_says_when_it_drains(clock: FrozenClock) -> None:
    kept, news = Kept(), News()
    one, other = Instances("one", kept, clock, Jobs(leads=False), news), process(kept, clock, "other")
    running = asyncio.create_task(one.run())
    async with asyncio.timeout(60):
        await kept.noted.wait()
        assert [(instance.id, instance.state) for instance in await other.all()] == [
            ("one", InstanceState.SERVING),
            ("other", InstanceState.SERVING),
        ]
        kept.noted.clear()
        one.drain()
        await kept.noted.wait()
    assert (await other.all())[0].state is InstanceState.DRAINING

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert kept.rows == {}
    assert news.told > 1


async def test_a_process_that_is_not_heard_of_is_lost(clock: FrozenClock) -> None:
    one, other = process(Kept(), clock, "one"), process(Kept(), clock, "other")
    last_word = other.myself()
    clock.advance(LOST_AFTER.total_seconds())
    assert not one.is_lost(last_word)
    clock.advance(1)
    assert one.is_lost(last_word)
    assert not other.is_lost(last_word)


async def test_everybody_knows_how_the_jobs_of_the_leader_did(clock: FrozenClock) -> None:
    kept = Kept()
    leader, follower = process(kept, clock, "leader", leads=True), process(kept, clock, "follower")
    await kept.note_instance(leader.myself())
    for one in (leader, follower):
        check = await one.check_jobs()
        assert (check["status"], check["leader"]) == ("degraded", "leader")
        assert check["jobs"] == {"alerts": {"last_run": None, "last_error": "database_unavailable"}}
    await kept.note_instance(replace(leader.myself(), jobs=(replace(GONE_WRONG, last_error=None),)))
    assert (await follower.check_jobs())["status"] == "healthy"


async def test_that_nobody_leads_is_wrong_after_a_while(clock: FrozenClock) -> None:
    kept = Kept()
    dead, one = process(kept, clock, "dead", leads=True), process(kept, clock, "one")
    await kept.note_instance(dead.myself())
    clock.advance(LEADERLESS_SECONDS)
    assert await one.check_jobs() == {"status": "healthy", "leader": None, "jobs": {}}
    clock.advance(1)
    assert (await one.check_jobs())["status"] == "degraded"
    kept.is_gone = True
    assert (await one.check_jobs())["leader"] is None
