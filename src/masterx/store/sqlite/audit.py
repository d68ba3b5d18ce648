"""`CostSumStore.audit`: the ledger against everything that is to follow it. Each query gives rows that do not agree.

The ledger is read once, a day at a time: what belongs to a day is compared while its calls are at hand, and what spans
days is added up meanwhile. Nothing larger than a day's calls and a row for each session is held.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from masterx.clock import Clock
from masterx.records.audits import Audit, BooksCheck, Mismatch
from masterx.records.money import NanoDollars
from masterx.store.sqlite.audit_queries import (
    BUDGETS,
    CALLS_TWICE,
    DAY_QUERIES,
    DAYS_WITHOUT_CALLS,
    MESSAGES,
    SESSIONS,
    SPAN_QUERIES,
)
from masterx.store.sqlite.columns import time_of, time_text
from masterx.store.sqlite.one_moment import one_moment
from masterx.store.sqlite.tables import Tables

SPENDING_CHECKED = timedelta(days=1)
"""Sums of budgets whose window ended longer ago are on their way to being forgotten."""

_CACHE_KIB = 65_536
_TABLES = (
    """
    CREATE TEMP TABLE day_calls (
        day TEXT, hour TEXT, provider TEXT, model TEXT, category TEXT, user_id TEXT, session_id TEXT, message_id TEXT,
        chat INTEGER, failed INTEGER, unpriced INTEGER, tokens INTEGER, cost INTEGER
    )
    """,
    "CREATE TEMP TABLE days (day TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TEMP TABLE session_sums (id TEXT PRIMARY KEY, tokens INTEGER, cost INTEGER) WITHOUT ROWID",
)
_FILL = """
    INSERT INTO day_calls SELECT substr(timestamp, 1, 10), substr(timestamp, 1, 13), provider, model, category, user_id,
        session_id, message_id, purpose = 'chat', outcome = 'failed', pricing = 'unpriced',
        input_tokens + output_tokens, cost
    FROM cost_events WHERE timestamp >= ?1 AND timestamp < ?2
"""
_TOTALS = """
    SELECT count(*), ifnull(sum(cost), 0), ifnull(sum(cost) FILTER (WHERE chat), 0),
        ifnull(sum(cost) FILTER (WHERE chat AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = session_id)), 0)
    FROM day_calls
"""
_ADD_TO_SESSIONS = """
    INSERT INTO session_sums SELECT session_id, sum(tokens), sum(cost) FROM day_calls
    WHERE session_id IS NOT NULL GROUP BY session_id
    ON CONFLICT (id) DO UPDATE SET tokens = tokens + excluded.tokens, cost = cost + excluded.cost
"""
# Its own call and no other: how many answers of the day have one that says the same.
_ANSWERED = """
    SELECT count(*) FROM day_calls JOIN messages ON messages.id = message_id
    WHERE role = 'assistant' AND tokens = ifnull(tokens_used, 0) AND day_calls.cost = ifnull(messages.cost, 0)
"""
_ANSWERS = "SELECT count(*) FROM messages WHERE role = 'assistant'"
_FIRST = "SELECT min(timestamp) FROM cost_events WHERE timestamp >= ?"
_LAST = "SELECT max(timestamp) FROM cost_events"
_LESSONS = "SELECT ifnull(sum(total_cost), 0) FROM sessions"

_NOTE = "INSERT INTO book_checks (checked_at, calls, cost, mismatches) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_FORGET = """
    DELETE FROM book_checks WHERE checked_at NOT IN (SELECT checked_at FROM book_checks ORDER BY 1 DESC LIMIT 100)
