"""Amounts are those of the table's own arithmetic, to the last digit."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from masterx.costs.table_amounts import table_amount
from masterx.records.usage import Usage

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
MODELS = [
    (provider.id, model.id)
    for provider in get_snapshot().providers
    for model in provider.models
    if provider.id in {"openai", "anthropic", "google", "deepseek", "groq", "mistral"}
]
TOKENS = st.integers(min_value=0, max_value=2_000_000)


@settings(deadline=None)
@given(st.sampled_from(MODELS), TOKENS, TOKENS, TOKENS, st.integers(min_value=0, max_value=1_000))
def test_an_amount_is_what_the_table_says(
    model: tuple[str, str], new: int, cached: int, output: int, hours_before: int
) -> None:
    usage = Usage(input_tokens=new + cached, cached_input_tokens=cached, output_tokens=output)
    at = AT - timedelta(hours=hours_before)
    assert table_amount(*model, usage, at) == amount_of_the_table(*model, usage, at)


@pytest.mark.parametrize("model", MODELS, ids="/".join)
def test_each_model_of_the_table_has_the_amount_that_it_says(model: tuple[str, str]) -> None:
    usage = Usage(input_tokens=3_000, cached_input_tokens=1_000, output_tokens=500)
    assert table_amount(*model, usage, AT) == amount_of_the_table(*model, usage, AT)


def amount_of_the_table(provider: str, model: str, usage: Usage, at: datetime) -> Decimal | None:
    """None for the few models that the table does not find by the id that they have in it."""
    counts = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cached_input_tokens,
        output_tokens=usage.output_tokens,
    )
    with suppress(LookupError):
        return genai_prices.calc_price(counts, model, provider_id=provider, genai_request_timestamp=at).total_price
    return None


def test_a_model_that_is_not_there_has_no_amount() -> None:
    assert table_amount("openai", "no-such-model", Usage(input_tokens=1, output_tokens=1), AT) is None
    assert table_amount("nobody", "gpt-4o-mini", Usage(input_tokens=1, output_tokens=1), AT) is None
