from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes.benchmarked import Pupil, Ready, make_benchmarks, make_prices, make_suites
from tests.fakes.clock import FrozenClock

from masterx.jobs import Job, Jobs
from masterx.records.benchmarks import BenchmarkRun, RunState, RunTrigger, StopReason
from masterx.records.money import NanoDollars
from masterx.routing.benchmarks.running import Benchmarks
from masterx.routing.benchmarks.schedule import ANSWERS_KEPT, FIRST_AFTER, MOST_RESUMPTIONS, BenchmarkSchedule
from masterx.store.ports import Store

EVERY = timedelta(hours=6)
AN_HOUR = 3_600


def scheduled(store: Store, clock: FrozenClock, *pupils: Pupil, every: timedelta | None = EVERY) -> BenchmarkSchedule:
    return BenchmarkSchedule(make_benchmarks(store, clock, Ready(*pupils)), store, clock, every)


async def runs(store: Store) -> list[BenchmarkRun]:
    return list(await store.benchmark_runs(limit=20))


async def look(schedule: BenchmarkSchedule, benchmarks: Benchmarks) -> BenchmarkRun | None:
    run = await schedule.look()
    await benchmarks.settled()
    return run


async def test_a_new_server_waits_an_hour_and_then_runs_every_so_often(store: Store, clock: FrozenClock) -> None:
    benchmarks = make_benchmarks(store, clock, Ready(Pupil()))
    schedule = BenchmarkSchedule(benchmarks, store, clock, EVERY)
    assert await schedule.next_run() == clock.now() + FIRST_AFTER
    assert await look(schedule, benchmarks) is None
    clock.advance(AN_HOUR)
    first = await look(schedule, benchmarks)
    assert first is not None
    assert first.trigger is RunTrigger.SCHEDULE
    assert (await runs(store))[0].state is RunState.FINISHED
    assert await look(schedule, benchmarks) is None
    assert await schedule.next_run() == first.started_at + EVERY
    clock.advance(5 * AN_HOUR)
    restarted = BenchmarkSchedule(benchmarks, store, clock, EVERY)
    assert await look(restarted, benchmarks) is None
    clock.advance(AN_HOUR)
    assert await look(restarted, benchmarks) is not None
    assert len(await runs(store)) == 2


async def test_the_demo_model_is_never_asked_by_itself(store: Store, clock: FrozenClock) -> None:
    demo = Pupil(demo=True)
    schedule = scheduled(store, clock, demo)
    clock.advance(24 * AN_HOUR)
    assert await schedule.look() is None
    assert await schedule.next_run() is None
    assert demo.calls == []
    benchmarks = make_benchmarks(store, clock, Ready(demo, Pupil(name="real")))
    run = await look(BenchmarkSchedule(benchmarks, store, clock, timedelta(0)), benchmarks)
    assert run is not None
    assert [model.provider for model in run.models] == ["real"]


async def test_off_means_never(store: Store, clock: FrozenClock) -> None:
    schedule = scheduled(store, clock, Pupil(), every=None)
    clock.advance(240 * AN_HOUR)
    assert await schedule.look() is None
    assert await schedule.next_run() is None


@pytest.mark.parametrize("trigger", [RunTrigger.OPERATOR, RunTrigger.SCHEDULE])
async def test_what_a_crash_or_a_stop_cut_off_goes_on_at_once(
    store: Store, clock: FrozenClock, trigger: RunTrigger
) -> None:
    benchmarks = make_benchmarks(store, clock, Ready(Pupil()))
    schedule = BenchmarkSchedule(benchmarks, store, clock, None)
    report = await benchmarks.run_benchmarks(["math"], trigger=trigger)
    await store.resume_benchmark_run(report.run.id, None, clock.now())
    assert await schedule.look() is None  # somebody may be at it
    clock.advance(120)
    taken_up = await look(schedule, benchmarks)
    assert taken_up is not None
    assert (taken_up.id, taken_up.resumptions) == (report.run.id, 2)
    assert (await runs(store))[0].state is RunState.FINISHED
    await store.end_benchmark_run(report.run.id, StopReason.SHUTDOWN, clock.now())
    assert await look(schedule, benchmarks) is not None
    for _ in range(MOST_RESUMPTIONS):
        await store.end_benchmark_run(report.run.id, StopReason.SHUTDOWN, clock.now())
        await look(schedule, benchmarks)
    await store.end_benchmark_run(report.run.id, StopReason.SHUTDOWN, clock.now())
    assert await look(schedule, benchmarks) is None


async def test_what_an_operator_stopped_stays_so(store: Store, clock: FrozenClock) -> None:
    benchmarks = make_benchmarks(store, clock, Ready(Pupil()))
    schedule = BenchmarkSchedule(benchmarks, store, clock, None)
    report = await benchmarks.run_benchmarks(["math"], trigger=RunTrigger.OPERATOR)
    await store.end_benchmark_run(report.run.id, StopReason.ASKED, clock.now())
    command = await benchmarks.run_benchmarks(["math"])
    await store.end_benchmark_run(command.run.id, StopReason.SHUTDOWN, clock.now())
    clock.advance(120)
    assert await look(schedule, benchmarks) is None


