"""`CostStore`: the ledger, and the daily sums that move with it in the same transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from masterx.clock import Clock, new_id
from masterx.records.costs import (
    CallOutcome,
    CallPurpose,
    CostEvent,
    CostTracking,
    Pricing,
)
from masterx.store.sqlite.budgets import add_spending, give_back
from masterx.store.sqlite.columns import placeholders, time_of, time_text
from masterx.store.sqlite.cost_sums import add_to_sums
from masterx.store.sqlite.tables import Tables

_COLUMNS = (
    "id, timestamp, provider, model, purpose, outcome, pricing, cost, category, user_id, session_id, message_id,"
    " tier, budget_charge, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, usage_estimated,"
    " duration_ms, error_code"
)
_INSERT = f"INSERT INTO cost_events ({_COLUMNS}) VALUES ({placeholders(_COLUMNS)})"
_SELECT = f"SELECT {_COLUMNS} FROM cost_events WHERE timestamp >= ? AND timestamp < ? ORDER BY timestamp, id"
_SELECT_USER = f"""
    SELECT {_COLUMNS} FROM cost_events WHERE user_id = ?3 AND timestamp >= ?1 AND timestamp < ?2
    ORDER BY timestamp, id
"""
_SELECT_PART = f"""
    SELECT {_COLUMNS} FROM cost_events WHERE (timestamp, id) > (?1, ?2) AND timestamp < ?3
    ORDER BY timestamp, id LIMIT 1000
"""
# The old sum of a category is found by comparing keys: a JSON path would have to quote its name.
_ADD_TO_DAY = """
    INSERT INTO cost_tracking
        (id, date, provider, user_id, total_requests, total_tokens, total_cost, category_breakdown)
    VALUES (?, ?, ?, ?, 1, ?, ?6, json_object(?7, ?6))
    ON CONFLICT (date, provider, ifnull('u' || user_id, '')) DO UPDATE SET
        total_requests = total_requests + 1,
        total_tokens = total_tokens + excluded.total_tokens,
        total_cost = total_cost + excluded.total_cost,
        category_breakdown = json_patch(category_breakdown, json_object(?7, ?6 + ifnull(
            (SELECT value FROM json_each(cost_tracking.category_breakdown) WHERE key = ?7), 0)))
"""
_ADD_TO_SESSION = """
    UPDATE sessions SET total_tokens = total_tokens + ?, total_cost = total_cost + ? WHERE id = ? AND user_id = ?
"""
_USER = "SELECT 1 FROM users WHERE id = ?"
_SELECT_DAYS = """
    SELECT id, date, provider, user_id, total_requests, total_tokens, total_cost, category_breakdown
    FROM cost_tracking WHERE date BETWEEN ? AND ? ORDER BY date, provider, user_id
