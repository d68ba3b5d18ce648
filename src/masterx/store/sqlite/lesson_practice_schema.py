"""Questions in lessons, checked answers, goals. Never edited after a release."""

from __future__ import annotations

STATEMENTS = (
    "ALTER TABLE messages ADD COLUMN item TEXT",
    "ALTER TABLE messages ADD COLUMN calculated TEXT",
    """
    CREATE TABLE goals (
        user_id TEXT NOT NULL REFERENCES users (id),
        subject TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('ability', 'skills', 'questions', 'minutes')),
        target REAL NOT NULL CHECK (target > 0),
        until TEXT,
        start REAL NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (user_id, subject)
    ) STRICT, WITHOUT ROWID
    """,
)
