from __future__ import annotations

from datetime import UTC, datetime

from masterx.costs.ledger import cost_event
from masterx.costs.prices import Prices
from masterx.records.costs import CallOutcome, CallPurpose, Pricing
from masterx.records.usage import Usage

AT = datetime(2026, 3, 14, tzinfo=UTC)


def test_a_row_holds_the_whole_call() -> None:
    row = cost_event(
        Prices(),
        provider="openai",
        model="gpt-4o-mini-from-tomorrow",
        asked_model="gpt-4o-mini",
        price_id="openai",
        free=False,
        usage=Usage(input_tokens=10, output_tokens=5, cached_input_tokens=4, reasoning_tokens=2, estimated=True),
        outcome=CallOutcome.ABORTED,
        started_at=AT,
        duration_ms=120,
        error_code=None,
        user_id="u",
        session_id="s",
        message_id="m",
    )

    assert (row.timestamp, row.provider, row.model, row.purpose) == (
        AT,
        "openai",
        "gpt-4o-mini-from-tomorrow",
        CallPurpose.CHAT,
    )
    assert (row.input_tokens, row.output_tokens, row.cached_input_tokens, row.reasoning_tokens) == (10, 5, 4, 2)
    assert (row.pricing, row.cost, row.total_tokens) == (Pricing.PRICED, 6 * 150 + 4 * 75 + 5 * 600, 15)
    assert row.budget_charge == row.cost
    assert (row.outcome, row.usage_estimated, row.duration_ms) == (CallOutcome.ABORTED, True, 120)
    assert (row.user_id, row.session_id, row.message_id) == ("u", "s", "m")
