"""What providers achieved in benchmarks: a run, each answer in it, and what they come to by category."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars


class RunState(StrEnum):
    RUNNING = "running"
    """Or cut off, where nobody has been at it for a while: `BenchmarkRun.seen_at`."""
    STOPPED = "stopped"
    """Before its end; `BenchmarkRun.reason` says why. It can go on."""
    FINISHED = "finished"


class RunTrigger(StrEnum):
    COMMAND = "command"
    OPERATOR = "operator"
    """From the page, or over HTTP."""
    SCHEDULE = "schedule"


class StopReason(StrEnum):
    ASKED = "asked"
    COST_CAP = "cost_cap"
    """The run's own."""
    BUDGET = "budget"
    """One that an operator set for the installation or a provider."""
    DISABLED = "disabled"
    """A provider that was to be asked was switched off, or is configured no more."""
    SHUTDOWN = "shutdown"
    """The process was told to stop; another goes on with it."""
    FAILED = "failed"
    """By a defect, or a database that is gone."""


@dataclass(frozen=True, slots=True)
class BenchmarkedSuite:
    """The tests of a category that a run asks."""

    category: str
    version: str
    """Results of different versions cannot be compared."""
    tests: int


@dataclass(frozen=True, slots=True)
class BenchmarkedModel:
    provider: str
    model_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkRun:
    """Each of the models is asked each test of each of the suites, once."""

    id: str
    trigger: RunTrigger
    state: RunState
    suites: tuple[BenchmarkedSuite, ...]
    models: tuple[BenchmarkedModel, ...]
    cost_cap: NanoDollars | None
    """The most that all of it may cost; None: only budgets bound it."""
    started_at: datetime
    seen_at: datetime
    """When somebody was last at it."""
    ended_at: datetime | None = None
    reason: StopReason | None = None
    """Of one that was stopped."""
    stop_asked_at: datetime | None = None
    done: int = 0
    """Answers that are kept, good or bad."""
    cost: NanoDollars = NanoDollars(0)
    """As budgets count it: a call without a known price with its ceiling. Calls that were cut off are in it, too."""
    resumptions: int = 0

    @property
    def total(self) -> int:
        return sum(suite.tests for suite in self.suites) * len(self.models)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkAnswer:
    """What came of one test that one model was asked in a run."""

    run_id: str
    category: str
    provider: str
    model_name: str
    test_id: str
    answered_at: datetime
    quality: float
    """0 to 100; 0 where nothing came."""
    passed: bool
    time_ms: int
    """Of the call that was answered, or that failed last."""
    cost: NanoDollars
    """As budgets count it, of all tries."""
    pricing: Pricing
    tokens: int
    reasons: tuple[str, ...]
    """Why it was graded so, in words."""
    error_code: str | None = None
    """Of a call that failed."""
    answer: str = ""
    """Its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    __test__ = False  # the name is the specification's; pytest must not collect it

    test_id: str
    quality: float
    """0 to 100; passed at 70 and above."""
    time_ms: int
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkResult:
    """Of one model in one category of one run. All scores run from 0 to 100."""

    id: str
    category: str
    provider: str
    model_name: str
    timestamp: datetime
    quality_score: float
    speed_score: float
    cost_score: float
    final_score: float
    avg_response_time_ms: float
    avg_cost: NanoDollars
    """Of an answer, as budgets count it; ``pricing`` tells whether that is a price."""
    tests_passed: int
    tests_total: int
    test_results: tuple[TestResult, ...] = ()
    run_id: str | None = None
    suite_version: str | None = None
    quality_error: float | None = None
    """Standard error; None where nobody worked it out."""
    final_error: float | None = None
    pricing: Pricing | None = None
    error_code: str | None = None
    """Of a provider that answered none of the tests: what it said to the last one. Its scores are 0."""
