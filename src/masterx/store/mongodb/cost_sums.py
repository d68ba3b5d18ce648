"""`CostSumStore` but for the audit: sums of the ledger by hour and day, and by person for a day and a month.

They move with the ledger, in parts as daily sums do. What is asked of a span is added up from the largest whole parts
of it; only its edges are read from the ledger.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from masterx.records.costs import (
    CallOutcome,
    CostBreakdown,
    CostEvent,
    CostGrouping,
    CostPoint,
    CostSpan,
    CostStep,
    CostSum,
    Pricing,
)
from masterx.records.money import NanoDollars
from masterx.store.cost_folds import NONE, Cell, Figures, breakdown_of, sum_of, with_nobody
from masterx.store.mongodb.costs import event_of
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, time_text, within
from masterx.store.mongodb.kept_sums import FIGURES, LENGTHS, SERIES_UNITS, USER_UNITS, user_cost_id
from masterx.store.mongodb.tables import Tables
from masterx.store.spans import Stretch, stretches

MICROSECOND = timedelta(microseconds=1)
_PART_ROWS = 1_000
_GROUPED_BY: Mapping[CostGrouping | None, Any] = {
    None: None,
    CostGrouping.PROVIDER: "$provider",
    CostGrouping.MODEL: {"$concat": ["$provider", " ", "$model"]},
    CostGrouping.CATEGORY: "$category",
    CostGrouping.USER: "$user_id",
}
_CELL: Mapping[str, Any] = {"provider": "$provider", "model": "$model", "category": "$category"}
OF_A_CALL: Mapping[str, Any] = {
    "requests": {"$literal": 1},
    "failed": {"$cond": [{"$eq": ["$outcome", CallOutcome.FAILED.value]}, 1, 0]},
    "unpriced": {"$cond": [{"$eq": ["$pricing", Pricing.UNPRICED.value]}, 1, 0]},
    "tokens": {"$add": ["$input_tokens", "$output_tokens"]},
    "cost": "$cost",
}
"""The figures of one row of the ledger."""


class MongoCostSums(Tables):
    async def cost_sums(
        self, since: datetime, until: datetime, by: CostGrouping | None = None, *, limit: int | None = None
    ) -> Sequence[CostSum]:
        if by is CostGrouping.USER:
            return await self._database.snapshot(_by_user, since, until, limit)
        return await self._database.report(_by_call, since, until, by, limit)

    async def cost_breakdown(self, span: CostSpan, windows: Sequence[CostSpan], *, top: int) -> CostBreakdown:
        return await self._database.snapshot(_breakdown, span, windows, top)

    async def cost_series(self, since: datetime, until: datetime, step: CostStep) -> Sequence[CostPoint]:
        return await self._database.report(_series, since, until, step)

    async def month_costs(self, month: date, user_ids: Sequence[str]) -> Mapping[str, NanoDollars]:
        return await self._database.report(_of_users, month, user_ids)

    async def ledger(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[CostEvent]]:
        span = within("timestamp", since, until)
        where = span
        while rows := await self._database.report(_part, where):
            yield [event_of(row) for row in rows]
            last = rows[-1]
            behind = [{"timestamp": {"$gt": last["timestamp"]}}, {"_id": {"$gt": last["_id"]}}]
            where = {"$and": [span, {"timestamp": {"$gte": last["timestamp"]}, "$or": behind}]}


async def _part(access: Access, where: Row) -> list[Row]:
    return await access.all("cost_events", where, sort=[("timestamp", 1), ("_id", 1)], limit=_PART_ROWS)


def sums_pipeline(parts: Sequence[Stretch], name: Any, limit: int | None) -> list[Row]:
    """On the sums by call or, for sums by user, on those by person; `name` is the expression they are grouped by."""
    kept, edges = _matches(parts)
    figures = {"_id": 0, "name": name, **{figure: f"${figure}" for figure in FIGURES}}
    of_calls = {"_id": 0, "name": name, **OF_A_CALL}
    pipeline: list[Row] = [{"$match": {"$or": kept} if kept else {"_id": None}}, {"$project": figures}]
    if edges:
        calls = [{"$match": {"$or": edges}}, {"$project": of_calls}]
        pipeline.append({"$unionWith": {"coll": "cost_events", "pipeline": calls}})
    pipeline += [
        {"$group": {"_id": "$name", **{figure: {"$sum": f"${figure}"} for figure in FIGURES}}},
        {"$sort": {"cost": -1, "_id": 1}},
    ]
    return [*pipeline, {"$limit": limit}] if limit is not None else pipeline


def _matches(parts: Sequence[Stretch]) -> tuple[list[Row], list[Row]]:
    """Of rows that are sums, and of rows of the ledger."""
    kept: list[Row] = []
    edges: list[Row] = []
    for part in parts:
        if part.unit == "moment":
            edges.append(within("timestamp", part.since, part.until))
        else:
            length = LENGTHS[part.unit]
            first, end = time_text(part.since)[:length], time_text(part.until)[:length]
            kept.append({"span": part.unit, "period": {"$gte": first, "$lt": end}})
    return kept, edges


async def _by_call(
    access: Access, since: datetime, until: datetime, by: CostGrouping | None, limit: int | None
) -> list[CostSum]:
    parts = stretches(since, until, SERIES_UNITS)
    rows = await access.aggregate("cost_series", sums_pipeline(parts, _GROUPED_BY[by], limit)) if parts else []
    if by is None and not rows:
        return [sum_of(None, NONE)]
    return [sum_of(row["_id"], _figures(row)) for row in rows]


async def _by_user(access: Access, since: datetime, until: datetime, limit: int | None) -> list[CostSum]:
    named = await _of_people(access, since, until)
    (total,) = await _by_call(access, since, until, None, None)
    return with_nobody(named, total)[:limit]


async def _of_people(access: Access, since: datetime, until: datetime) -> list[CostSum]:
    parts = stretches(since, until, USER_UNITS)
    pipeline = sums_pipeline(parts, _GROUPED_BY[CostGrouping.USER], None)
    rows = await access.aggregate("user_costs", pipeline) if parts else []
    return [sum_of(row["_id"], _figures(row)) for row in rows]


async def _breakdown(access: Access, span: CostSpan, windows: Sequence[CostSpan], top: int) -> CostBreakdown:
    """The sums by call are read once: by what is finest, which everything else is added up from."""
    parts = stretches(span.since, span.until, SERIES_UNITS)
    rows = await access.aggregate("cost_series", sums_pipeline(parts, _CELL, None)) if parts else []
    cells = [Cell(**row["_id"], figures=_figures(row)) for row in rows]
    named = await _of_people(access, span.since, span.until)
    totals = [(await _by_call(access, window.since, window.until, None, None))[0] for window in windows]
    return breakdown_of(cells, named, totals, top)


def _figures(row: Mapping[str, Any]) -> Figures:
    return row["requests"], row["failed"], row["tokens"], row["cost"], row["unpriced"]


async def _series(access: Access, since: datetime, until: datetime, step: CostStep) -> list[CostPoint]:
    length = LENGTHS[step.value]
    first, last = time_text(since)[:length], time_text(until - MICROSECOND)[:length]
    pipeline: list[Row] = [
        {"$match": {"span": step.value, "period": {"$gte": first, "$lte": last}}},
        {
            "$group": {
                "_id": {"period": "$period", "provider": "$provider"},
                **{figure: {"$sum": f"${figure}"} for figure in FIGURES},
            }
        },
        {"$sort": {"_id.period": 1, "_id.provider": 1}},
    ]
    return [
        CostPoint(
            starts_at=_beginning(row["_id"]["period"]),
            provider=row["_id"]["provider"],
            requests=row["requests"],
            failed=row["failed"],
            tokens=row["tokens"],
            cost=NanoDollars(row["cost"]),
            unpriced=row["unpriced"],
        )
        for row in await access.aggregate("cost_series", pipeline)
    ]


def _beginning(period: str) -> datetime:
    day, _, hour = period.partition("T")
    return datetime.fromisoformat(day).replace(hour=int(hour or 0), tzinfo=UTC)


async def _of_users(access: Access, month: date, user_ids: Sequence[str]) -> dict[str, NanoDollars]:
    keys = [user_cost_id("month", month.isoformat()[:7], user_id) for user_id in user_ids]
    rows = await access.all("user_costs", {"_id": {"$in": keys}}, fields=["user_id", "cost"]) if keys else []
    return {row["user_id"]: NanoDollars(row["cost"]) for row in rows}
