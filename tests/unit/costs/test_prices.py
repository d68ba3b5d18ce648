from __future__ import annotations

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from masterx.costs.prices import Price, Prices, warm_prices
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars
from masterx.records.usage import Usage

AT = datetime(2026, 3, 14, tzinfo=UTC)
CEILING = NanoDollars(100_000_000)
PRICES = Prices(unpriced_ceiling=CEILING)
USAGE = Usage(input_tokens=1_000, output_tokens=500, cached_input_tokens=200, reasoning_tokens=100)


def price(
    *models: str, usage: Usage = USAGE, price_id: str | None = "openai", provider: str = "openai", free: bool = False
) -> Price:
    return PRICES.price(provider=provider, models=models, price_id=price_id, free=free, usage=usage, at=AT)


def test_a_known_model_is_priced_by_its_parts() -> None:
    """$0.15, $0.075 and $0.60 a million for input, cached input and output: openai.com/api/pricing."""
    amount = NanoDollars(800 * 150 + 200 * 75 + 500 * 600)
    assert price("gpt-4o-mini") == Price(Pricing.PRICED, amount, amount)


def test_a_dated_name_has_a_price() -> None:
    assert price("gpt-4o-mini-2024-07-18").pricing is Pricing.PRICED


def test_the_asked_name_prices_a_model_that_the_vendor_calls_by_a_name_unknown_here() -> None:
    assert price("gpt-from-tomorrow", "gpt-4o-mini") == price("gpt-4o-mini")


def test_reasoning_is_part_of_the_output_and_not_paid_twice() -> None:
    without = Usage(input_tokens=1_000, output_tokens=500, cached_input_tokens=200)

    assert price("gpt-4o-mini", usage=without) == price("gpt-4o-mini")


def test_what_runs_on_the_operators_machine_is_free() -> None:
    assert price("llama", price_id=None, free=True) == Price(Pricing.FREE, NanoDollars(0), NanoDollars(0))


@pytest.mark.parametrize(
    ("model", "price_id"), [("no-such-model", "openai"), ("gpt-4o-mini", "no-such-vendor"), ("anything", None)]
)
def test_an_unknown_price_is_unknown_and_said_once(model: str, price_id: str | None) -> None:
    with capture_logs() as logs:
        prices = {price(model, price_id=price_id, provider=f"own-{price_id}") for _ in range(3)}

    assert prices == {Price(Pricing.UNPRICED, NanoDollars(0), CEILING)}
    assert [entry["event"] for entry in logs] == ["model_unpriced"]


def test_nothing_used_costs_nothing() -> None:
    nothing = Usage(input_tokens=0, output_tokens=0)
    assert price("gpt-4o-mini", usage=nothing) == Price(Pricing.PRICED, NanoDollars(0), NanoDollars(0))
    assert price("no-such-model", usage=nothing) == Price(Pricing.UNPRICED, NanoDollars(0), NanoDollars(0))


def test_warming_up_can_be_repeated() -> None:
    warm_prices()
    warm_prices()