"""


class SQLiteCosts(Tables):
    async def record_calls(self, calls: Sequence[CostEvent], reservations: Sequence[str] = ()) -> None:
        await self._writer.run(_add_lone_calls, calls, reservations, self._clock)

    async def cost_events(self, since: datetime, until: datetime, *, user_id: str | None = None) -> Sequence[CostEvent]:
        return await self._readers.run(_select_events, since, until, user_id)

    async def ledger(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[CostEvent]]:
        place, end = (time_text(since), ""), time_text(until)
        while part := await self._readers.run(_select_part, place, end):
            yield part
            place = (time_text(part[-1].timestamp), part[-1].id)

    async def cost_tracking(self, since: date, until: date) -> Sequence[CostTracking]:
        return await self._readers.run(_select_days, since, until)


def _add_lone_calls(
    connection: sqlite3.Connection, calls: Sequence[CostEvent], reservations: Sequence[str], clock: Clock
) -> None:
    known = {call.user_id: _is_known(connection, call.user_id) for call in calls}
    named = (call if known[call.user_id] else _without_name(call) for call in calls)
    add_calls(connection, [_in_session(connection, call) for call in named], clock)
    give_back(connection, reservations)


def _is_known(connection: sqlite3.Connection, user_id: str | None) -> bool:
    return user_id is None or connection.execute(_USER, (user_id,)).fetchone() is not None


def _without_name(call: CostEvent) -> CostEvent:
    return replace(call, user_id=None, session_id=None, message_id=None)


def _in_session(connection: sqlite3.Connection, call: CostEvent) -> CostEvent:
    """The call, after the totals of its session have taken it up; without a session where there is none (any more)."""
    if call.session_id is None:
        return call
    row = (call.total_tokens, call.cost, call.session_id, call.user_id)
    if connection.execute(_ADD_TO_SESSION, row).rowcount:
        return call
    return replace(call, session_id=None, message_id=None)


def add_calls(connection: sqlite3.Connection, calls: Sequence[CostEvent], clock: Clock) -> None:
    """Each call to the ledger, to all sums (the system's and, if it had one, its learner's) and to budgets."""
    for call in calls:
        row = _event_row(call)
        connection.execute(_INSERT, row)
        day = row[1][:10]
        connection.execute(_ADD_TO_DAY, _day_row(day, None, call, clock))
        if call.user_id is not None:
            connection.execute(_ADD_TO_DAY, _day_row(day, call.user_id, call, clock))
        add_to_sums(connection, call, row[1])
        add_spending(connection, call, row[1])


def _day_row(day: str, user_id: str | None, call: CostEvent, clock: Clock) -> tuple[Any, ...]:
    return new_id(clock.now()), day, call.provider, user_id, call.total_tokens, call.cost, call.category


def _select_events(
    connection: sqlite3.Connection, since: datetime, until: datetime, user_id: str | None
) -> list[CostEvent]:
    span = (time_text(since), time_text(until))
    query, parameters = (_SELECT, span) if user_id is None else (_SELECT_USER, (*span, user_id))
    return [_event(row) for row in connection.execute(query, parameters)]


def _select_part(connection: sqlite3.Connection, place: tuple[str, str], end: str) -> list[CostEvent]:
    return [_event(row) for row in connection.execute(_SELECT_PART, (*place, end))]


def _select_days(connection: sqlite3.Connection, since: date, until: date) -> list[CostTracking]:
    rows = connection.execute(_SELECT_DAYS, (since.isoformat(), until.isoformat()))
    return [
        CostTracking(
            id=row[0],
            date=date.fromisoformat(row[1]),
            provider=row[2],
            user_id=row[3],
            total_requests=row[4],
            total_tokens=row[5],
            total_cost=row[6],
            category_breakdown=json.loads(row[7]),
        )
        for row in rows
    ]


def _event_row(call: CostEvent) -> tuple[Any, ...]:
    return (
        call.id,
        time_text(call.timestamp),
        call.provider,
        call.model,
        call.purpose,
        call.outcome,
        call.pricing,
        call.cost,
        call.category,
        call.user_id,
        call.session_id,
        call.message_id,
        call.tier,
        call.budget_charge,
        call.input_tokens,
        call.output_tokens,
        call.cached_input_tokens,
        call.reasoning_tokens,
        call.usage_estimated,
        call.duration_ms,
        call.error_code,
    )


def _event(row: tuple[Any, ...]) -> CostEvent:
    return CostEvent(
        id=row[0],
        timestamp=time_of(row[1]),
        provider=row[2],
        model=row[3],
        purpose=CallPurpose(row[4]),
        outcome=CallOutcome(row[5]),
        pricing=Pricing(row[6]),
        cost=row[7],
        category=row[8],
        user_id=row[9],
        session_id=row[10],
        message_id=row[11],
        tier=row[12],
        budget_charge=row[13],
        input_tokens=row[14],
        output_tokens=row[15],
        cached_input_tokens=row[16],
        reasoning_tokens=row[17],
        usage_estimated=bool(row[18]),
        duration_ms=row[19],
        error_code=row[20],
    )
