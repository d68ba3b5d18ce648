"""Migration 14: how often somebody asked in the last minute. Never edited after a release."""

from __future__ import annotations

STATEMENTS = (
    """
    CREATE TABLE request_windows (
        id TEXT PRIMARY KEY,
        times TEXT NOT NULL,
        expires_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX request_windows_expiry ON request_windows (expires_at)",
)
