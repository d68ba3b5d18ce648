"""What a call costs, by the dated price table that ships with `genai-prices`. Nothing here uses the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import structlog

from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars, from_dollars
from masterx.records.usage import Usage

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Price:
    pricing: Pricing
    amount: NanoDollars
    """0 when free or unpriced; ``pricing`` tells which."""


FREE = Price(Pricing.FREE, NanoDollars(0))
UNPRICED = Price(Pricing.UNPRICED, NanoDollars(0))


def price_call(
    *, provider: str, models: Sequence[str], price_id: str | None, free: bool, usage: Usage, at: datetime
) -> Price:
    """The price that held at ``at``, rounded up to a nano-dollar.

    ``models`` are names of the one model, the most exact first: what the vendor says answered, then what the
    operator asked for. ``price_id`` is the vendor's id in `genai-prices`. A model without a known price is unpriced,
    never guessed: the log says so once for each provider and model.
    """
    if free:
        return FREE
    for model in dict.fromkeys(models) if price_id is not None else ():
        amount = _amount(price_id, model, usage, at)
        if amount is not None:
            return Price(Pricing.PRICED, amount)
    _warn_once(provider, models[-1])  # the operator's name: a vendor could report ever new ones
    return UNPRICED


def _amount(price_id: str | None, model: str, usage: Usage, at: datetime) -> NanoDollars | None:
    import genai_prices  # noqa: PLC0415 - takes 0.4 s together with its first use; see warm_prices

    try:
        calculation = genai_prices.calc_price(
            genai_prices.Usage(
                input_tokens=usage.input_tokens,
                cache_read_tokens=usage.cached_input_tokens,
                output_tokens=usage.output_tokens,
            ),
            model,
            provider_id=price_id,
            genai_request_timestamp=at,
        )
    except LookupError:
        return None
    return from_dollars(calculation.total_price)


def warm_prices() -> None:
    """Load the price table now (0.4 s, for a background thread), so that the first answer does not wait for it."""
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415

    get_snapshot()


@lru_cache(maxsize=1_024)
def _warn_once(provider: str, model: str) -> None:
    logger.warning("model_unpriced", provider=provider, model=model)
