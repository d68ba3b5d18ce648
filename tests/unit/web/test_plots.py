from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from masterx.records.money import NanoDollars
from masterx.web.plots import OTHERS, PLACES, by_months, provider_order, stacked

NAMES = ["anthropic", "cohere", "groq", "mistral", "openai", "together", "zai"]
AMOUNTS = st.integers(0, 10**12).map(NanoDollars)
COLUMNS = st.integers(1, 12).flatmap(
    lambda length: st.dictionaries(
        st.sampled_from(NAMES), st.lists(AMOUNTS, min_size=length, max_size=length), min_size=1
    )
)


@given(COLUMNS)
def test_no_money_is_lost_or_made_between_the_books_and_the_bars(columns: dict[str, list[NanoDollars]]) -> None:
    length = len(next(iter(columns.values())))
    bars = stacked([str(index) for index in range(length)], columns, NAMES)
    assert bars.total == sum(map(sum, columns.values()))
    assert list(bars.totals) == [sum(values) for values in zip(*columns.values(), strict=True)]


@given(COLUMNS)
def test_a_provider_keeps_its_colour_whoever_else_was_asked(columns: dict[str, list[NanoDollars]]) -> None:
    length = len(next(iter(columns.values())))
    for series in stacked([""] * length, columns, NAMES).series:
        assert series.place == (PLACES if series.name == OTHERS else NAMES.index(series.name))
        assert series.name in {OTHERS, *NAMES[:PLACES]}
        assert any(series.values)


def test_the_order_is_that_of_the_configuration_then_the_alphabet() -> None:
    assert provider_order(["openai", "groq"], ["zai", "cohere", "groq"]) == ["openai", "groq", "cohere", "zai"]


@given(st.lists(AMOUNTS, min_size=1, max_size=400))
def test_months_add_up_to_their_days(values: list[NanoDollars]) -> None:
    starts = [datetime(2025, 12, 30, tzinfo=UTC) + timedelta(days=day) for day in range(len(values))]
    firsts, sums = by_months(starts, {"openai": values})
    assert sum(sums["openai"]) == sum(values)
    assert firsts == sorted(set(firsts))
    assert all(first.day == 1 for first in firsts)


def test_it_says_who_and_when_and_draws_without_closing_its_element() -> None:
    dollar = NanoDollars(1_000_000_000)
    bars = stacked(["13 Nov", "</script>"], {"openai": [NanoDollars(0), dollar]}, ["openai"])
    assert bars.sentence() == "$1.00 in all: openai $1.00. Most in one bar: </script>, $1.00."
    assert "<" not in bars.drawn()
    assert json.loads(bars.drawn())["labels"][1] == "</script>"
    assert stacked(["1", "2"], {}, []).sentence() == "Nothing was spent in this time."
    assert stacked(["1", "2"], {}, []).totals == (0, 0)
