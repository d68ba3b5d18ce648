from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from masterx.costs.price_rows import PriceRow, load_price_rows
from masterx.costs.prices import Price, Prices
from masterx.errors import ConfigurationError
from masterx.records.costs import Pricing
from masterx.records.money import NanoDollars
from masterx.records.usage import Usage

ROW = """
[[price]]
provider = "OpenAI"
model = "gpt-house"
input = 0.1
output = 2
source = "https://example.org/prices"
date = 2026-03-01
valid_from = 2026-02-01
"""
USAGE = Usage(input_tokens=1_000, output_tokens=500, cached_input_tokens=200, reasoning_tokens=100)


def load(tmp_path: Path, text: str) -> tuple[PriceRow, ...]:
    path = tmp_path / "prices.toml"
    path.write_text(text, "utf-8")
    return load_price_rows(path)


def price(rows: tuple[PriceRow, ...], *models: str, at: datetime = datetime(2026, 3, 14, tzinfo=UTC)) -> Price:
    return Prices(rows).price(provider="openai", models=models, price_id="openai", free=False, usage=USAGE, at=at)


def test_a_row_prices_a_model_that_the_table_does_not_know(tmp_path: Path) -> None:
    (row,) = rows = load(tmp_path, ROW)
    assert (row.provider, row.input, row.date) == ("openai", Decimal("0.1"), date(2026, 3, 1))
    amount = NanoDollars(1_000 * 100 + 500 * 2_000)
    assert price(rows, "gpt-house") == price(rows, "GPT-House") == Price(Pricing.PRICED, amount, amount)


def test_cached_input_has_its_own_price_where_one_is_given(tmp_path: Path) -> None:
    rows = load(tmp_path, ROW + "cached_input = 0.05\n")
    assert price(rows, "gpt-house").amount == 800 * 100 + 200 * 50 + 500 * 2_000


def test_a_row_goes_before_the_table(tmp_path: Path) -> None:
    rows = load(tmp_path, ROW.replace("gpt-house", "gpt-4o-mini"))
    assert price(rows, "gpt-4o-mini").amount == 1_000 * 100 + 500 * 2_000
    assert price(rows, "gpt-4o").amount == price((), "gpt-4o").amount


def test_each_call_is_priced_as_of_its_day(tmp_path: Path) -> None:
    later = ROW.replace("valid_from = 2026-02-01", "valid_from = 2026-03-01").replace("input = 0.1", "input = 0.2")
    rows = load(tmp_path, later + ROW)
    amounts = [
        price(rows, "gpt-house", at=datetime(2026, *day, tzinfo=UTC)).amount
        for day in ((2, 1), (2, 28), (3, 1), (9, 9))
    ]
    assert amounts == [1_100_000, 1_100_000, 1_200_000, 1_200_000]
    assert price(rows, "gpt-house", at=datetime(2026, 1, 31, 23, 59, tzinfo=UTC)).pricing is Pricing.UNPRICED


def test_what_the_vendor_says_answered_goes_before_what_was_asked(tmp_path: Path) -> None:
    rows = load(tmp_path, ROW)
    assert price(rows, "gpt-4o-mini", "gpt-house") == price((), "gpt-4o-mini")
    assert price(rows, "gpt-of-tomorrow", "gpt-house") == price(rows, "gpt-house")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("input = 0.1", "input = -0.1"), "row 1 input"),
        (("input = 0.1", "input = nan"), "row 1 input"),
        (("input = 0.1", "input = inf"), "row 1 input"),
        (("input = 0.1", "input = 1e300"), "row 1 input"),
        (("input = 0.1", 'input = "much"'), "row 1 input"),
        (("input = 0.1", "inptu = 0.1"), "row 1 input"),
        (('source = "https://example.org/prices"\n', ""), "row 1 source"),
        (("date = 2026-03-01", "date = 2026-13-01"), "no TOML"),
        (("[[price]]", "[[prices]]"), "prices"),
        (("[[price]]", "[price]"), "price"),
    ],
)
def test_a_file_that_cannot_be_used_names_its_fault(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load(tmp_path, ROW.replace(*change))


def test_two_rows_for_one_day_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="two rows for openai gpt-house from 2026-02-01"):
        load(tmp_path, ROW + ROW.lower())


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_price_rows(tmp_path / "absent.toml")
