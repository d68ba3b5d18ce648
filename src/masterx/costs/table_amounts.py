"""Amounts by the table of `genai-prices`, at a tenth of what its own arithmetic takes for each call.

Most prices are plain: so much a token, the same for any number of them. What a token costs is asked of the table once;
prices by tiers are left to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from masterx.records.usage import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

MOST_KEPT: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Rates:
    """Dollars for a token; `call` for each call whatever it takes."""

    of: ModelPrice
    """Kept, so that its id is nobody else's."""
    new: Decimal
    cached: Decimal
    output: Decimal
    call: Decimal


_rates: dict[int, _Rates | None] = {}
"""By the id of the price; None where it has no such rates."""


def table_amount(price_id: str, model: str, usage: Usage, at: datetime) -> Decimal | None:
    """In dollars, as the table had it at that time; None where it does not know the model."""
    try:
        price = _model(price_id, model).get_prices(at)
        rates = _rates_of(price)
        new = usage.input_tokens - usage.cached_input_tokens
        if rates is None or rates.of is not price or new < 0:
            return _calculated(price, usage)
    except LookupError:
        return None
    cached = usage.cached_input_tokens
    return rates.call + rates.new * new + rates.cached * cached + rates.output * usage.output_tokens


@lru_cache(maxsize=MOST_KEPT)
def _model(price_id: str, model: str) -> ModelInfo:
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - takes 0.4 s together with its first use

    return get_snapshot().find_provider_model(model, None, price_id, None)[1]


def _rates_of(price: ModelPrice) -> _Rates | None:
    if id(price) not in _rates:
        if len(_rates) >= MOST_KEPT:
            _rates.clear()
        _rates[id(price)] = _read_rates(price)
    return _rates[id(price)]


def _read_rates(price: ModelPrice) -> _Rates | None:
    if any(value is not None and not isinstance(value, Decimal) for value in vars(price).values()):
        return None
    call = _calculated(price, Usage(input_tokens=0, output_tokens=0))
    return _Rates(
        of=price,
        new=_calculated(price, Usage(input_tokens=1, output_tokens=0)) - call,
        cached=_calculated(price, Usage(input_tokens=1, cached_input_tokens=1, output_tokens=0)) - call,
        output=_calculated(price, Usage(input_tokens=0, output_tokens=1)) - call,
        call=call,
    )


def _calculated(price: ModelPrice, usage: Usage) -> Decimal:
    import genai_prices  # noqa: PLC0415

    total: Decimal = price.calc_price(
        genai_prices.Usage(
            input_tokens=usage.input_tokens,
            cache_read_tokens=usage.cached_input_tokens,
            output_tokens=usage.output_tokens,
        )
    )["total_price"]
    return total
