"""What `audit` asks. Each query puts the ledger's sums and a book's side by side under one key, and gives those that
differ: the key, each figure by the ledger, each figure by the book.
"""

from __future__ import annotations

from typing import Final

_LIMIT = 1_000
"""Of rows that do not agree, for each query: who has more has to look for another cause than a row."""

Query = tuple[str, str, int, tuple[str, ...]]
"""The book, the query, how many columns are its key, and the figures."""

_SUMS_DIFFER = """
    HAVING sum(calls) <> sum(book_calls) OR sum(failed) <> sum(book_failed) OR sum(unpriced) <> sum(book_unpriced)
        OR sum(tokens) <> sum(book_tokens) OR sum(cost) <> sum(book_cost)
"""
_SUMS = """
    sum(calls), sum(failed), sum(unpriced), sum(tokens), sum(cost),
    sum(book_calls), sum(book_failed), sum(book_unpriced), sum(book_tokens), sum(book_cost)
"""
_OF_LEDGER = """
    1 AS calls, failed, unpriced, tokens, cost,
    0 AS book_calls, 0 AS book_failed, 0 AS book_unpriced, 0 AS book_tokens, 0 AS book_cost
"""
_OF_BOOK = "0, 0, 0, 0, 0, requests, failed, unpriced, tokens, cost"
_FIGURES: Final = ("calls", "failed", "unpriced", "tokens", "cost")

_DAYS = f"""
    SELECT day, provider, user_id, sum(calls), sum(tokens), sum(cost), sum(book_calls), sum(book_tokens), sum(book_cost)
    FROM (
        SELECT day, provider, NULL AS user_id, 1 AS calls, tokens, cost,
            0 AS book_calls, 0 AS book_tokens, 0 AS book_cost FROM day_calls
        UNION ALL
        SELECT day, provider, user_id, 1, tokens, cost, 0, 0, 0 FROM day_calls WHERE user_id IS NOT NULL
        UNION ALL
        SELECT date, provider, user_id, 0, 0, 0, total_requests, total_tokens, total_cost
        FROM cost_tracking WHERE date = ?1
    )
    GROUP BY provider, user_id
    HAVING sum(calls) <> sum(book_calls) OR sum(tokens) <> sum(book_tokens) OR sum(cost) <> sum(book_cost)
    LIMIT {_LIMIT}
"""
_CATEGORIES = f"""
    SELECT day, provider, user_id, category, sum(cost), sum(book_cost)
    FROM (
        SELECT day, provider, NULL AS user_id, category, cost, 0 AS book_cost FROM day_calls
        UNION ALL
        SELECT day, provider, user_id, category, cost, 0 FROM day_calls WHERE user_id IS NOT NULL
        UNION ALL
        SELECT date, provider, user_id, part.key, 0, part.value
        FROM cost_tracking, json_each(category_breakdown) AS part WHERE date = ?1
    )
    GROUP BY provider, user_id, category HAVING sum(cost) <> sum(book_cost) LIMIT {_LIMIT}
"""
_HOURS = f"""
    SELECT hour, provider, model, category, {_SUMS} FROM (
        SELECT hour, provider, model, category, {_OF_LEDGER} FROM day_calls
        UNION ALL
        SELECT period, provider, model, category, {_OF_BOOK}
        FROM cost_series WHERE span = 'hour' AND period BETWEEN ?1 || 'T00' AND ?1 || 'T23'
    )
    GROUP BY hour, provider, model, category {_SUMS_DIFFER} LIMIT {_LIMIT}
"""
_DAYS_OF_USERS = f"""
    SELECT day, user_id, {_SUMS} FROM (
        SELECT day, user_id, {_OF_LEDGER} FROM day_calls WHERE user_id IS NOT NULL
        UNION ALL
        SELECT period, user_id, {_OF_BOOK} FROM user_costs WHERE span = 'day' AND period = ?1
    )
    GROUP BY user_id {_SUMS_DIFFER} LIMIT {_LIMIT}
"""
DAY_QUERIES: Final[tuple[Query, ...]] = (
    ("cost_tracking", _DAYS, 3, ("calls", "tokens", "cost")),
    ("category_breakdown", _CATEGORIES, 4, ("cost",)),
    ("cost_series", _HOURS, 4, _FIGURES),
    ("user_costs", _DAYS_OF_USERS, 2, _FIGURES),
)
"""Of one day, whose calls are in `day_calls`."""

