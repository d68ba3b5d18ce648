"""Migration 4: leases of jobs, and alerts. Never edited after a release."""

from __future__ import annotations

STATEMENTS = (
    """
    CREATE TABLE leases (
        name TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        until TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE alerts (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        period TEXT NOT NULL,
        value REAL NOT NULL,
        threshold REAL NOT NULL,
        raised_at TEXT NOT NULL,
        resolved_at TEXT,
        delivery TEXT NOT NULL CHECK (delivery IN ('none', 'pending', 'sent', 'failed')),
        tries INTEGER NOT NULL CHECK (tries >= 0),
        next_try_at TEXT,
        delivery_error TEXT
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE UNIQUE INDEX alerts_period ON alerts (kind, subject, period)",
    "CREATE INDEX alerts_raised ON alerts (raised_at DESC, id DESC)",
    "CREATE INDEX alerts_open ON alerts (kind, subject) WHERE resolved_at IS NULL",
    "CREATE INDEX alerts_due ON alerts (next_try_at) WHERE delivery = 'pending'",
    "CREATE INDEX health_time ON provider_health (timestamp)",
)
