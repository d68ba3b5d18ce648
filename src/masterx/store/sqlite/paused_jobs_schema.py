"""Migration 15: background work that an operator has paused. Never edited after a release."""

from __future__ import annotations

STATEMENTS = (
    """
    CREATE TABLE paused_jobs (
        job TEXT PRIMARY KEY,
        paused_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
