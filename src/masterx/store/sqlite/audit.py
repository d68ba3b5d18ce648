"""`AuditStore`: the ledger against everything that is to follow it. Each query gives rows that do not agree."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from masterx.records.audits import Audit, Mismatch
from masterx.records.money import NanoDollars
from masterx.store.sqlite.tables import Tables

_LIMIT = 1_000
"""Of rows that do not agree, for each book: who has more has to look for another cause than a row."""

# The ledger's sums and the book's, side by side under one key.
_DAYS = f"""
    SELECT day, provider, user, sum(calls), sum(tokens), sum(cost), sum(book_calls), sum(book_tokens), sum(book_cost)
    FROM (
        SELECT substr(timestamp, 1, 10) AS day, provider, NULL AS user, 1 AS calls,
            input_tokens + output_tokens AS tokens, cost, 0 AS book_calls, 0 AS book_tokens, 0 AS book_cost
        FROM cost_events
        UNION ALL
        SELECT substr(timestamp, 1, 10), provider, user_id, 1, input_tokens + output_tokens, cost, 0, 0, 0
        FROM cost_events WHERE user_id IS NOT NULL
        UNION ALL
        SELECT date, provider, user_id, 0, 0, 0, total_requests, total_tokens, total_cost FROM cost_tracking
    )
    GROUP BY day, provider, user
    HAVING sum(calls) <> sum(book_calls) OR sum(tokens) <> sum(book_tokens) OR sum(cost) <> sum(book_cost)
    LIMIT {_LIMIT}
"""
_CATEGORIES = f"""
    SELECT day, provider, user, category, sum(cost), sum(book_cost)
    FROM (
        SELECT substr(timestamp, 1, 10) AS day, provider, NULL AS user, category, cost, 0 AS book_cost FROM cost_events
        UNION ALL
        SELECT substr(timestamp, 1, 10), provider, user_id, category, cost, 0
        FROM cost_events WHERE user_id IS NOT NULL
        UNION ALL
        SELECT date, provider, user_id, part.key, 0, part.value
        FROM cost_tracking, json_each(category_breakdown) AS part
    )
    GROUP BY day, provider, user, category HAVING sum(cost) <> sum(book_cost) LIMIT {_LIMIT}
"""
_SESSIONS = f"""
    SELECT id, ifnull(tokens, 0), ifnull(cost, 0), total_tokens, total_cost
    FROM sessions LEFT JOIN (
        SELECT session_id, sum(input_tokens + output_tokens) AS tokens, sum(cost) AS cost
        FROM cost_events WHERE session_id IS NOT NULL GROUP BY session_id
    ) ON session_id = id
    WHERE ifnull(tokens, 0) <> total_tokens OR ifnull(cost, 0) <> total_cost LIMIT {_LIMIT}
"""
_MESSAGES = f"""
    SELECT messages.id, ifnull(calls, 0), ifnull(tokens, 0), ifnull(call.cost, 0), 1, ifnull(tokens_used, 0),
        ifnull(messages.cost, 0)
    FROM messages LEFT JOIN (
        SELECT message_id, count(*) AS calls, sum(input_tokens + output_tokens) AS tokens, sum(cost) AS cost
        FROM cost_events WHERE message_id IS NOT NULL GROUP BY message_id
    ) AS call ON message_id = messages.id
    WHERE role = 'assistant' AND (
        ifnull(calls, 0) <> 1 OR ifnull(tokens, 0) <> ifnull(tokens_used, 0)
        OR ifnull(call.cost, 0) <> ifnull(messages.cost, 0)
    )
    LIMIT {_LIMIT}
"""
_CHARGES = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, {name} AS name, substr(timestamp, 1, {length}) AS period, budget_charge AS charge,"
    f" 0 AS spent FROM cost_events WHERE budget_charge > 0 AND {name} IS NOT NULL"
    for kind, name in (("system", "''"), ("provider", "provider"), ("tier", "tier"), ("user", "user_id"))
    for length in (13, 10, 7)
)
_BUDGETS = f"""
    SELECT kind, name, period, sum(charge), sum(spent)
    FROM ({_CHARGES} UNION ALL SELECT kind, name, period, 0, spent FROM budget_spending)
    GROUP BY kind, name, period HAVING sum(charge) <> sum(spent) LIMIT {_LIMIT}
"""
_TOTALS = """
    SELECT count(*), ifnull(sum(cost), 0), ifnull(sum(cost) FILTER (WHERE purpose = 'chat'), 0),
        ifnull(sum(cost) FILTER (
            WHERE purpose = 'chat' AND (session_id IS NULL OR session_id NOT IN (SELECT id FROM sessions))
        ), 0)
    FROM cost_events
"""
_LESSONS = "SELECT ifnull(sum(total_cost), 0) FROM sessions"


class SQLiteAudit(Tables):
    async def audit(self) -> Audit:
        return await self._readers.run(_audit)


def _audit(connection: sqlite3.Connection) -> Audit:
    with _one_moment(connection):
        calls, cost, chat, erased = connection.execute(_TOTALS).fetchone()
        (lessons,) = connection.execute(_LESSONS).fetchone()
        mismatches = [
            *_compared(connection, "cost_tracking", _DAYS, 3, ("calls", "tokens", "cost")),
            *_compared(connection, "category_breakdown", _CATEGORIES, 4, ("cost",)),
            *_compared(connection, "sessions", _SESSIONS, 1, ("tokens", "cost")),
            *_compared(connection, "messages", _MESSAGES, 1, ("calls", "tokens", "cost")),
            *_compared(connection, "budget_spending", _BUDGETS, 3, ("charge",)),
        ]
    if chat != lessons + erased:
        mismatches.append(Mismatch("sessions", "all of them, and what was erased", "cost", chat, lessons + erased))
    return Audit(
        calls=calls,
        cost=NanoDollars(cost),
        chat_cost=NanoDollars(chat),
        lesson_cost=NanoDollars(lessons),
        erased_cost=NanoDollars(erased),
        mismatches=tuple(mismatches),
    )


def _compared(
    connection: sqlite3.Connection, book: str, query: str, keys: int, figures: tuple[str, ...]
) -> Iterator[Mismatch]:
    """Rows are a key of so many columns, then each figure by the ledger, then each by the book."""
    for row in connection.execute(query):
        place = " ".join(str(part) for part in row[:keys] if part not in {None, ""})
        by_ledger, by_book = row[keys : keys + len(figures)], row[keys + len(figures) :]
        for figure, ledger, found in zip(figures, by_ledger, by_book, strict=True):
            if ledger != found:
                yield Mismatch(book, place, figure, ledger, found)


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Whatever is written meanwhile, all queries see the same."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
