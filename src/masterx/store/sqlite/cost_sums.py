"""Sums of the ledger that move with it: by hour and day, and by person for a day and a month.

What is asked of a span is added up from the largest whole parts of it; only its edges are read from the ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
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
from masterx.store.cost_folds import NONE, Cell, breakdown_of, sum_of, with_nobody
from masterx.store.spans import Stretch, Unit, stretches
from masterx.store.sqlite.budgets import PERIOD_LENGTH
from masterx.store.sqlite.columns import time_of, time_text
from masterx.store.sqlite.one_moment import one_moment
from masterx.store.sqlite.tables import Tables

MICROSECOND = timedelta(microseconds=1)
_LENGTH = {window.value: length for window, length in PERIOD_LENGTH.items()}
_ON_CONFLICT = """
    DO UPDATE SET requests = requests + 1, failed = failed + excluded.failed,
        unpriced = unpriced + excluded.unpriced, tokens = tokens + excluded.tokens, cost = cost + excluded.cost
"""
_ADD_TO_SERIES = f"""
    INSERT INTO cost_series (span, period, provider, model, category, requests, failed, unpriced, tokens, cost)
    VALUES ('hour', ?1, ?3, ?4, ?5, 1, ?6, ?7, ?8, ?9), ('day', ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8, ?9)
    ON CONFLICT (span, period, provider, model, category) {_ON_CONFLICT}
"""
_ADD_TO_USER = f"""
    INSERT INTO user_costs (span, period, user_id, requests, failed, unpriced, tokens, cost)
    VALUES ('day', ?1, ?3, 1, ?4, ?5, ?6, ?7), ('month', ?2, ?3, 1, ?4, ?5, ?6, ?7)
    ON CONFLICT (span, period, user_id) {_ON_CONFLICT}
"""
_GROUPED_BY = {
    None: ("NULL",),
    CostGrouping.PROVIDER: ("provider",),
    CostGrouping.MODEL: ("provider || ' ' || model",),
    CostGrouping.CATEGORY: ("category",),
}
_CELL = ("provider", "model", "category")
_PERSON = ("user_id",)
_FROM_LEDGER = """
    SELECT {named}, 1 AS requests, outcome = 'failed' AS failed, input_tokens + output_tokens AS tokens, cost,
        pricing = 'unpriced' AS unpriced
    FROM cost_events WHERE timestamp >= ? AND timestamp < ?
"""
_FROM_SUMS = """
    SELECT {named}, requests, failed, tokens, cost, unpriced
    FROM {table} WHERE span = '{unit}' AND period >= ? AND period < ?
"""
_SUM = "sum(requests), sum(failed), sum(tokens), sum(cost), sum(unpriced)"
_SERIES = f"""
    SELECT period, provider, {_SUM} FROM cost_series WHERE span = ? AND period BETWEEN ? AND ?
    GROUP BY period, provider ORDER BY period, provider
"""
_OF_USERS = """
    SELECT user_id, cost FROM user_costs WHERE span = 'month' AND period = ? AND user_id IN ({places})
