"""Three runs of benchmarks, a day apart: one provider falls, one never answers, the last run was stopped."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from masterx.clock import new_id
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
from masterx.routing.benchmarks.plan import result_of
from masterx.routing.benchmarks.suite import Suite
from masterx.routing.benchmarks.suite_files import load_suites
from masterx.store.ports import Store

CATEGORIES = ("coding", "math")
RUNS = 3


async def record_benchmarks(store: Store, now: datetime, models: Sequence[tuple[str, str, int | None]]) -> None:
    """``models``: provider, model and what a call costs; None: no known price."""
    chance = random.Random(7)
    suites = [load_suites()[category] for category in CATEGORIES]
    for number in range(RUNS):
        at = now - timedelta(days=RUNS - number)
        run = BenchmarkRun(
            id=new_id(at),
            trigger=RunTrigger.SCHEDULE,
            state=RunState.RUNNING,
            suites=tuple(BenchmarkedSuite(suite.category, suite.version, len(suite.tests)) for suite in suites),
            models=tuple(BenchmarkedModel(provider, model) for provider, model, _ in models),
            cost_cap=NanoDollars(250_000_000),
            started_at=at,
            seen_at=at,
        )
        await store.add_benchmark_run(run)
        for suite in suites:
            for place, (provider, model, cost) in enumerate(models):
                skill = 0.95 - 0.1 * place - (0.3 if provider == "groq" and number else 0)
                answers = _answers(run, suite, provider, model, cost, skill, chance)
                if number == RUNS - 1:
                    for answer in answers:
                        await store.add_benchmark_answer(answer)
                await store.add_benchmark_results([_result(run, suite, answers, at)])
        await store.end_benchmark_run(run.id, StopReason.COST_CAP if number == RUNS - 1 else None, at)


def _result(run: BenchmarkRun, suite: Suite, answers: Sequence[BenchmarkAnswer], at: datetime) -> BenchmarkResult:
    return result_of(run, suite, answers, {}, at)


def _answers(
    run: BenchmarkRun,
    suite: Suite,
    provider: str,
    model: str,
    cost: int | None,
    skill: float,
    chance: random.Random,
) -> list[BenchmarkAnswer]:
    found = []
    for test in suite.tests:
        is_down = provider == "mistral"
        quality = 0.0 if is_down else 100.0 if chance.random() < skill else float(chance.choice((0, 30, 50)))
        found.append(
            BenchmarkAnswer(
                run_id=run.id,
                category=suite.category,
                provider=provider,
                model_name=model,
                test_id=test.id,
                answered_at=run.started_at,
                quality=quality,
                passed=quality >= 70,
                time_ms=0 if is_down else chance.randrange(400, 6_000),
                cost=NanoDollars(0 if is_down else cost or 100_000_000),
                pricing=Pricing.UNPRICED if cost is None else Pricing.PRICED,
                tokens=300,
                reasons=("The provider did not accept the key.",) if is_down else ("It says what has to be said.",),
                error_code="provider_auth" if is_down else None,
                answer="" if is_down else test.reference,
            )
        )
    return found