async def test_a_run_that_its_cap_ended_goes_on_in_the_next_slot(store: Store, clock: FrozenClock) -> None:
    pupil = Pupil(name="paid", free=False)
    benchmarks = make_benchmarks(
        store,
        clock,
        Ready(pupil),
        prices=make_prices("paid", a_million="1000"),
        suites=make_suites(20),
        cost_cap=NanoDollars(1_250_000_000),
    )
    schedule = BenchmarkSchedule(benchmarks, store, clock, EVERY)
    clock.advance(AN_HOUR)
    await look(schedule, benchmarks)
    (first,) = await runs(store)
    assert first.reason is StopReason.COST_CAP
    assert await look(schedule, benchmarks) is None
    clock.advance(6 * AN_HOUR)
    await look(schedule, benchmarks)
    (second,) = await runs(store)
    assert (second.id, second.resumptions) == (first.id, 1)
    assert second.done > first.done
    assert second.cost <= first.cost + 1_250_000_000
    assert await look(schedule, benchmarks) is None


async def test_a_run_that_cannot_be_taken_up_is_closed(store: Store, clock: FrozenClock) -> None:
    benchmarks = make_benchmarks(store, clock, Ready(Pupil()))
    report = await benchmarks.run_benchmarks(["math"], trigger=RunTrigger.OPERATOR)
    await store.end_benchmark_run(report.run.id, StopReason.SHUTDOWN, clock.now())
    changed = make_benchmarks(store, clock, Ready(Pupil()), suites=make_suites(5))
    closed = await BenchmarkSchedule(changed, store, clock, None).look()
    assert closed is not None
    assert closed.reason is StopReason.FAILED
    assert await BenchmarkSchedule(changed, store, clock, None).look() is None


async def test_of_two_workers_one_runs_it(store: Store, clock: FrozenClock) -> None:
    """The jobs' leader looks; and were there two leaders for a moment, the lease of runs lets one of them begin."""
    pupils = Pupil(name="here"), Pupil(name="there")
    workers = [make_benchmarks(store, clock, Ready(pupil)) for pupil in pupils]
    schedules = [BenchmarkSchedule(worker, store, clock, EVERY) for worker in workers]
    jobs = [Jobs([Job(name="benchmarks", every_seconds=30, run=schedule.look)], store, clock) for schedule in schedules]
    clock.advance(AN_HOUR)
    for each in jobs:
        await each.tick()
        await each.settled()
    assert [each.leads for each in jobs] == [True, False]
    await workers[0].settled()
    (run,) = await runs(store)
    assert [model.provider for model in run.models] == ["here"]
    clock.advance(6 * AN_HOUR)
    begun = [await schedule.look() for schedule in schedules]
    for worker in workers:
        await worker.settled()
    assert [run is not None for run in begun] == [True, False]
    assert len(await runs(store)) == 2


async def test_answers_are_forgotten_in_the_end(store: Store, clock: FrozenClock) -> None:
    benchmarks = make_benchmarks(store, clock, Ready(Pupil()))
    schedule = BenchmarkSchedule(benchmarks, store, clock, None)
    report = await benchmarks.run_benchmarks(["math"])
    await schedule.forget_answers()
    assert len(await store.benchmark_answers(report.run.id)) == 4
    clock.advance(ANSWERS_KEPT.total_seconds() + 1)
    await schedule.forget_answers()
    assert await store.benchmark_answers(report.run.id) == []
    assert len(await store.benchmark_results(limit=5)) == 1


async def test_a_pause_holds_until_it_is_taken_away_and_after_a_restart(store: Store, clock: FrozenClock) -> None:
    benchmarks = make_benchmarks(store, clock, Ready(Pupil()))
    schedule = BenchmarkSchedule(benchmarks, store, clock, EVERY)
    await schedule.pause()
    assert await schedule.paused_at() == clock.now()
    clock.advance(48 * AN_HOUR)
    restarted = BenchmarkSchedule(benchmarks, store, clock, EVERY)
    clock.advance(48 * AN_HOUR)
    for each in (schedule, restarted):
        assert await look(each, benchmarks) is None
        assert await each.next_run() is None
    await restarted.unpause()
    assert await look(schedule, benchmarks) is not None


async def test_a_pause_leaves_what_was_cut_off_to_go_on(store: Store, clock: FrozenClock) -> None:
    benchmarks = make_benchmarks(store, clock, Ready(Pupil()))
    schedule = BenchmarkSchedule(benchmarks, store, clock, EVERY)
    report = await benchmarks.run_benchmarks(["math"], trigger=RunTrigger.OPERATOR)
    await store.end_benchmark_run(report.run.id, StopReason.SHUTDOWN, clock.now())
    await schedule.pause()
    assert await look(schedule, benchmarks) is not None
