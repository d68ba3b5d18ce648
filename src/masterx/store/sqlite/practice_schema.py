"""Migration 9: practice. Never edited after a release."""

from __future__ import annotations

STATEMENTS = (
    "ALTER TABLE user_performance ADD COLUMN theta REAL",
    "ALTER TABLE user_performance ADD COLUMN theta_error REAL",
    "ALTER TABLE user_performance ADD COLUMN improvement_rate_error REAL",
    """
    CREATE TABLE practice_questions (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id),
        session_id TEXT,
        subject TEXT NOT NULL,
        skill TEXT NOT NULL,
        item_id TEXT NOT NULL,
        seed INTEGER NOT NULL,
        mode TEXT NOT NULL CHECK (mode IN ('practice', 'placement', 'review')),
        asked_at TEXT NOT NULL,
        hints_taken INTEGER NOT NULL CHECK (hints_taken >= 0)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE practice_responses (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id),
        session_id TEXT,
        subject TEXT NOT NULL,
        skill TEXT NOT NULL,
        item_id TEXT NOT NULL,
        seed INTEGER NOT NULL,
        mode TEXT NOT NULL CHECK (mode IN ('practice', 'placement', 'review')),
        asked_at TEXT NOT NULL,
        answered_at TEXT NOT NULL,
        answer TEXT NOT NULL,
        verdict TEXT NOT NULL,
        feedback TEXT NOT NULL,
        score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
        hints_taken INTEGER NOT NULL CHECK (hints_taken >= 0),
        seconds REAL CHECK (seconds >= 0),
        difficulty REAL NOT NULL,
        theta_before REAL NOT NULL,
        theta_after REAL NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE learner_states (
        user_id TEXT NOT NULL REFERENCES users (id),
        subject TEXT NOT NULL,
        ability TEXT NOT NULL,
        concepts TEXT NOT NULL,
        answers INTEGER NOT NULL CHECK (answers >= 0),
        practice_seconds REAL NOT NULL CHECK (practice_seconds >= 0),
        placement_started_at TEXT,
        placed_at TEXT,
        updated_at TEXT NOT NULL,
        version INTEGER NOT NULL CHECK (version > 0),
        PRIMARY KEY (user_id, subject)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE concept_reviews (
        user_id TEXT NOT NULL REFERENCES users (id),
        concept TEXT NOT NULL,
        subject TEXT NOT NULL,
        due_at TEXT NOT NULL,
        last_review_at TEXT NOT NULL,
        stability REAL NOT NULL,
        difficulty REAL NOT NULL,
        learned INTEGER NOT NULL CHECK (learned IN (0, 1)),
        lapses INTEGER NOT NULL CHECK (lapses >= 0),
        reviews INTEGER NOT NULL CHECK (reviews > 0),
        PRIMARY KEY (user_id, concept)
    ) STRICT, WITHOUT ROWID
    """,
    # Of everybody's answers; it says nothing of anybody.
    """
    CREATE TABLE item_difficulties (
        id TEXT PRIMARY KEY,
        difficulty REAL NOT NULL,
        difficulty_error REAL NOT NULL CHECK (difficulty_error > 0),
        responses INTEGER NOT NULL CHECK (responses >= 0)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX practice_questions_user ON practice_questions (user_id, subject, mode)",
    "CREATE INDEX practice_questions_session ON practice_questions (session_id) WHERE session_id IS NOT NULL",
    "CREATE INDEX practice_responses_user ON practice_responses (user_id, answered_at DESC, id DESC)",
    "CREATE INDEX practice_responses_subject ON practice_responses (user_id, subject, answered_at DESC, id DESC)",
    "CREATE INDEX practice_responses_session ON practice_responses (session_id) WHERE session_id IS NOT NULL",
)
