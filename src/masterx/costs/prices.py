"""What a call costs: by the operator's own rows, else by the dated table that ships with `genai-prices`.

Nothing here uses the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import structlog

from masterx.costs.price_rows import PriceRow
from masterx.costs.table_amounts import table_amount
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars, from_dollars
from masterx.records.usage import Usage

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Price:
    pricing: Pricing
    amount: NanoDollars
    """0 when free or unpriced; ``pricing`` tells which."""
    charge: NanoDollars
    """What counts against budgets: the amount, or the ceiling of an unpriced call."""


NOTHING = NanoDollars(0)
FREE = Price(Pricing.FREE, NOTHING, NOTHING)


class Prices:
    """The price that held when a call was made, rounded up to a nano-dollar."""

    def __init__(self, rows: Iterable[PriceRow] = (), *, unpriced_ceiling: NanoDollars = NOTHING) -> None:
        """``rows`` go before the table. ``unpriced_ceiling`` is what a call without a known price is charged with."""
        self._rows: dict[tuple[str, str], list[PriceRow]] = {}
        for row in sorted(rows, key=lambda row: row.valid_from, reverse=True):
            self._rows.setdefault((row.provider, row.model), []).append(row)
        self._unpriced_ceiling = unpriced_ceiling

    def price(
        self, *, provider: str, models: Sequence[str], price_id: str | None, free: bool, usage: Usage, at: datetime
    ) -> Price:
        """``models`` are names of the one model, the most exact first: what the vendor says answered, then what the
        operator asked for. ``price_id`` is the vendor's id in `genai-prices`. A model without a known price is
        unpriced, never guessed: the log says so once for each provider and model.
        """
        if free:
            return FREE
        for model in dict.fromkeys(models):
            amount = self._amount(provider, model, price_id, usage, at)
            if amount is not None:
                return Price(Pricing.PRICED, amount, amount)
        _warn_once(provider, models[-1])  # the operator's name: a vendor could report ever new ones
        used = usage.input_tokens or usage.output_tokens
        return Price(Pricing.UNPRICED, NOTHING, self._unpriced_ceiling if used else NOTHING)

    def row(self, provider: str, model: str, at: datetime) -> PriceRow | None:
        """The operator's row that holds at ``at``."""
        rows = self._rows.get((provider, model.lower()), ())
        return next((row for row in rows if row.valid_from <= at.date()), None)

    def _amount(
        self, provider: str, model: str, price_id: str | None, usage: Usage, at: datetime
    ) -> NanoDollars | None:
        row = self.row(provider, model, at)
        if row is not None:
            return from_dollars(row.cost(usage))
        dollars = None if price_id is None else table_amount(price_id, model, usage, at)
        return None if dollars is None else from_dollars(dollars)


def warm_prices() -> None:
    """Load the price table now (0.4 s, for a background thread), so that the first answer does not wait for it."""
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415

    get_snapshot()


@lru_cache(maxsize=1_024)
def _warn_once(provider: str, model: str) -> None:
    logger.warning("model_unpriced", provider=provider, model=model)
