"""The ledger's rows: what one call was, what it took and what it cost."""

from __future__ import annotations

from datetime import datetime

from masterx.clock import new_id
from masterx.costs.prices import Prices
from masterx.records.costs import GENERAL, CallOutcome, CallPurpose, CostEvent
from masterx.records.usage import Usage


def cost_event(
    prices: Prices,
    *,
    provider: str,
    model: str,
    asked_model: str,
    price_id: str | None,
    free: bool,
    usage: Usage,
    outcome: CallOutcome,
    started_at: datetime,
    duration_ms: int,
    error_code: str | None,
    user_id: str | None,
    session_id: str | None,
    message_id: str | None,
    tier: str | None = None,
    purpose: CallPurpose = CallPurpose.CHAT,
    category: str = GENERAL,
) -> CostEvent:
    """Priced as of ``started_at``. ``message_id`` is the answer that the call produced, if it produced one.

    ``model`` is what the vendor says answered, ``asked_model`` what was asked for.
    """
    price = prices.price(
        provider=provider, models=(model, asked_model), price_id=price_id, free=free, usage=usage, at=started_at
    )
    return CostEvent(
        id=new_id(started_at),
        timestamp=started_at,
        provider=provider,
        model=model,
        purpose=purpose,
        category=category,
        outcome=outcome,
        pricing=price.pricing,
        cost=price.amount,
        budget_charge=price.charge,
        user_id=user_id,
        tier=tier,
        session_id=session_id,
        message_id=message_id,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        usage_estimated=usage.estimated,
        duration_ms=duration_ms,
        error_code=error_code,
    )
