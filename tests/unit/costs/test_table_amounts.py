"""Amounts are those of the table's own arithmetic, to the last digit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import genai_prices
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
    theirs = genai_prices.calc_price(
        genai_prices.Usage(input_tokens=new + cached, cache_read_tokens=cached, output_tokens=output),
        model[1],
        provider_id=model[0],
        genai_request_timestamp=at,
    )
    assert table_amount(*model, usage, at) == theirs.total_price


def test_a_model_that_is_not_there_has_no_amount() -> None:
    assert table_amount("openai", "no-such-model", Usage(input_tokens=1, output_tokens=1), AT) is None
    assert table_amount("nobody", "gpt-4o-mini", Usage(input_tokens=1, output_tokens=1), AT) is None
