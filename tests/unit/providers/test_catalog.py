from __future__ import annotations

import pytest
from genai_prices.data_snapshot import get_snapshot

from masterx.providers.catalog import DIALECTS, Vendor, vendors
from masterx.providers.discovery import base_url_fault
from masterx.providers.registry import SPEAKERS

PROMISED = {
    *("openai", "anthropic", "gemini", "groq", "together", "perplexity", "cohere", "deepseek", "mistral"),
    *("xai", "openrouter", "fireworks", "cerebras", "ollama"),
}
"""Named in the design and in the documentation."""


def test_it_knows_at_least_twenty_vendors_and_those_that_are_promised() -> None:
    assert len(vendors()) >= 20
    assert vendors().keys() >= PROMISED


@pytest.mark.parametrize(("name", "vendor"), vendors().items())
def test_every_entry_can_be_used(name: str, vendor: Vendor) -> None:
    assert name == name.lower()
    assert name.isidentifier()  # it has to make a variable's name
    assert vendor.dialect in DIALECTS
    assert base_url_fault(vendor.base_url) is None
    assert not vendor.base_url.endswith("/")
    assert vendor.dialect == "openai" or base_url_fault(vendor.openai_base_url or "") is None
    assert vendor.context_tokens >= 2_048
    assert vendor.local == vendor.base_url.startswith("http://127.0.0.1")
    assert vendor.local or (vendor.keys_url or "").startswith("https://")


@pytest.mark.parametrize(
    "price_id", sorted(vendor.price_id for vendor in vendors().values() if vendor.price_id is not None)
)
def test_price_ids_exist_in_the_price_table(price_id: str) -> None:
    assert price_id in {provider.id for provider in get_snapshot().providers}


def test_somebody_speaks_every_dialect() -> None:
    assert SPEAKERS.keys() == DIALECTS
