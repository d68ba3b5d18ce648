"""Migration 1, as it was applied once; later ones alter what it made. Never edited after a release.

Money is INTEGER nano-dollars, times are text (see `columns.time_text`), lists and objects are JSON text, an
embedding is a BLOB of little-endian float32.
"""

from __future__ import annotations

TABLES = (
    """
    CREATE TABLE users (
        id TEXT PRIMARY KEY,
        email TEXT NOT NULL,
        email_normalised TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('learner', 'admin')),
        password_hash TEXT,
        learning_preferences TEXT NOT NULL,
        emotional_profile TEXT,
        subscription_tier TEXT NOT NULL CHECK (subscription_tier IN ('free', 'pro', 'premium')),
        total_sessions INTEGER NOT NULL CHECK (total_sessions >= 0),
        last_active TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE refresh_tokens (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id),
        family_id TEXT NOT NULL,
        token_hash TEXT NOT NULL UNIQUE,
        created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        used_at TEXT,
        revoked_at TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE one_time_links (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id),
        secret_hash TEXT NOT NULL UNIQUE,
        created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        loopback_only INTEGER NOT NULL CHECK (loopback_only IN (0, 1)),
        used_at TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id),
        started_at TEXT NOT NULL,
        last_activity_at TEXT NOT NULL,
        ended_at TEXT,
        title TEXT,
        current_topic TEXT,
        assigned_provider TEXT,
        total_messages INTEGER NOT NULL CHECK (total_messages >= 0),
        total_tokens INTEGER NOT NULL CHECK (total_tokens >= 0),
        total_cost INTEGER NOT NULL CHECK (total_cost >= 0),
        avg_response_time_ms REAL CHECK (avg_response_time_ms >= 0),
        emotion_trajectory TEXT NOT NULL,
        performance_score REAL,
        status TEXT NOT NULL CHECK (status IN ('active', 'completed', 'abandoned'))
    ) STRICT, WITHOUT ROWID
    """,
    # `position` breaks ties of the clock: a question is written before its answer.
    """
    CREATE TABLE messages (
        position INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        session_id TEXT NOT NULL REFERENCES sessions (id),
        user_id TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'system')),
        content TEXT NOT NULL,
        timestamp TEXT NOT NULL,
        superseded_by TEXT,
        replaces TEXT,
        reply_to TEXT,
        provider_used TEXT,
        model_used TEXT,
        response_time_ms INTEGER CHECK (response_time_ms >= 0),
        first_token_ms INTEGER CHECK (first_token_ms >= 0),
        tokens_used INTEGER CHECK (tokens_used >= 0),
        cost INTEGER CHECK (cost >= 0),
        completeness TEXT CHECK (completeness IN ('complete', 'length', 'stopped', 'broke_off')),
        usage_estimated INTEGER CHECK (usage_estimated IN (0, 1)),
        routing TEXT,
        emotion_state TEXT,
        embedding BLOB,
        quality_rating INTEGER CHECK (quality_rating BETWEEN 1 AND 5),
        helpful INTEGER CHECK (helpful IN (0, 1)),
        feedback_text TEXT,
        user_continued INTEGER CHECK (user_continued IN (0, 1))
    ) STRICT
    """,
    """
    CREATE TABLE idempotency_keys (
        user_id TEXT NOT NULL,
        key TEXT NOT NULL,
        request_hash TEXT NOT NULL,
        holder TEXT NOT NULL,
        lease_until TEXT NOT NULL,
        last_used_at TEXT NOT NULL,
        session_id TEXT,
        message_id TEXT,
        PRIMARY KEY (user_id, key)
    ) STRICT, WITHOUT ROWID
    """,
    # No foreign keys: the ledger outlives what it tells of.
    """
    CREATE TABLE cost_events (
        id TEXT PRIMARY KEY,
        timestamp TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        purpose TEXT NOT NULL CHECK (purpose IN ('chat', 'benchmark')),
        outcome TEXT NOT NULL CHECK (outcome IN ('succeeded', 'failed', 'aborted')),
        pricing TEXT NOT NULL CHECK (pricing IN ('priced', 'free', 'unpriced')),
        cost INTEGER NOT NULL CHECK (cost >= 0 AND (cost = 0 OR pricing = 'priced')),
        category TEXT NOT NULL,
        user_id TEXT,
        session_id TEXT,
        message_id TEXT,
        input_tokens INTEGER NOT NULL CHECK (input_tokens >= 0),
        output_tokens INTEGER NOT NULL CHECK (output_tokens >= 0),
        cached_input_tokens INTEGER NOT NULL CHECK (cached_input_tokens >= 0),
        reasoning_tokens INTEGER NOT NULL CHECK (reasoning_tokens >= 0),
        usage_estimated INTEGER NOT NULL CHECK (usage_estimated IN (0, 1)),
        duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
        error_code TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE cost_tracking (
        id TEXT PRIMARY KEY,
        date TEXT NOT NULL,
        provider TEXT NOT NULL,
        user_id TEXT,
        total_requests INTEGER NOT NULL CHECK (total_requests > 0),
        total_tokens INTEGER NOT NULL CHECK (total_tokens >= 0),
        total_cost INTEGER NOT NULL CHECK (total_cost >= 0),
        avg_cost_per_request REAL AS (CAST(total_cost AS REAL) / total_requests),
        category_breakdown TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE benchmark_results (
        id TEXT PRIMARY KEY,
        category TEXT NOT NULL,
        provider TEXT NOT NULL,
        model_name TEXT NOT NULL,
        timestamp TEXT NOT NULL,
        quality_score REAL NOT NULL CHECK (quality_score BETWEEN 0 AND 100),
        speed_score REAL NOT NULL CHECK (speed_score BETWEEN 0 AND 100),
        cost_score REAL NOT NULL CHECK (cost_score BETWEEN 0 AND 100),
        final_score REAL NOT NULL CHECK (final_score BETWEEN 0 AND 100),
        avg_response_time_ms REAL NOT NULL CHECK (avg_response_time_ms >= 0),
        avg_cost INTEGER NOT NULL CHECK (avg_cost >= 0),
        tests_passed INTEGER NOT NULL CHECK (tests_passed BETWEEN 0 AND tests_total),
        tests_total INTEGER NOT NULL,
        test_results TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE provider_health (
        id TEXT PRIMARY KEY,
        provider TEXT NOT NULL,
        timestamp TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('healthy', 'degraded', 'down')),
        success_rate REAL CHECK (success_rate BETWEEN 0 AND 1),
        avg_response_time_ms REAL CHECK (avg_response_time_ms >= 0),
        requests_last_hour INTEGER NOT NULL CHECK (requests_last_hour >= 0),
        errors_last_hour INTEGER NOT NULL CHECK (errors_last_hour >= 0),
        circuit_breaker_state TEXT NOT NULL CHECK (circuit_breaker_state IN ('closed', 'open', 'half_open')),
        last_success TEXT,
        last_failure TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE user_performance (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id),
        subject TEXT NOT NULL,
        timestamp TEXT NOT NULL,
        ability_level REAL NOT NULL CHECK (ability_level BETWEEN 0 AND 1),
        difficulty_preference REAL NOT NULL CHECK (difficulty_preference BETWEEN 0 AND 1),
        learning_velocity REAL NOT NULL,
        mastery_topics TEXT NOT NULL,
        struggling_topics TEXT NOT NULL,
        total_practice_time_hours REAL NOT NULL CHECK (total_practice_time_hours >= 0),
        improvement_rate REAL
    ) STRICT, WITHOUT ROWID
    """,
)

