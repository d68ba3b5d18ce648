"""What Prometheus reads: counters and times of this process, or of all workers together.

Labels are names that the operator chose and routes that we wrote, so that their number stays small.
"""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from masterx.records.costs import CostEvent
from masterx.records.health import BreakerState
from masterx.records.money import to_dollars

CONTENT_TYPE = CONTENT_TYPE_LATEST

HTTP_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
TURN_SECONDS = (0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 180)
BREAKER_VALUES = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}


class Metrics:
    """Fulfils `tutor.turn.TurnWatcher`. Counting one thing costs 1 to 2 µs."""

    def __init__(self, shared_dir: str | None = None) -> None:
        """`shared_dir` is where all workers keep their figures (PROMETHEUS_MULTIPROC_DIR); None: there is one."""
        self._shared_dir = shared_dir
        self._registry = registry = CollectorRegistry()
        self._turns = Counter("masterx_turns", "Turns by how they ended.", ["outcome"], registry=registry)
        self._turn_seconds = Histogram(
            "masterx_turn_seconds",
            "From the question to the end of the answer.",
            buckets=TURN_SECONDS,
            registry=registry,
        )
        self._calls = Counter(
            "masterx_provider_calls", "Calls to models, from the ledger.", ["provider", "outcome"], registry=registry
        )
        self._call_seconds = Histogram(
            "masterx_provider_call_seconds",
            "Calls that succeeded.",
            ["provider"],
            buckets=TURN_SECONDS,
            registry=registry,
        )
        self._tokens = Counter(
            "masterx_tokens", "Tokens, as the ledger has them.", ["provider", "direction"], registry=registry
        )
        self._cost = Counter(
            "masterx_cost_dollars", "US dollars of calls with a known price.", ["provider"], registry=registry
        )
        self._unpriced = Counter(
            "masterx_unpriced_calls", "Calls whose price is not known.", ["provider"], registry=registry
        )
        self._breaker = Gauge(
            "masterx_breaker_state",
            "0 closed, 1 half open, 2 open; of several workers, that of the one that saw it change last.",
            ["provider"],
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self._http = Counter(
            "masterx_http_requests", "Requests by route and status.", ["method", "route", "status"], registry=registry
        )
        self._http_seconds = Histogram(
            "masterx_http_request_seconds",
            "To the end of the answer, streams included.",
            ["route"],
            buckets=HTTP_SECONDS,
            registry=registry,
        )
        self._limited = Counter("masterx_rate_limited_requests", "Requests refused with 429.", registry=registry)

    def turn_ended(self, outcome: str, seconds: float) -> None:
        self._turns.labels(outcome).inc()
        self._turn_seconds.observe(seconds)

    def calls_recorded(self, calls: Sequence[CostEvent]) -> None:
        for call in calls:
            self._calls.labels(call.provider, call.outcome.value).inc()
            self._tokens.labels(call.provider, "input").inc(call.input_tokens)
            self._tokens.labels(call.provider, "output").inc(call.output_tokens)
            self._cost.labels(call.provider).inc(to_dollars(call.cost))
            if call.pricing == "unpriced":
                self._unpriced.labels(call.provider).inc()
            if call.outcome == "succeeded":
                self._call_seconds.labels(call.provider).observe(call.duration_ms / 1000)

    def breaker_changed(self, provider: str, state: BreakerState) -> None:
        self._breaker.labels(provider).set(BREAKER_VALUES[state])

    def request_ended(self, method: str, route: str, status: int | None, seconds: float) -> None:
        """`status` is None where the client left before there was one."""
        self._http.labels(method, route, "none" if status is None else str(status)).inc()
        self._http_seconds.labels(route).observe(seconds)
        if status == 429:
            self._limited.inc()

    def names(self) -> set[str]:
        """Of every series, as Prometheus spells them; for the check of dashboards and rules."""
        return {
            name + suffix
            for family in self._registry.collect()
            for name, suffixes in [(family.name, _SUFFIXES[family.type])]
            for suffix in suffixes
        }

    def exposition(self) -> bytes:
        """In Prometheus' text format. With several workers: counters and histograms are the sum of all of them."""
        if self._shared_dir is None:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, path=self._shared_dir)  # type: ignore[no-untyped-call]  # it has no types
        return generate_latest(together)


_SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
