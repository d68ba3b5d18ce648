"""Migration 3: budgets, what was spent in their windows, and what is reserved. Never edited after a release."""

from __future__ import annotations

_KIND = "kind TEXT NOT NULL CHECK (kind IN ('system', 'provider', 'tier', 'user'))"

STATEMENTS = (
    "ALTER TABLE cost_events ADD COLUMN tier TEXT",
    "ALTER TABLE cost_events ADD COLUMN budget_charge INTEGER NOT NULL DEFAULT 0 CHECK (budget_charge >= 0)",
    "UPDATE cost_events SET budget_charge = cost",
    f"""
    CREATE TABLE budgets (
        {_KIND},
        name TEXT NOT NULL,
        span TEXT NOT NULL CHECK (span IN ('hour', 'day', 'month')),
        amount INTEGER NOT NULL CHECK (amount >= 0),
        PRIMARY KEY (kind, name, span)
    ) STRICT, WITHOUT ROWID
    """,
    # A period is the beginning of a time as text: `2026-03-14T15` an hour, `2026-03-14` a day, `2026-03` a month.
    f"""
    CREATE TABLE budget_spending (
        {_KIND},
        name TEXT NOT NULL,
        period TEXT NOT NULL,
        spent INTEGER NOT NULL CHECK (spent >= 0),
        PRIMARY KEY (kind, name, period)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE reservations (
        id TEXT PRIMARY KEY,
        provider TEXT NOT NULL,
        user_id TEXT,
        tier TEXT,
        amount INTEGER NOT NULL CHECK (amount >= 0),
        created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX reservations_time ON reservations (created_at)",
    "CREATE INDEX reservations_expiry ON reservations (expires_at)",
    *(
        f"""
        INSERT INTO budget_spending
        SELECT '{kind}', {name}, substr(timestamp, 1, {length}) AS period, sum(budget_charge)
        FROM cost_events WHERE budget_charge > 0 AND {name} IS NOT NULL GROUP BY {name}, period
        """
        for kind, name in (("system", "''"), ("provider", "provider"), ("user", "user_id"))
        for length in (13, 10, 7)
    ),
)