INDEXES = (
    "CREATE UNIQUE INDEX users_email ON users (email_normalised)",
    "CREATE INDEX users_last_active ON users (last_active DESC)",
    "CREATE INDEX users_role ON users (role, created_at)",
    "CREATE INDEX sessions_user_started ON sessions (user_id, started_at DESC)",
    "CREATE INDEX sessions_user_activity ON sessions (user_id, last_activity_at DESC, id DESC)",
    "CREATE INDEX sessions_status_started ON sessions (status, started_at DESC)",
    "CREATE INDEX sessions_active_activity ON sessions (last_activity_at) WHERE status = 'active'",
    "CREATE INDEX sessions_topic ON sessions (current_topic)",
    "CREATE INDEX messages_session_time ON messages (session_id, timestamp)",
    "CREATE INDEX messages_user_time ON messages (user_id, timestamp DESC)",
    "CREATE INDEX messages_superseded ON messages (superseded_by) WHERE superseded_by IS NOT NULL",
    "CREATE INDEX benchmarks_category ON benchmark_results (category, timestamp DESC)",
    "CREATE INDEX benchmarks_provider ON benchmark_results (provider, category, timestamp DESC)",
    "CREATE INDEX benchmarks_time ON benchmark_results (timestamp DESC)",
    "CREATE INDEX health_provider ON provider_health (provider, timestamp DESC)",
    "CREATE INDEX health_status ON provider_health (status, timestamp DESC)",
    "CREATE INDEX performance_subject ON user_performance (user_id, subject, timestamp DESC)",
    "CREATE INDEX cost_tracking_date ON cost_tracking (date DESC, provider)",
    "CREATE INDEX cost_tracking_user ON cost_tracking (user_id, date DESC)",
    # A plain unique index would hold two NULLs, the system's rows, to be different; the letter tells NULL from "".
    "CREATE UNIQUE INDEX cost_tracking_day ON cost_tracking (date, provider, ifnull('u' || user_id, ''))",
    "CREATE INDEX cost_events_time ON cost_events (timestamp)",
    "CREATE INDEX cost_events_user ON cost_events (user_id, timestamp) WHERE user_id IS NOT NULL",
    "CREATE INDEX idempotency_used ON idempotency_keys (last_used_at)",
    "CREATE INDEX idempotency_session ON idempotency_keys (session_id) WHERE session_id IS NOT NULL",
    "CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id)",
    "CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id, expires_at)",
    "CREATE INDEX one_time_links_expiry ON one_time_links (expires_at)",
)
