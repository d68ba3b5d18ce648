"""Sums that move with the ledger: what a call adds to those by hour and day, and to those of a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from masterx.records.costs import CallOutcome, CostEvent, Pricing
from masterx.store.mongodb.database import Write
from masterx.store.mongodb.documents import Row, time_text, whole
from masterx.store.spans import Unit

LENGTHS: Final[Mapping[str, int]] = {"hour": 13, "day": 10, "month": 7}
"""Of a time as text: so much of it names the hour, the day or the month."""
SERIES_UNITS: Final[tuple[Unit, ...]] = ("day", "hour")
USER_UNITS: Final[tuple[Unit, ...]] = ("month", "day")
FIGURES: Final = ("requests", "failed", "unpriced", "tokens", "cost")


def sum_writes(calls: Sequence[CostEvent], part: int) -> Iterator[Write]:
    for collection, key, figures in _added(calls):
        if collection == "cost_series":
            key["part"] = whole(part)
        yield Write(
            collection=collection,
            where={"_id": _key_id(collection, key)},
            change={"$setOnInsert": key, "$inc": {name: whole(value) for name, value in figures.items()}},
            upsert=True,
        )


def _key_id(collection: str, key: Mapping[str, object]) -> str:
    if collection == "user_costs":
        return user_cost_id(str(key["span"]), str(key["period"]), str(key["user_id"]))
    return "\n".join(str(part) for part in key.values())


def user_cost_id(span: str, period: str, user_id: str) -> str:
    return f"{span} {period} {user_id}"


def _added(calls: Sequence[CostEvent]) -> Iterator[tuple[str, Row, Mapping[str, int]]]:
    """What calls add to: the collection, what tells the row apart, and each figure."""
    sums: dict[tuple[str, tuple[tuple[str, str], ...]], dict[str, int]] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
    for call in calls:
        for collection, key in _keys(call):
            figures = sums[collection, tuple(key.items())]
            figures["requests"] += 1
            figures["failed"] += call.outcome is CallOutcome.FAILED
            figures["unpriced"] += call.pricing is Pricing.UNPRICED
            figures["tokens"] += call.total_tokens
            figures["cost"] += call.cost
    for (collection, of_row), figures in sums.items():
        yield collection, dict(of_row), figures


def _keys(call: CostEvent) -> Iterator[tuple[str, Row]]:
    """What tells each row apart that the call adds to."""
    moment = time_text(call.timestamp)
    named = {"provider": call.provider, "model": call.model, "category": call.category}
    for unit in SERIES_UNITS:
        yield "cost_series", {"span": unit, "period": moment[: LENGTHS[unit]], **named}
    for unit in USER_UNITS if call.user_id is not None else ():
        yield "user_costs", {"span": unit, "period": moment[: LENGTHS[unit]], "user_id": call.user_id}
