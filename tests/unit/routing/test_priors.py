from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START

from masterx.records.money import NanoDollars
from masterx.routing.benchmark_evidence import BenchmarkEvidence
from masterx.routing.priors import BY_PRICE_ERROR, dearness, prior_of

PRICES = st.integers(0, 10**12).map(NanoDollars)


@given(PRICES, PRICES)
def test_what_costs_more_is_never_expected_to_be_worse(one: NanoDollars, other: NanoDollars) -> None:
    cheap, dear = sorted((one, other))
    assert 0 <= dearness(cheap) <= dearness(dear) <= 1
    assert prior_of(cheap).value <= prior_of(dear).value


def test_a_tenfold_price_is_a_quarter_of_the_way() -> None:
    assert [dearness(NanoDollars(10**power)) for power in (0, 4, 5, 6, 7, 8, 9)] == [0, 0, 0.25, 0.5, 0.75, 1, 1]


def test_what_it_does_elsewhere_says_more_than_its_price() -> None:
    price = NanoDollars(10**6)
    found = prior_of(price, elsewhere=[BenchmarkEvidence(90, 4, 1, START), BenchmarkEvidence(86, 4, 1, START)])
    assert prior_of(price).value == 60
    assert found.value == pytest.approx(79.0, abs=0.5)
    assert found.error < BY_PRICE_ERROR


def test_nothing_is_known_of_a_model_without_a_price_and_little_expected_of_the_demo() -> None:
    assert prior_of(None).error > BY_PRICE_ERROR
    assert prior_of(NanoDollars(0), demo=True).value < prior_of(NanoDollars(0)).value
