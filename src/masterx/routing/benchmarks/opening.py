"""Runs and their schedule, built from settings and from what all calls share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol

from masterx.clock import Clock
from masterx.costs.prices import Prices
from masterx.costs.reserving import Budgets
from masterx.records.money import from_dollars
from masterx.routing.benchmarks.asking import Asker, CallStore
from masterx.routing.benchmarks.grading.empathy import TextReader
from masterx.routing.benchmarks.running import Benchmarks, ReadyProviders, RunLimits, RunStore
from masterx.routing.benchmarks.schedule import BenchmarkSchedule
from masterx.routing.benchmarks.scores import Weights
from masterx.routing.benchmarks.suite import Suite
from masterx.routing.benchmarks.suite_files import load_suites
from masterx.routing.breakers import Breakers
from masterx.routing.switches import ProviderSwitches
from masterx.settings import BenchmarkSettings


class BenchmarkingStore(RunStore, CallStore, Protocol):
    """The ports that benchmarks need."""


@dataclass(frozen=True, slots=True)
class OpenBenchmarks:
    runs: Benchmarks
    schedule: BenchmarkSchedule


def open_benchmarks(
    settings: BenchmarkSettings,
    providers: ReadyProviders,
    switches: ProviderSwitches,
    store: BenchmarkingStore,
    clock: Clock,
    prices: Prices,
    breakers: Breakers,
    *,
    reader: TextReader,
    estimate_tokens: Callable[[str], int],
) -> OpenBenchmarks:
    asker = Asker(
        store,
        clock,
        prices,
        Budgets(store, prices, clock),
        breakers,
        may_call=switches.may_call,
        estimate_tokens=estimate_tokens,
        reader=reader,
        call_seconds=settings.benchmark_call_seconds,
    )
    runs = Benchmarks(
        providers,
        switches,
        store,
        clock,
        asker,
        suites=partial(_suites, settings.benchmark_folder),
        limits=RunLimits(
            at_once=settings.benchmark_at_once, at_once_of_a_provider=settings.benchmark_at_once_of_a_provider
        ),
        weights=weights_of(settings),
        cost_cap=from_dollars(settings.benchmark_cost_cap),
    )
    hours = settings.benchmark_every_hours
    every = None if hours is None else timedelta(hours=hours)
    return OpenBenchmarks(runs, BenchmarkSchedule(runs, store, clock, every))


def weights_of(settings: BenchmarkSettings) -> Mapping[str, Weights]:
    return {
        category: Weights(quality=quality, speed=speed, cost=cost)
        for category, (quality, speed, cost) in settings.benchmark_weights.items()
    }


@lru_cache(maxsize=4)
def _suites(folder: Path | None) -> Mapping[str, Suite]:
    """Read once in a process: a run that goes on asks the tests that it began with."""
    return load_suites(folder)
