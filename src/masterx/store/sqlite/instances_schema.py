"""Migration 5: what the processes of one installation tell each other. Never edited after a release."""

from __future__ import annotations

STATEMENTS = (
    """
    CREATE TABLE breakers (
        provider TEXT PRIMARY KEY,
        revision INTEGER NOT NULL CHECK (revision >= 1),
        state TEXT NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
        reason TEXT,
        openings INTEGER NOT NULL CHECK (openings >= 0),
        holds_seconds REAL NOT NULL CHECK (holds_seconds >= 0),
        changed_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE instances (
        id TEXT PRIMARY KEY,
        host TEXT NOT NULL,
        process_id INTEGER NOT NULL,
        version TEXT NOT NULL,
        started_at TEXT NOT NULL,
        last_seen TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('serving', 'draining')),
        leads INTEGER NOT NULL CHECK (leads IN (0, 1)),
        jobs TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX instances_started ON instances (started_at, id)",
    """
    CREATE TABLE recent_errors (
        id TEXT PRIMARY KEY,
        timestamp TEXT NOT NULL,
        request_id TEXT NOT NULL,
        type TEXT NOT NULL,
        code TEXT NOT NULL,
        path TEXT NOT NULL,
        instance_id TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX recent_errors_time ON recent_errors (timestamp DESC)",
)
