"""Money as whole nano-dollars: a billionth of a US dollar, so that sums are exact."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import NewType

NanoDollars = NewType("NanoDollars", int)

NANOS_PER_DOLLAR = 1_000_000_000


def from_dollars(amount: Decimal) -> NanoDollars:
    """Rounds up: a fraction of a nano-dollar is never given away."""
    return NanoDollars(int((amount * NANOS_PER_DOLLAR).to_integral_value(rounding=ROUND_CEILING)))


def to_dollars(amount: NanoDollars) -> float:
    """For showing only; arithmetic stays in nano-dollars."""
    return amount / NANOS_PER_DOLLAR