_OF_SHORTER = """
    requests AS calls, failed, unpriced, tokens, cost,
    0 AS book_calls, 0 AS book_failed, 0 AS book_unpriced, 0 AS book_tokens, 0 AS book_cost
"""
# The shorter spans were compared with the ledger: the longer ones are their sums.
_DAYS_BY_HOURS = f"""
    SELECT day, provider, model, category, {_SUMS} FROM (
        SELECT substr(period, 1, 10) AS day, provider, model, category, {_OF_SHORTER}
        FROM cost_series WHERE span = 'hour'
        UNION ALL
        SELECT period, provider, model, category, {_OF_BOOK} FROM cost_series WHERE span = 'day'
    )
    GROUP BY day, provider, model, category {_SUMS_DIFFER} LIMIT {_LIMIT}
"""
_MONTHS_BY_DAYS = f"""
    SELECT month, user_id, {_SUMS} FROM (
        SELECT substr(period, 1, 7) AS month, user_id, {_OF_SHORTER} FROM user_costs WHERE span = 'day'
        UNION ALL
        SELECT period, user_id, {_OF_BOOK} FROM user_costs WHERE span = 'month'
    )
    GROUP BY month, user_id {_SUMS_DIFFER} LIMIT {_LIMIT}
"""
SPAN_QUERIES: Final[tuple[Query, ...]] = (
    ("cost_series", _DAYS_BY_HOURS, 4, _FIGURES),
    ("user_costs", _MONTHS_BY_DAYS, 2, _FIGURES),
)

DAYS_WITHOUT_CALLS: Final = (
    (
        "cost_tracking",
        f"SELECT date, provider, 0, total_requests FROM cost_tracking WHERE date NOT IN days LIMIT {_LIMIT}",
    ),
    (
        "cost_series",
        f"""
        SELECT period, provider, 0, requests FROM cost_series
        WHERE span = 'hour' AND substr(period, 1, 10) NOT IN days LIMIT {_LIMIT}
        """,
    ),
    (
        "user_costs",
        f"SELECT period, user_id, 0, requests FROM user_costs WHERE span = 'day' AND period NOT IN days LIMIT {_LIMIT}",
    ),
)
"""Rows of days on which the ledger has nothing."""

SESSIONS: Final = f"""
    SELECT sessions.id, ifnull(tokens, 0), ifnull(cost, 0), total_tokens, total_cost
    FROM sessions LEFT JOIN session_sums ON session_sums.id = sessions.id
    WHERE ifnull(tokens, 0) <> total_tokens OR ifnull(cost, 0) <> total_cost LIMIT {_LIMIT}
"""
CALLS_TWICE: Final = """
    SELECT message_id FROM cost_events WHERE message_id IS NOT NULL GROUP BY message_id HAVING count(*) > 1 LIMIT 1
"""
MESSAGES: Final = f"""
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
"""Names those that differ. Whether there are any is known before: every answer has a call that agrees, and no two
calls have the same answer.
"""

_CHARGES = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, {name} AS name, substr(timestamp, 1, {length}) AS period, sum(budget_charge) AS charge,"
    f" 0 AS spent FROM cost_events WHERE timestamp >= substr(?1, 1, {length}) AND budget_charge > 0"
    f" AND {name} IS NOT NULL GROUP BY 2, 3"
    for kind, name in (("system", "''"), ("provider", "provider"), ("tier", "tier"), ("user", "user_id"))
    for length in (13, 10, 7)
)
BUDGETS: Final = f"""
    SELECT kind, name, period, sum(charge), sum(spent)
    FROM (
        {_CHARGES} UNION ALL
        SELECT kind, name, period, 0, spent FROM budget_spending WHERE period >= substr(?1, 1, length(period))
    )
    GROUP BY kind, name, period HAVING sum(charge) <> sum(spent) LIMIT {_LIMIT}
"""
"""Of windows that had not ended at the moment that is passed in."""
