from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.fakes.records import make_call

from masterx.metrics import Metrics
from masterx.records.costs import CallOutcome, Pricing
from masterx.records.health import BreakerState
from masterx.records.money import NANOS_PER_DOLLAR

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SERIES = re.compile(r"\bmasterx_[a-z_]+")


def test_what_happened_is_told() -> None:
    metrics = Metrics()
    metrics.turn_ended("complete", 1.5)
    metrics.calls_recorded(
        [
            make_call(provider="groq", cost=NANOS_PER_DOLLAR // 4, input_tokens=10, output_tokens=5, duration_ms=900),
            make_call(provider="groq", outcome=CallOutcome.FAILED, cost=0, pricing=Pricing.UNPRICED, input_tokens=0),
        ]
    )
    metrics.breaker_changed("groq", BreakerState.OPEN)
    metrics.request_ended("POST", "/api/v1/chat", 429, 0.01)
    metrics.request_ended("GET", "/lessons/{session_id}", None, 0.01)
    lines = set(metrics.exposition().decode().splitlines())

    assert {
        'masterx_turns_total{outcome="complete"} 1.0',
        "masterx_turn_seconds_sum 1.5",
        'masterx_provider_calls_total{outcome="succeeded",provider="groq"} 1.0',
        'masterx_provider_calls_total{outcome="failed",provider="groq"} 1.0',
        'masterx_provider_call_seconds_sum{provider="groq"} 0.9',
        'masterx_tokens_total{direction="input",provider="groq"} 10.0',
        'masterx_cost_dollars_total{provider="groq"} 0.25',
        'masterx_unpriced_calls_total{provider="groq"} 1.0',
        'masterx_breaker_state{provider="groq"} 2.0',
        'masterx_http_requests_total{method="POST",route="/api/v1/chat",status="429"} 1.0',
        'masterx_http_requests_total{method="GET",route="/lessons/{session_id}",status="none"} 1.0',
        "masterx_rate_limited_requests_total 1.0",
    } <= lines


@pytest.mark.parametrize("file", ["prometheus-rules.yml", "grafana-board.json"])
def test_dashboards_and_rules_ask_for_series_that_exist(file: str) -> None:
    asked = set(SERIES.findall((DEPLOY / file).read_text()))
    assert asked
    assert asked - Metrics().names() == set()


def test_the_dashboard_shows_every_family() -> None:
    board = json.loads((DEPLOY / "grafana-board.json").read_text())
    shown = {
        name for panel in board["panels"] for target in panel["targets"] for name in SERIES.findall(target["expr"])
    }
    shown |= set(SERIES.findall((DEPLOY / "prometheus-rules.yml").read_text()))

    def family(name: str) -> str:
        return re.sub(r"_(total|bucket|sum|count)$", "", name)

    assert {family(name) for name in Metrics().names()} == {family(name) for name in shown}
