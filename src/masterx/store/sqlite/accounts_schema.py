"""Migration 2: devices, links for more than one purpose, and invitations. Never edited after a release."""

from __future__ import annotations

STATEMENTS = (
    """
    CREATE TABLE devices (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id),
        label TEXT NOT NULL,
        first_seen_at TEXT NOT NULL,
        last_seen_at TEXT NOT NULL,
        expires_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO devices
    SELECT family_id, user_id, 'Unknown device', min(created_at), max(created_at), max(expires_at)
    FROM refresh_tokens GROUP BY family_id, user_id HAVING count(revoked_at) = 0
    """,
    "DROP INDEX refresh_tokens_family",
    "DROP INDEX refresh_tokens_user",
    "ALTER TABLE refresh_tokens RENAME TO former_refresh_tokens",
    """
    CREATE TABLE refresh_tokens (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id),
        device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
        token_hash TEXT NOT NULL UNIQUE,
        created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        used_at TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO refresh_tokens
    SELECT id, user_id, family_id, token_hash, created_at, expires_at, used_at
    FROM former_refresh_tokens WHERE family_id IN (SELECT id FROM devices)
    """,
    "DROP TABLE former_refresh_tokens",
    """
    ALTER TABLE one_time_links ADD COLUMN purpose TEXT NOT NULL DEFAULT 'sign_in'
        CHECK (purpose IN ('sign_in', 'reset_password'))
    """,
    """
    CREATE TABLE invitations (
        id TEXT PRIMARY KEY,
        secret_hash TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL CHECK (role IN ('learner', 'admin')),
        created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        created_by TEXT,
        used_at TEXT
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX devices_user_seen ON devices (user_id, last_seen_at DESC)",
    "CREATE INDEX devices_expiry ON devices (expires_at)",
    "CREATE INDEX refresh_tokens_device ON refresh_tokens (device_id)",
    "CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at)",
    "CREATE INDEX one_time_links_user ON one_time_links (user_id)",
    "CREATE INDEX invitations_expiry ON invitations (expires_at)",
)