"""
_SERIES_UNITS: tuple[Unit, ...] = ("day", "hour")
_USER_UNITS: tuple[Unit, ...] = ("month", "day")
_TIMES = {CostStep.HOUR: ":00:00+00:00", CostStep.DAY: "T00:00:00+00:00"}


class SQLiteCostSums(Tables):
    async def cost_sums(
        self, since: datetime, until: datetime, by: CostGrouping | None = None, *, limit: int | None = None
    ) -> Sequence[CostSum]:
        if by is CostGrouping.USER:
            return await self._readers.run(_by_user, since, until, limit)
        return await self._readers.run(_by_call, since, until, by, limit)

    async def cost_breakdown(self, span: CostSpan, windows: Sequence[CostSpan], *, top: int) -> CostBreakdown:
        return await self._readers.run(_breakdown, span, windows, top)

    async def cost_series(self, since: datetime, until: datetime, step: CostStep) -> Sequence[CostPoint]:
        return await self._readers.run(_series, since, until, step)

    async def month_costs(self, month: date, user_ids: Sequence[str]) -> dict[str, NanoDollars]:
        return await self._readers.run(_of_users, month, user_ids)


def add_to_sums(connection: sqlite3.Connection, call: CostEvent, timestamp: str) -> None:
    figures = (
        call.outcome is CallOutcome.FAILED,
        call.pricing is Pricing.UNPRICED,
        call.total_tokens,
        call.cost,
    )
    series = (timestamp[:13], timestamp[:10], call.provider, call.model, call.category)
    connection.execute(_ADD_TO_SERIES, (*series, *figures))
    if call.user_id is not None:
        connection.execute(_ADD_TO_USER, (timestamp[:10], timestamp[:7], call.user_id, *figures))


def _by_call(
    connection: sqlite3.Connection, since: datetime, until: datetime, by: CostGrouping | None, limit: int | None
) -> list[CostSum]:
    rows = _summed(connection, stretches(since, until, _SERIES_UNITS), "cost_series", _GROUPED_BY[by], limit)
    sums = [sum_of(name, figures) for name, *figures in rows]
    return sums or ([] if by is not None else [sum_of(None, NONE)])


def _by_user(connection: sqlite3.Connection, since: datetime, until: datetime, limit: int | None) -> list[CostSum]:
    with one_moment(connection):
        named = _of_people(connection, since, until)
        (total,) = _by_call(connection, since, until, None, None)
    return with_nobody(named, total)[:limit]


def _of_people(connection: sqlite3.Connection, since: datetime, until: datetime) -> list[CostSum]:
    rows = _summed(connection, stretches(since, until, _USER_UNITS), "user_costs", _PERSON, None)
    return [sum_of(name, figures) for name, *figures in rows]


def _breakdown(connection: sqlite3.Connection, span: CostSpan, windows: Sequence[CostSpan], top: int) -> CostBreakdown:
    """The sums by call are read once: by what is finest, which everything else is added up from."""
    parts = stretches(span.since, span.until, _SERIES_UNITS)
    with one_moment(connection):
        rows = _summed(connection, parts, "cost_series", _CELL, None)
        named = _of_people(connection, span.since, span.until)
        totals = [_by_call(connection, window.since, window.until, None, None)[0] for window in windows]
    cells = [Cell(provider, model, category, figures) for provider, model, category, *figures in rows]
    return breakdown_of(cells, named, totals, top)


def _summed(
    connection: sqlite3.Connection,
    parts: Iterable[Stretch],
    table: str,
    by: Sequence[str],
    limit: int | None,
) -> list[Any]:
    """Rows of what `by` gives, then the figures; the dearest first."""
    names = [f"name_{place}" for place in range(len(by))]
    named = ", ".join(f"{expression} AS {name}" for expression, name in zip(by, names, strict=True))
    queries, parameters = [], list[Any]()
    for part in parts:
        since, until = time_text(part.since), time_text(part.until)
        if part.unit == "moment":
            queries.append(_FROM_LEDGER.format(named=named))
            parameters += [since, until]
        else:
            queries.append(_FROM_SUMS.format(named=named, table=table, unit=part.unit))
            parameters += [since[: _LENGTH[part.unit]], until[: _LENGTH[part.unit]]]
    if not queries:
        return []
    grouping = ", ".join(names)
    query = (
        f"SELECT {grouping}, {_SUM} FROM ({' UNION ALL '.join(queries)})"
        f" GROUP BY {grouping} ORDER BY sum(cost) DESC, {grouping} LIMIT ?"
    )
    return connection.execute(query, (*parameters, -1 if limit is None else limit)).fetchall()


def _series(connection: sqlite3.Connection, since: datetime, until: datetime, step: CostStep) -> list[CostPoint]:
    length = _LENGTH[step.value]
    first, last = time_text(since)[:length], time_text(until - MICROSECOND)[:length]
    rows = connection.execute(_SERIES, (step.value, first, last))
    return [
        CostPoint(
            starts_at=time_of(period + _TIMES[step]),
            provider=provider,
            requests=requests,
            failed=failed,
            tokens=tokens,
            cost=NanoDollars(cost),
            unpriced=unpriced,
        )
        for period, provider, requests, failed, tokens, cost, unpriced in rows
    ]


def _of_users(connection: sqlite3.Connection, month: date, user_ids: Sequence[str]) -> dict[str, NanoDollars]:
    query = _OF_USERS.format(places=", ".join("?" * len(user_ids)))
    return dict(connection.execute(query, (month.isoformat()[:7], *user_ids)).fetchall())
