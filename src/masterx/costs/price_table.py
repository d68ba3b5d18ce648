"""What is known of the price of a configured model, and how old that knowledge is."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.metadata import version
from typing import Literal

from masterx.costs.prices import Prices
from masterx.records.costs import Pricing
from masterx.records.usage import Usage

STALE_AFTER = timedelta(days=90)
_VERIFIED = re.compile(r"verified on (\d{4}-\d{2}-\d{2})")
_MILLION_EACH = Usage(input_tokens=1_000_000, output_tokens=1_000_000)

Status = Literal["priced", "overridden", "free", "stale", "unpriced"]


@dataclass(frozen=True, slots=True)
class PriceFinding:
    provider: str
    model: str
    status: Status
    says: str

    def facts(self) -> dict[str, str]:
        return asdict(self)


@cache
def table_date() -> date | None:
    """The newest day on which somebody compared one of its prices with the vendor's page: the table is no older."""
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - takes 0.4 s; see prices.warm_prices

    notes = (model.price_comments or "" for provider in get_snapshot().providers for model in provider.models)
    days = [day for note in notes for day in _VERIFIED.findall(note)]
    return date.fromisoformat(max(days)) if days else None


def table_version() -> str:
    day = table_date()
    return f"genai-prices {version('genai-prices')}" + ("" if day is None else f", prices verified up to {day}")


def check_price(
    prices: Prices, provider: str, model: str, price_id: str | None, *, free: bool, now: datetime
) -> PriceFinding:
    """One model's finding as of ``now``."""

    def finding(status: Status, says: str) -> PriceFinding:
        return PriceFinding(provider, model, status, says)

    if free:
        return finding("free", "runs on the operator's machine")
    row = prices.row(provider, model, now)
    if row is not None:
        says = (
            f"${row.input} in, ${row.output} out a million tokens, from {row.valid_from}, looked up on {row.date} at "
            f"{row.source}"
        )
        return finding("stale" if now.date() - row.date > STALE_AFTER else "overridden", says)
    price = prices.price(provider=provider, models=(model,), price_id=price_id, free=False, usage=_MILLION_EACH, at=now)
    if price.pricing is Pricing.UNPRICED:
        return finding("unpriced", "no known price")
    day = table_date()
    if day is not None and now.date() - day > STALE_AFTER:
        return finding("stale", f"by the built-in table, which is of {day}: update MasterX, or add a row of your own")
    return finding("priced", "by the built-in table")
