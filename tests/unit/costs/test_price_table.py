from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from masterx.costs.price_rows import PriceRow
from masterx.costs.price_table import STALE_AFTER, PriceFinding, check_price, table_date, table_version
from masterx.costs.prices import Prices

LOOKED_UP = date(2026, 3, 1)
NOW = datetime(2026, 3, 14, tzinfo=UTC)
ROW = PriceRow(
    provider="openai",
    model="gpt-house",
    input=Decimal("0.1"),
    output=Decimal(2),
    source="https://example.org",
    date=LOOKED_UP,
    valid_from=date(2026, 2, 1),
)


def check(model: str, *, price_id: str | None = "openai", free: bool = False, now: datetime = NOW) -> PriceFinding:
    return check_price(Prices([ROW]), "openai", model, price_id, free=free, now=now)


@pytest.mark.parametrize(
    ("model", "free", "status"),
    [
        ("gpt-4o-mini", False, "priced"),
        ("gpt-house", False, "overridden"),
        ("no-such-model", False, "unpriced"),
        ("no-such-model", True, "free"),
    ],
)
def test_where_a_price_is_known_from(model: str, free: bool, status: str) -> None:
    assert check(model, free=free).status == status


def test_a_row_grows_stale_with_the_day_it_was_looked_up() -> None:
    last = datetime(2026, 3, 1, tzinfo=UTC) + STALE_AFTER
    assert check("gpt-house", now=last).status == "overridden"
    assert check("gpt-house", now=last + timedelta(days=1)).status == "stale"
    assert "2026-03-01 at https://example.org" in check("gpt-house", now=last).says


def test_the_table_has_a_date_and_grows_stale() -> None:
    day = table_date()
    assert day is not None
    assert str(day) in table_version()
    later = datetime(day.year, day.month, day.day, tzinfo=UTC) + STALE_AFTER + timedelta(days=1)
    assert check("gpt-4o-mini", now=later).status == "stale"
