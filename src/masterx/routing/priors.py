"""What is expected of a provider before anything is known of it in a category. Pure.

Vendors ask more for what does better, about as much for each doubling of the price: a weak sign, and so with a wide
error, but a better one than zero, which would never let a new model answer, or than the best, which would give every
new model the lessons. What it did in other categories is a better sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10, sqrt
from typing import Final

from masterx.records.money import NanoDollars
from masterx.routing.benchmark_evidence import BenchmarkEvidence

CHEAPEST: Final = 10_000.0
"""A thousandth of a cent for an answer, in nano-dollars: what costs less counts as nothing."""
DECADES: Final = 4.0
"""Up to ten cents; what costs more counts as that."""
BY_PRICE_FROM, BY_PRICE_TO = 45.0, 75.0
BY_PRICE_ERROR: Final = 15.0
UNPRICED: Final = 60.0
UNPRICED_ERROR: Final = 20.0
DEMO: Final = 15.0
DEMO_ERROR: Final = 10.0
ELSEWHERE_ERROR: Final = 10.0
"""Between what a model does in one category and in the mean of others."""


@dataclass(frozen=True, slots=True)
class Prior:
    value: float
    """0 to 100."""
    error: float
    """Standard error."""
    reason: str


def dearness(price: NanoDollars) -> float:
    """0 (a thousandth of a cent, or free) to 1 (ten cents for an answer), each tenfold price as far as the next."""
    return min(1.0, max(0.0, log10(max(price, CHEAPEST) / CHEAPEST) / DECADES))


def prior_of(price: NanoDollars | None, *, demo: bool = False, elsewhere: Sequence[BenchmarkEvidence] = ()) -> Prior:
    """`price` is of a typical answer, None where it is not known; `elsewhere` is from other categories."""
    if demo:
        return Prior(DEMO, DEMO_ERROR, "the demo model")
    if price is None:
        by_price = Prior(UNPRICED, UNPRICED_ERROR, "nothing is known of it")
    else:
        value = BY_PRICE_FROM + (BY_PRICE_TO - BY_PRICE_FROM) * dearness(price)
        by_price = Prior(value, BY_PRICE_ERROR, "by its price")
    if not elsewhere:
        return by_price
    mean = sum(each.value for each in elsewhere) / len(elsewhere)
    error = sqrt(ELSEWHERE_ERROR**2 + sum(each.error**2 for each in elsewhere) / len(elsewhere) ** 2)
    share = by_price.error**2 / (by_price.error**2 + error**2)
    value = by_price.value + share * (mean - by_price.value)
    return Prior(value, error * sqrt(share), "by its other categories and its price")
