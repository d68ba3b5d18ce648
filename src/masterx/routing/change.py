"""Whether a provider became another than it was, and since when. Pure.

A generalized likelihood ratio test for one shift of the mean at an unknown time, in readings of known variance
(Basseville and Nikiforov, "Detection of Abrupt Changes", 1993, section 2.4; of all windows, as in Willsky and Jones,
"A generalized likelihood ratio approach", 1976): the difference of the means before and after, in its standard errors,
at the split where it is largest. What follows a shift is looked at again, so that the last of several is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Final

SURE: Final = 4.0
"""Standard errors from which a shift counts. Where nothing changes, two runs a day raise 0.3 to 0.4 false alarms a
year: `benchmarks.routing_change`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a provider."""

    at: datetime
    value: float
    """0 to 100."""
    variance: float
    """About the provider's present mean; more than 0."""


@dataclass(frozen=True, slots=True)
class Change:
    since: datetime
    """Of the first reading that shows it."""
    by: float
    """Points; negative for the worse."""
    sureness: float
    """`by` in standard errors, without its sign."""


def last_change(readings: Sequence[Reading], *, sure: float = SURE) -> Change | None:
    """The latest shift of the mean; None where chance explains what is seen. The order of readings is nothing."""
    rest = sorted(readings, key=lambda each: each.at)
    found = None
    while (change := _largest(rest)) is not None and change.sureness >= sure:
        found = change
        rest = [each for each in rest if each.at >= change.since]
    return found


def _largest(readings: Sequence[Reading]) -> Change | None:
    """`readings` in the order of time; those of one moment stay together."""
    weights = [1 / each.variance for each in readings]
    all_weight = sum(weights)
    all_sum = sum(each.value * weight for each, weight in zip(readings, weights, strict=True))
    weight, total = 0.0, 0.0
    largest = None
    for place in range(1, len(readings)):
        weight += weights[place - 1]
        total += weights[place - 1] * readings[place - 1].value
        if readings[place].at == readings[place - 1].at:
            continue
        later = all_weight - weight
        by = (all_sum - total) / later - total / weight
        sureness = abs(by) / sqrt(1 / weight + 1 / later)
        if largest is None or sureness > largest.sureness:
            largest = Change(readings[place].at, by, sureness)
    return largest
