"""What a run says of itself while it goes on; terminal, page and tests are told the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from masterx.records.benchmarks import BenchmarkAnswer, BenchmarkResult, BenchmarkRun
from masterx.records.money import NanoDollars


@dataclass(frozen=True, slots=True)
class Asking:
    """A test that a model is asked just now."""

    provider: str
    category: str
    test_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    run_id: str
    done: int
    total: int
    cost: NanoDollars
    left: Mapping[str, int]
    """How many tests each provider is still to answer."""
    asking: tuple[Asking, ...]
    answer: BenchmarkAnswer | None = None
    """That was kept just now."""
    result: BenchmarkResult | None = None
    """That the answer made whole."""


Watch = Callable[[RunProgress], None]
"""Called in the run's own task; it must not take long."""


def nobody_watches(_progress: RunProgress) -> None:
    """For runs that nobody looks at."""


class RunReport(Mapping[str, Mapping[str, BenchmarkResult]]):
    """``report["coding"]["groq"].final_score``: by category and provider, those whose tests were all asked."""

    def __init__(self, run: BenchmarkRun, results: Mapping[str, Mapping[str, BenchmarkResult]]) -> None:
        self.run = run
        """As it ended; `BenchmarkRun.reason` says why, where that was before its end."""
        self._results = results

    def __getitem__(self, category: str) -> Mapping[str, BenchmarkResult]:
        return self._results[category]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)
