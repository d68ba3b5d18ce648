"""`BudgetStore`: caps, running sums of what was spent in each of their windows, and open reservations."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from masterx.errors import NotFound
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, Cap, Reservation, ScopeKind, Spending
from masterx.records.costs import CostEvent
from masterx.records.money import NanoDollars
from masterx.store.sqlite.columns import time_text
from masterx.store.sqlite.tables import Tables

PERIOD_LENGTH: Final = {BudgetWindow.HOUR: 13, BudgetWindow.DAY: 10, BudgetWindow.MONTH: 7}
"""Of a time as text: so much of it names the hour, the day or the month."""

_SET = """
    INSERT INTO budgets (kind, name, span, amount) SELECT ?1, ?2, ?3, ?4
    WHERE ?1 <> 'user' OR EXISTS (SELECT 1 FROM users WHERE id = ?2)
    ON CONFLICT (kind, name, span) DO UPDATE SET amount = excluded.amount
"""
_REMOVE = "DELETE FROM budgets WHERE kind = ? AND name = ? AND span = ?"
_ALL = "SELECT kind, name, span, amount FROM budgets"
_SPENT = "SELECT spent FROM budget_spending WHERE kind = ? AND name = ? AND period = ?"
_OPEN = """
    SELECT ifnull(sum(amount), 0) FROM reservations
    WHERE created_at >= ?1 AND created_at < ?2 AND expires_at > ?3
        AND CASE ?4 WHEN 'system' THEN 1 WHEN 'provider' THEN provider = ?5 WHEN 'tier' THEN tier = ?5
            ELSE user_id = ?5 END
"""
# Whoever was erased meanwhile reserves without a name.
_HOLD = """
    INSERT INTO reservations (id, provider, user_id, tier, amount, created_at, expires_at)
    VALUES (?1, ?2, (SELECT id FROM users WHERE id = ?3), ?4, ?5, ?6, ?7)
"""
_GIVE_BACK = "DELETE FROM reservations WHERE id = ?"
_EXPIRE = "DELETE FROM reservations WHERE expires_at <= ?"
# One statement for all sums that a call belongs to: scopes by windows.
_ADD = """
    INSERT INTO budget_spending (kind, name, period, spent)
    SELECT scope.column1, scope.column2, window.column1, ?1
    FROM (VALUES ('system', ''), ('provider', ?2), ('tier', ?3), ('user', ?4)) AS scope,
        (VALUES (?5), (?6), (?7)) AS window
    WHERE scope.column2 IS NOT NULL
    ON CONFLICT (kind, name, period) DO UPDATE SET spent = spent + excluded.spent
"""


_FORGET = """
    DELETE FROM budget_spending WHERE (kind, name, period) IN (
        SELECT kind, name, period FROM budget_spending WHERE period < substr(?1, 1, length(period)) LIMIT ?2
    )
"""


class SQLiteBudgets(Tables):
    async def set_budget(self, budget: Budget) -> None:
        await self._writer.run(_set, budget)

    async def remove_budget(self, scope: BudgetScope, window: BudgetWindow) -> None:
        await self._writer.run(_remove, scope, window)

    async def budgets(self) -> Sequence[Budget]:
        return await self._readers.run(_all)

    async def spending(self, caps: Sequence[Cap], now: datetime) -> Sequence[Spending]:
        return await self._readers.run(_spending, caps, now)

    async def reserve(
        self, reservation: Reservation, caps: Sequence[Cap], *, instead_of: str | None = None
    ) -> Sequence[Spending]:
        return await self._writer.run_lightly(_reserve, reservation, caps, instead_of)

    async def forget_spending(self, before: datetime, *, limit: int) -> int:
        return await self._writer.run(_forget, time_text(before), limit)

    async def release(self, reservations: Sequence[str]) -> None:
        await self._writer.run_lightly(give_back, reservations)


def add_spending(connection: sqlite3.Connection, call: CostEvent, timestamp: str) -> None:
    """The call joins the sums of its scopes, in the windows that hold the time of the call."""
    if call.budget_charge:
        periods = (timestamp[:length] for length in PERIOD_LENGTH.values())
        connection.execute(_ADD, (call.budget_charge, call.provider, call.tier, call.user_id, *periods))


def give_back(connection: sqlite3.Connection, reservations: Sequence[str]) -> None:
    for reservation in reservations:
        connection.execute(_GIVE_BACK, (reservation,))


def _forget(connection: sqlite3.Connection, before: str, limit: int) -> int:
    return connection.execute(_FORGET, (before, limit)).rowcount


def _set(connection: sqlite3.Connection, budget: Budget) -> None:
    row = (budget.scope.kind, budget.scope.name, budget.window, budget.amount)
    if connection.execute(_SET, row).rowcount == 0:
        raise NotFound("That account is gone.")


def _remove(connection: sqlite3.Connection, scope: BudgetScope, window: BudgetWindow) -> None:
    if connection.execute(_REMOVE, (scope.kind, scope.name, window)).rowcount == 0:
        raise NotFound(f"There is no budget of {scope} for the {window}.")


def _all(connection: sqlite3.Connection) -> list[Budget]:
    budgets = [
        Budget(scope=BudgetScope(ScopeKind(kind), name), window=BudgetWindow(span), amount=amount)
        for kind, name, span, amount in connection.execute(_ALL)
    ]
    return sorted(budgets, key=_place)


def _place(budget: Budget) -> tuple[int, str, int]:
    scope = budget.scope
    return tuple(ScopeKind).index(scope.kind), scope.name, tuple(BudgetWindow).index(budget.window)


def _spending(connection: sqlite3.Connection, caps: Sequence[Cap], now: datetime) -> list[Spending]:
    present = time_text(now)
    return [_fullness(connection, cap, present) for cap in caps]


def _fullness(connection: sqlite3.Connection, cap: Cap, present: str) -> Spending:
    scope, starts_at = cap.budget.scope, time_text(cap.starts_at)
    period = starts_at[: PERIOD_LENGTH[cap.budget.window]]
    row = connection.execute(_SPENT, (scope.kind, scope.name, period)).fetchone()
    (reserved,) = connection.execute(
        _OPEN, (starts_at, time_text(cap.resets_at), present, scope.kind, scope.name)
    ).fetchone()
    return Spending(cap=cap, spent=NanoDollars(row[0] if row else 0), reserved=reserved)


def _reserve(
    connection: sqlite3.Connection, reservation: Reservation, caps: Sequence[Cap], instead_of: str | None
) -> list[Spending]:
    present = time_text(reservation.created_at)
    connection.execute(_EXPIRE, (present,))
    if instead_of is not None:
        connection.execute(_GIVE_BACK, (instead_of,))
    full = [
        spending
        for spending in _spending(connection, caps, reservation.created_at)
        if spending.spent + spending.reserved + reservation.amount > spending.cap.budget.amount
    ]
    if not full:
        connection.execute(_HOLD, _row(reservation, present))
    return full


def _row(reservation: Reservation, present: str) -> tuple[Any, ...]:
    return (
        reservation.id,
        reservation.provider,
        reservation.user_id,
        reservation.tier,
        reservation.amount,
        present,
        time_text(reservation.expires_at),
    )
