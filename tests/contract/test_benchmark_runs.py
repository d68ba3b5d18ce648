"""Runs of benchmarks, the answers in them, and which results are the latest."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.clock import START, FrozenClock
from tests.fakes.records import MINUTE

from masterx.clock import new_id
from masterx.errors import InvalidInput, NotFound
from masterx.records.benchmarks import (
    BenchmarkAnswer,
    BenchmarkedModel,
    BenchmarkedSuite,
    BenchmarkResult,
    BenchmarkRun,
    RunState,
    RunTrigger,
    StopReason,
)
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars
from masterx.settings import StoreSettings
from masterx.store.copies import row_source, row_target
from masterx.store.opening import open_store
from masterx.store.ports import Store
from masterx.store.schema import SCHEMA_VERSION

ODD = timedelta(microseconds=123_457)


def make_run(minutes: int = 0, **changes: Any) -> BenchmarkRun:
    at = START + minutes * MINUTE
    run = BenchmarkRun(
        id=new_id(at),
        trigger=RunTrigger.OPERATOR,
        state=RunState.RUNNING,
        suites=(BenchmarkedSuite("coding", "1", 2), BenchmarkedSuite("math", "1+a.b$c", 3)),
        models=(BenchmarkedModel("openai", "gpt-4o-mini"), BenchmarkedModel("groq", "llama 3.3")),
        cost_cap=NanoDollars(500_000_000),
        started_at=at,
        seen_at=at,
    )
    return replace(run, **changes)


def make_answer(run: BenchmarkRun, test_id: str = "coding.loop", **changes: Any) -> BenchmarkAnswer:
    answer = BenchmarkAnswer(
        run_id=run.id,
        category="coding",
        provider="groq",
        model_name="llama 3.3",
        test_id=test_id,
        answered_at=run.started_at + ODD,
        quality=87.5,
        passed=True,
        time_ms=1_234,
        cost=NanoDollars(41_000),
        pricing=Pricing.PRICED,
        tokens=120,
        reasons=("It says what has to be said.", "Σ is “right”."),
        answer="Answer: 42 ∑\n",
    )
    return replace(answer, **changes)


def make_result(minutes: int, **changes: Any) -> BenchmarkResult:
    result = BenchmarkResult(
        id=new_id(START),
        category="coding",
        provider="groq",
        model_name="llama 3.3",
        timestamp=START + minutes * MINUTE,
        quality_score=96.8,
        speed_score=78.5,
        cost_score=65.2,
        final_score=85.7,
        avg_response_time_ms=3200.5,
        avg_cost=NanoDollars(15_000_000),
        tests_passed=1,
        tests_total=2,
        run_id=new_id(START),
        suite_version="1",
        quality_error=3.25,
        final_error=1.625,
        pricing=Pricing.UNPRICED,
    )
    return replace(result, **changes)


async def test_a_run_is_kept_as_it_is(store: Store) -> None:
    run, odd = make_run(), make_run(1, started_at=START + ODD, seen_at=START + ODD, cost_cap=None)
    await store.add_benchmark_run(run)
    await store.add_benchmark_run(odd)
    assert await store.benchmark_run(run.id) == run
    assert await store.benchmark_runs(limit=5) == [odd, run]
    assert await store.benchmark_runs(limit=1) == [odd]
    assert await store.benchmark_run(new_id(START)) is None
    assert run.total == 10


async def test_each_answer_counts_once_with_its_cost(store: Store) -> None:
    run = make_run()
    await store.add_benchmark_run(run)
    answer = make_answer(run)
    told = await asyncio.gather(*(store.add_benchmark_answer(answer) for _ in range(5)))
    assert sorted(told) == [False] * 4 + [True]
    failed = make_answer(run, "coding.bug", error_code="provider_timeout", quality=0.0, passed=False, answer="")
    assert await store.add_benchmark_answer(failed)
    assert await store.add_benchmark_answer(replace(answer, provider="openai", model_name="gpt-4o-mini"))
    after = await store.benchmark_run(run.id)
    assert after is not None
    assert (after.done, after.cost, after.seen_at) == (3, 123_000, answer.answered_at)
    assert await store.benchmark_answers(run.id) == [
        failed,
        answer,
        replace(answer, provider="openai", model_name="gpt-4o-mini"),
    ]
    assert await store.benchmark_answers(new_id(START)) == []


async def test_an_answer_of_no_run_is_refused_whole(store: Store) -> None:
    run = make_run()
    with pytest.raises(NotFound):
        await store.add_benchmark_answer(make_answer(run))
    assert await store.benchmark_answers(run.id) == []


async def test_a_run_is_noted_stopped_and_taken_up_again(store: Store) -> None:
    run = make_run()
    await store.add_benchmark_run(run)
    noted = await store.note_benchmark_run(run.id, START + MINUTE, cost=NanoDollars(7))
    assert (noted.seen_at, noted.cost, noted.stop_asked_at) == (START + MINUTE, 7, None)
    assert await store.stop_benchmark_run(run.id, START + MINUTE)
    assert not await store.stop_benchmark_run(run.id, START + 2 * MINUTE)
    assert (await store.note_benchmark_run(run.id, START + MINUTE, cost=NanoDollars(0))).stop_asked_at == START + MINUTE
    stopped = await store.end_benchmark_run(run.id, StopReason.ASKED, START + 3 * MINUTE)
    assert (stopped.state, stopped.reason, stopped.ended_at) == (RunState.STOPPED, StopReason.ASKED, START + 3 * MINUTE)
    assert not await store.stop_benchmark_run(run.id, START + 4 * MINUTE)
    again = await store.resume_benchmark_run(run.id, NanoDollars(9), START + 5 * MINUTE)
    assert again == replace(noted, seen_at=START + 5 * MINUTE, cost_cap=NanoDollars(9), resumptions=1)
    finished = await store.end_benchmark_run(run.id, None, START + 6 * MINUTE)
    assert (finished.state, finished.reason) == (RunState.FINISHED, None)
    assert await store.benchmark_run(run.id) == finished


async def test_what_is_not_there_cannot_be_changed(store: Store) -> None:
    nowhere = new_id(START)
    for change in (
        store.note_benchmark_run(nowhere, START, cost=NanoDollars(0)),
        store.end_benchmark_run(nowhere, None, START),
        store.resume_benchmark_run(nowhere, None, START),
    ):
        with pytest.raises(NotFound):
            await change
    assert not await store.stop_benchmark_run(nowhere, START)


async def test_old_answers_are_forgotten_and_runs_stay(store: Store) -> None:
    run = make_run()
    await store.add_benchmark_run(run)
    old, new = make_answer(run), make_answer(run, "coding.new", answered_at=START + MINUTE)
    await store.add_benchmark_answer(old)
    await store.add_benchmark_answer(new)
    await store.forget_benchmark_answers(START + MINUTE)
    assert await store.benchmark_answers(run.id) == [new]
    after = await store.benchmark_run(run.id)
    assert after is not None
    assert after.done == 2


async def test_the_latest_of_each_model_in_each_category(store: Store) -> None:
    first, second = make_result(1), make_result(5)
    maths, other = make_result(3, category="math"), make_result(2, model_name="llama 4")
    failed = make_result(7, provider="openai", error_code="provider_auth", final_score=0.0, pricing=None)
    before = make_result(6, provider="openai")
    await store.add_benchmark_results([first, second, maths, other, failed, before])
    assert await store.latest_benchmark_results(START) == [failed, second, maths, other]
    assert await store.latest_benchmark_results(START, answered=True) == [before, second, maths, other]
    assert await store.latest_benchmark_results(START + 4 * MINUTE) == [failed, second]


async def test_results_by_run_and_time_and_never_twice(store: Store) -> None:
    first, second = make_result(1), make_result(5, category="math")
    await store.add_benchmark_results([first])
    await store.add_benchmark_results([first, second])
    assert await store.benchmark_results(limit=5) == [second, first]
    assert await store.benchmark_results(run_id=first.run_id, limit=5) == [first]
    assert await store.benchmark_results(run_id=first.run_id, category="math", limit=5) == []
    assert await store.benchmark_results(run_id=first.run_id, provider="groq", limit=5) == [first]
    assert await store.benchmark_results(since=START + 2 * MINUTE, limit=5) == [second]
    assert await store.benchmark_results(category="coding", since=START + 2 * MINUTE, limit=5) == []


async def test_a_grade_that_is_no_number_is_refused(store: Store) -> None:
    run = make_run()
    await store.add_benchmark_run(run)
    with pytest.raises(InvalidInput):
        await store.add_benchmark_answer(make_answer(run, quality=float("nan")))
    assert await store.benchmark_answers(run.id) == []


async def test_a_copy_of_the_store_has_them_too(
    store_settings: StoreSettings, clock: FrozenClock, tmp_path: Path
) -> None:
    store = await open_store(store_settings, clock)
    run = make_run()
    await store.add_benchmark_run(run)
    answer, result = make_answer(run), make_result(1)
    await store.add_benchmark_answer(answer)
    await store.add_benchmark_results([result])
    kept = await store.benchmark_run(run.id)
    await store.close()
    another = StoreSettings(_env_file=None, data_dir=tmp_path / "another place")
    async with row_source(store_settings, clock) as source, row_target(another, SCHEMA_VERSION, clock) as target:
        for collection, fields in source.fields.items():
            async for rows in source.batches(collection):
                await target.add(collection, fields, rows)
    copy = await open_store(another, clock)
    assert await copy.benchmark_run(run.id) == kept
    assert await copy.benchmark_answers(run.id) == [answer]
    assert await copy.benchmark_results(limit=5) == [result]
    await copy.close()


async def test_a_pause_lasts_from_its_beginning_until_it_is_taken_away(store: Store) -> None:
    assert await store.benchmarks_paused_at() is None
    await store.pause_benchmarks(START + ODD)
    await store.pause_benchmarks(START + MINUTE)
    assert await store.benchmarks_paused_at() == START + ODD
    await store.unpause_benchmarks()
    await store.unpause_benchmarks()
    assert await store.benchmarks_paused_at() is None
    await store.pause_benchmarks(START + MINUTE)
    assert await store.benchmarks_paused_at() == START + MINUTE