"""
_NEWEST = "SELECT checked_at, calls, cost, mismatches FROM book_checks ORDER BY checked_at DESC LIMIT 1"


class SQLiteAudit(Tables):
    async def audit(self, progress: Callable[[float], None] | None = None) -> Audit:
        return await self._readers.run(_audit, self._clock, progress or _quietly)

    async def note_books_check(self, check: BooksCheck) -> None:
        await self._writer.run(_note, check)

    async def last_books_check(self) -> BooksCheck | None:
        return await self._readers.run(_newest)


@dataclass(slots=True)
class _Reading:
    """What was added up so far."""

    calls: int = 0
    cost: int = 0
    chat: int = 0
    erased: int = 0
    answered: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)


def _quietly(_done: float) -> None:
    pass


def _audit(connection: sqlite3.Connection, clock: Clock, progress: Callable[[float], None]) -> Audit:
    reading = _Reading()
    with _room_for_sums(connection), one_moment(connection):
        for statement in _TABLES:
            connection.execute(statement)
        _read_ledger(connection, reading, progress)
        for book, query, keys, figures in SPAN_QUERIES:
            reading.mismatches += _compared(connection, book, query, keys, figures)
        for book, query in DAYS_WITHOUT_CALLS:
            reading.mismatches += _compared(connection, book, query, 2, ("calls",))
        reading.mismatches += _compared(connection, "sessions", SESSIONS, 1, ("tokens", "cost"))
        (answers,) = connection.execute(_ANSWERS).fetchone()
        if reading.answered != answers or connection.execute(CALLS_TWICE).fetchone() is not None:
            reading.mismatches += _compared(connection, "messages", MESSAGES, 1, ("calls", "tokens", "cost"))
        since = time_text(clock.now() - SPENDING_CHECKED)
        reading.mismatches += _compared(connection, "budget_spending", BUDGETS, 3, ("charge",), (since,))
        (lessons,) = connection.execute(_LESSONS).fetchone()
    if reading.chat != lessons + reading.erased:
        place = "all of them, and what was erased"
        reading.mismatches.append(Mismatch("sessions", place, "cost", reading.chat, lessons + reading.erased))
    progress(1.0)
    return Audit(
        calls=reading.calls,
        cost=NanoDollars(reading.cost),
        chat_cost=NanoDollars(reading.chat),
        lesson_cost=NanoDollars(lessons),
        erased_cost=NanoDollars(reading.erased),
        mismatches=tuple(reading.mismatches),
    )


def _read_ledger(connection: sqlite3.Connection, reading: _Reading, progress: Callable[[float], None]) -> None:
    """A day after the other; days without calls are passed over."""
    (first,), (last,) = connection.execute(_FIRST, ("",)).fetchone(), connection.execute(_LAST).fetchone()
    if first is None:
        return
    beginning, end = _day_of(first), _day_of(last) + timedelta(days=1)
    day: datetime | None = beginning
    while day is not None:
        after = day + timedelta(days=1)
        connection.execute("DELETE FROM day_calls")
        connection.execute(_FILL, (time_text(day), time_text(after)))
        connection.execute("INSERT INTO days VALUES (?)", (time_text(day)[:10],))
        _read_day(connection, reading, time_text(day)[:10])
        progress(0.95 * ((after - beginning) / (end - beginning)))
        (following,) = connection.execute(_FIRST, (time_text(after),)).fetchone()
        day = None if following is None else _day_of(following)


def _read_day(connection: sqlite3.Connection, reading: _Reading, day: str) -> None:
    calls, cost, chat, erased = connection.execute(_TOTALS).fetchone()
    reading.calls += calls
    reading.cost += cost
    reading.chat += chat
    reading.erased += erased
    reading.answered += connection.execute(_ANSWERED).fetchone()[0]
    connection.execute(_ADD_TO_SESSIONS)
    for book, query, keys, figures in DAY_QUERIES:
        reading.mismatches += _compared(connection, book, query, keys, figures, (day,))


def _day_of(timestamp: str) -> datetime:
    return time_of(timestamp).replace(hour=0, minute=0, second=0, microsecond=0)


def _compared(
    connection: sqlite3.Connection,
    book: str,
    query: str,
    keys: int,
    figures: tuple[str, ...],
    parameters: tuple[Any, ...] = (),
) -> Iterator[Mismatch]:
    """Rows are a key of so many columns, then each figure by the ledger, then each by the book."""
    for row in connection.execute(query, parameters):
        place = " ".join(str(part) for part in row[:keys] if part not in {None, ""})
        by_ledger, by_book = row[keys : keys + len(figures)], row[keys + len(figures) :]
        for figure, ledger, found in zip(figures, by_ledger, by_book, strict=True):
            if ledger != found:
                yield Mismatch(book, place, figure, ledger, found)


@contextmanager
def _room_for_sums(connection: sqlite3.Connection) -> Iterator[None]:
    """Temporary tables in memory, and a larger cache, on a connection that else only reads."""
    (cache,) = connection.execute("PRAGMA cache_size").fetchone()
    for pragma in ("query_only = OFF", "temp_store = MEMORY", f"cache_size = -{_CACHE_KIB}"):
        connection.execute(f"PRAGMA {pragma}")
    try:
        yield
    finally:
        for pragma in ("query_only = ON", f"cache_size = {cache}", "shrink_memory"):
            connection.execute(f"PRAGMA {pragma}")


def _note(connection: sqlite3.Connection, check: BooksCheck) -> None:
    connection.execute(_NOTE, (time_text(check.checked_at), check.calls, check.cost, check.mismatches))
    connection.execute(_FORGET)


def _newest(connection: sqlite3.Connection) -> BooksCheck | None:
    row = connection.execute(_NEWEST).fetchone()
    if row is None:
        return None
    return BooksCheck(checked_at=time_of(row[0]), calls=row[1], cost=NanoDollars(row[2]), mismatches=row[3])
