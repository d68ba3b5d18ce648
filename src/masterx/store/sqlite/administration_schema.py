"""Migration 6: sums for the operator's pages, switches of providers, ages of keys, disabled accounts.

Never edited after a release.
"""

from __future__ import annotations

from typing import Final

_FIGURES = """
    requests INTEGER NOT NULL CHECK (requests > 0),
    failed INTEGER NOT NULL CHECK (failed >= 0),
    unpriced INTEGER NOT NULL CHECK (unpriced >= 0),
    tokens INTEGER NOT NULL CHECK (tokens >= 0),
    cost INTEGER NOT NULL CHECK (cost >= 0)
"""
_SUMS = """
    count(*), count(*) FILTER (WHERE outcome = 'failed'), count(*) FILTER (WHERE pricing = 'unpriced'),
    sum(input_tokens + output_tokens), sum(cost)
"""
_LENGTHS: Final = {"hour": 13, "day": 10, "month": 7}
"""Of a time as text: so much of it names the hour, the day or the month."""

STATEMENTS = (
    # A period is the beginning of a time as text: `2026-03-14T15` an hour, `2026-03-14` a day, `2026-03` a month.
    f"""
    CREATE TABLE cost_series (
        span TEXT NOT NULL CHECK (span IN ('hour', 'day')),
        period TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        category TEXT NOT NULL,
        {_FIGURES},
        PRIMARY KEY (span, period, provider, model, category)
    ) STRICT, WITHOUT ROWID
    """,
    f"""
    CREATE TABLE user_costs (
        span TEXT NOT NULL CHECK (span IN ('day', 'month')),
        period TEXT NOT NULL,
        user_id TEXT NOT NULL,
        {_FIGURES},
        PRIMARY KEY (span, period, user_id)
    ) STRICT, WITHOUT ROWID
    """,
    *(
        f"""
        INSERT INTO cost_series SELECT '{span}', substr(timestamp, 1, {_LENGTHS[span]}) AS period,
            provider, model, category, {_SUMS}
        FROM cost_events GROUP BY period, provider, model, category
        """
        for span in ("hour", "day")
    ),
    *(
        f"""
        INSERT INTO user_costs SELECT '{span}', substr(timestamp, 1, {_LENGTHS[span]}) AS period, user_id, {_SUMS}
        FROM cost_events WHERE user_id IS NOT NULL GROUP BY period, user_id
        """
        for span in ("day", "month")
    ),
    """
    CREATE TABLE book_checks (
        checked_at TEXT PRIMARY KEY,
        calls INTEGER NOT NULL CHECK (calls >= 0),
        cost INTEGER NOT NULL CHECK (cost >= 0),
        mismatches INTEGER NOT NULL CHECK (mismatches >= 0)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE provider_switches (
        provider TEXT PRIMARY KEY,
        disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
        resets INTEGER NOT NULL CHECK (resets >= 0),
        changed_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE reloads (
        generation INTEGER PRIMARY KEY,
        asked_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE provider_keys (
        provider TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        first_seen_at TEXT NOT NULL,
        PRIMARY KEY (provider, fingerprint)
    ) STRICT, WITHOUT ROWID
    """,
    "ALTER TABLE users ADD COLUMN disabled_at TEXT",
)
