"""What a plot over time shows, and the same figures as a table and a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from masterx.records.money import NanoDollars, to_dollars
from masterx.web.figures import money

PLACES = 5
"""Colours of the palette; who comes after them is part of "others"."""
OTHERS = "others"

Columns = Mapping[str, Sequence[NanoDollars]]


def provider_order(configured: Iterable[str], seen: Iterable[str]) -> list[str]:
    """A provider's place in it gives its colour, on all pages: as configured, then those that are no more, by name."""
    first = list(dict.fromkeys(configured))
    return first + sorted(set(seen) - set(first))


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    place: int
    """From 0; `PLACES` for the grey one of all others."""
    values: tuple[NanoDollars, ...]

    @property
    def total(self) -> NanoDollars:
        return NanoDollars(sum(self.values))


@dataclass(frozen=True, slots=True, kw_only=True)
class StackedBars:
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    """Those that cost something, in the order of providers, "others" last."""

    @property
    def totals(self) -> tuple[NanoDollars, ...]:
        columns = zip(*(each.values for each in self.series), strict=True)
        return tuple(NanoDollars(sum(column)) for column in columns) or (NanoDollars(0),) * len(self.labels)

    @property
    def total(self) -> NanoDollars:
        return NanoDollars(sum(self.totals))

    def drawn(self) -> str:
        """For the script that draws it: dollars, in JSON that may stand in a script element."""
        series = [
            {"name": each.name, "place": each.place, "values": [to_dollars(value) for value in each.values]}
            for each in self.series
        ]
        return json.dumps({"labels": self.labels, "series": series}, separators=(",", ":")).replace("<", "\\u003c")

    def sentence(self) -> str:
        """Who cost how much, and when it was most."""
        if not self.total:
            return "Nothing was spent in this time."
        parts = ", ".join(f"{each.name} {money(each.total)}" for each in self.series)
        totals = self.totals
        dearest = max(range(len(totals)), key=totals.__getitem__)
        return (
            f"{money(self.total)} in all: {parts}. Most in one bar: {self.labels[dearest]}, {money(totals[dearest])}."
        )


def stacked(labels: Sequence[str], by_provider: Columns, order: Sequence[str]) -> StackedBars:
    """`by_provider`: for each a value a label."""
    series, others = [], [NanoDollars(0)] * len(labels)
    for place, name in enumerate(order):
        values = tuple(by_provider.get(name, ()))
        if not any(values):
            continue
        if place < PLACES:
            series.append(Series(name, place, values))
        else:
            others = [NanoDollars(sum(pair)) for pair in zip(others, values, strict=True)]
    if any(others):
        series.append(Series(OTHERS, PLACES, tuple(others)))
    return StackedBars(labels=tuple(labels), series=tuple(series))


def by_months(starts: Sequence[datetime], columns: Columns) -> tuple[list[datetime], dict[str, list[NanoDollars]]]:
    """Days of the UTC calendar put together to months."""
    firsts = list(dict.fromkeys(start.replace(day=1) for start in starts))
    place = {first: index for index, first in enumerate(firsts)}
    sums: dict[str, Any] = {name: [0] * len(firsts) for name in columns}
    for name, values in columns.items():
        for start, value in zip(starts, values, strict=True):
            sums[name][place[start.replace(day=1)]] += value
    return firsts, sums


def hour_label(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"


def day_label(moment: datetime, _zone: tzinfo) -> str:
    """Sums are of UTC days, wherever the reader is."""
    return f"{moment.day} {moment:%b}"


def month_label(moment: datetime, _zone: tzinfo) -> str:
    return f"{moment:%b %Y}"
