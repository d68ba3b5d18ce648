"""Small suites with known answers, models that answer as a test wants, and everything that runs of them stand on."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from tests.fakes.providers import FakeProvider, Script

from masterx.clock import Clock
from masterx.costs.price_rows import PriceRow
from masterx.costs.prices import Prices
from masterx.costs.reserving import Budgets
from masterx.providers.base import Deadlines, GenerationRequest
from masterx.records.money import NanoDollars
from masterx.routing.benchmarks.asking import Asker
from masterx.routing.benchmarks.running import Benchmarks, RunLimits
from masterx.routing.benchmarks.scores import Weights
from masterx.routing.benchmarks.suite import BenchmarkTest, Suite
from masterx.routing.breakers import Breakers
from masterx.store.ports import Store

Answers = Callable[[str], Script]


def make_suite(category: str, *numbers: int, version: str = "1") -> Suite:
    """A test for each number, which is the one right answer to it."""
    tests = [
        BenchmarkTest.model_validate(
            {
                "id": f"{category}.number-{number}",
                "category": category,
                "difficulty": "easy",
                "prompt": f"Which number comes after {number - 1} in {category}? End with a line Answer: <number>.",
                "grading": [{"kind": "number", "value": str(number)}],
                "reference": f"Answer: {number}",
                "why": "Numbers have one successor.",
            }
        )
        for number in numbers
    ]
    return Suite.model_validate({"category": category, "version": version, "tests": tests})


def make_suites(tests: int = 4) -> Mapping[str, Suite]:
    return {category: make_suite(category, *range(1, tests + 1)) for category in ("coding", "math")}


def right(prompt: str) -> Script:
    number = int(prompt.partition("after ")[2].partition(" ")[0]) + 1
    return Script(pieces=("One more.\n", f"Answer: {number}"))


def wrong(_prompt: str) -> Script:
    return Script(pieces=("Answer: 0",))


class Pupil(FakeProvider):
    """Answers by what it is asked, and counts how many ask at once."""

    def __init__(self, answers: Answers = right, *, name: str = "fake", free: bool = True, demo: bool = False) -> None:
        super().__init__(name=name, free=free, demo=demo)
        self._answers = answers

    def asked(self) -> list[str]:
        return [call.messages[-1].content for call in self.calls]

    def _next(self, request: GenerationRequest, deadlines: Deadlines) -> Script:
        super()._next(request, deadlines)
        return self._answers(request.messages[-1].content)


class Ready:
    """The providers of an installation, and which of them are switched off."""

    def __init__(self, *providers: FakeProvider) -> None:
        self.providers: Sequence[FakeProvider] = providers
        self.disabled: frozenset[str] = frozenset()

    def ready(self) -> Sequence[FakeProvider]:
        return self.providers

    def may_call(self, name: str) -> bool:
        return name not in self.disabled


def make_prices(*providers: str, a_million: str = "10") -> Prices:
    rows = [
        PriceRow(
            provider=name,
            model="fake-model",
            input=Decimal(a_million),
            output=Decimal(a_million),
            source="a test",
            date=datetime.date(2026, 1, 1),
            valid_from=datetime.date(2026, 1, 1),
        )
        for name in providers
    ]
    return Prices(rows, unpriced_ceiling=NanoDollars(100_000_000))


def make_benchmarks(
    store: Store,
    clock: Clock,
    ready: Ready,
    *,
    suites: Mapping[str, Suite] | None = None,
    prices: Prices | None = None,
    cost_cap: NanoDollars | None = None,
    limits: RunLimits | None = None,
    weights: Mapping[str, Weights] | None = None,
) -> Benchmarks:
    known = prices or make_prices()
    asker = Asker(
        store,
        clock,
        known,
        Budgets(store, known, clock),
        Breakers(clock),
        may_call=ready.may_call,
        estimate_tokens=len,
        reader=None,
        call_seconds=5,
    )
    tests = make_suites() if suites is None else suites
    return Benchmarks(
        ready,
        ready,
        store,
        clock,
        asker,
        suites=lambda: tests,
        limits=limits or RunLimits(at_once=4, at_once_of_a_provider=2, beat_seconds=0.01),
        weights=weights or {},
        cost_cap=cost_cap,
    )
