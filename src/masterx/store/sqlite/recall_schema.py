"""Migration 7: what memory and moods need beside the messages. Never edited after a release."""

from __future__ import annotations

STATEMENTS = (
    "CREATE INDEX messages_unread ON messages (timestamp DESC) WHERE embedding IS NULL",
    "ALTER TABLE users ADD COLUMN mood_preferences TEXT",
    """
    CREATE TABLE mood_corrections (
        message_id TEXT PRIMARY KEY,
        session_id TEXT NOT NULL,
        user_id TEXT NOT NULL,
        read TEXT NOT NULL,
        told TEXT NOT NULL,
        corrected_at TEXT NOT NULL,
        may_be_learned_from INTEGER NOT NULL CHECK (may_be_learned_from IN (0, 1))
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX mood_corrections_session ON mood_corrections (session_id)",
    "CREATE INDEX mood_corrections_user ON mood_corrections (user_id, corrected_at)",
)
