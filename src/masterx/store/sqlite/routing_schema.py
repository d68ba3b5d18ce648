"""Migration 11: what routing learns from answers, and what operators say of it. Never edited after a release."""

from __future__ import annotations

STATEMENTS = (
    # Of an answer: what it was routed by. Older answers have none and are not learned from.
    "ALTER TABLE messages ADD COLUMN category TEXT",
    "CREATE INDEX messages_answers ON messages (timestamp DESC) WHERE category IS NOT NULL",
    """
    CREATE TABLE routing_rules (
        category TEXT NOT NULL,
        provider TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('pinned', 'forbidden')),
        changed_at TEXT NOT NULL,
        PRIMARY KEY (category, provider)
    ) STRICT, WITHOUT ROWID
    """,
)
