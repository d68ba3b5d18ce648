"""What tries came to in the ledger, whoever asked: a turn, a relayed message, a benchmark or a probe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from masterx.costs.ledger import cost_event
from masterx.costs.prices import Prices
from masterx.errors import DatabaseUnavailable
from masterx.records.costs import GENERAL, CallPurpose, CostEvent
from masterx.routing.fallback import Attempt

RECORD_TRIES: Final = 3
"""A call that is paid for is worth waiting for a locked database."""

logger = structlog.get_logger()


class _Ledger(Protocol):
    async def record_calls(self, calls: Sequence[CostEvent], reservations: Sequence[str]) -> None: ...


def attempt_row(
    prices: Prices,
    attempt: Attempt,
    *,
    user_id: str | None = None,
    tier: str | None = None,
    session_id: str | None = None,
    message_id: str | None = None,
    purpose: CallPurpose = CallPurpose.CHAT,
    category: str = GENERAL,
) -> CostEvent:
    """`message_id` is the answer that the try produced, if it produced one."""
    return cost_event(
        prices,
        provider=attempt.info.name,
        model=attempt.model,
        asked_model=attempt.info.model_name,
        price_id=attempt.info.price_id,
        free=attempt.info.free,
        usage=attempt.usage,
        outcome=attempt.outcome,
        started_at=attempt.started_at,
        duration_ms=attempt.duration_ms,
        error_code=None if attempt.error is None else attempt.error.code,
        user_id=user_id,
        tier=tier,
        session_id=session_id,
        message_id=message_id,
        purpose=purpose,
        category=category,
    )


async def record_calls_surely(store: _Ledger, calls: Sequence[CostEvent], reservations: Sequence[str]) -> None:
    """With the reservations given back. Raises `DatabaseError` when the last try fails as well."""
    for _ in range(RECORD_TRIES - 1):
        try:
            await store.record_calls(calls, reservations)
        except DatabaseUnavailable:
            logger.warning("calls_not_recorded_yet", calls=len(calls))
        else:
            return
    await store.record_calls(calls, reservations)
