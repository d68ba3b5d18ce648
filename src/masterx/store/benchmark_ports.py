"""What benchmarks keep; part of the contract in `store.ports`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from masterx.records.benchmarks import BenchmarkAnswer, BenchmarkResult, BenchmarkRun, StopReason
from masterx.records.money import NanoDollars


class BenchmarkStore(Protocol):
    async def add_benchmark_results(self, results: Sequence[BenchmarkResult]) -> None:
        """All or none. One whose id is there already is passed over."""
        ...

    async def benchmark_results(
        self,
        *,
        category: str | None = None,
        provider: str | None = None,
        run_id: str | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> Sequence[BenchmarkResult]:
        """Newest first."""
        ...

    async def latest_benchmark_results(self, since: datetime, *, answered: bool = False) -> Sequence[BenchmarkResult]:
        """The newest of each provider's model in each category, none older than ``since``; newest first.

        ``answered``: only those of which at least one test was answered.
        """
        ...

    async def add_benchmark_run(self, run: BenchmarkRun) -> None: ...

    async def benchmark_run(self, run_id: str) -> BenchmarkRun | None: ...

    async def benchmark_runs(self, *, limit: int) -> Sequence[BenchmarkRun]:
        """Newest first."""
        ...

    async def resume_benchmark_run(self, run_id: str, cost_cap: NanoDollars | None, now: datetime) -> BenchmarkRun:
        """Running again, with that cap, and nobody's wish to stop it. Raises `NotFound`."""
        ...

    async def note_benchmark_run(self, run_id: str, now: datetime, *, cost: NanoDollars) -> BenchmarkRun:
        """Somebody is at it, and calls that came to no answer cost so much. Returns the run. Raises `NotFound`."""
        ...

    async def stop_benchmark_run(self, run_id: str, now: datetime) -> bool:
        """Ask whoever is at it to stop; False where it is not running, or was asked before."""
        ...

    async def end_benchmark_run(self, run_id: str, reason: StopReason | None, now: datetime) -> BenchmarkRun:
        """Finished without a reason, stopped with one. Raises `NotFound`."""
        ...

    async def add_benchmark_answer(self, answer: BenchmarkAnswer) -> bool:
        """With its cost on the run. False, and nothing written, where that test was answered before."""
        ...

    async def benchmark_answers(self, run_id: str) -> Sequence[BenchmarkAnswer]:
        """By category, provider and test."""
        ...

    async def pause_benchmarks(self, now: datetime) -> None:
        """No run begins by itself until `unpause_benchmarks`; one that is paused already stays so since then."""
        ...

    async def unpause_benchmarks(self) -> None: ...

    async def benchmarks_paused_at(self) -> datetime | None:
        """None: they are not paused."""
        ...

    async def forget_benchmark_answers(self, before: datetime) -> None:
        """Those that are older; runs and results stay."""
        ...
