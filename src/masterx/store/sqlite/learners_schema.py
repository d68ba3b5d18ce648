"""Where each learner stands in each subject, in rows small enough to be sorted. Never edited after a release."""

from __future__ import annotations

STATEMENTS = (
    """
    CREATE TABLE learner_standings (
        user_id TEXT NOT NULL REFERENCES users (id),
        subject TEXT NOT NULL,
        level REAL NOT NULL CHECK (level BETWEEN 0 AND 1),
        theta REAL,
        theta_error REAL CHECK (theta_error >= 0),
        mastered INTEGER NOT NULL CHECK (mastered >= 0),
        struggling INTEGER NOT NULL CHECK (struggling >= 0),
        answers INTEGER NOT NULL CHECK (answers >= 0),
        practice_seconds REAL NOT NULL CHECK (practice_seconds >= 0),
        last_answered_at TEXT NOT NULL,
        PRIMARY KEY (user_id, subject)
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO learner_standings
    SELECT state.user_id, state.subject, newest.ability_level, newest.theta, newest.theta_error,
        json_array_length(newest.mastery_topics), json_array_length(newest.struggling_topics),
        state.answers, state.practice_seconds, newest.timestamp
    FROM learner_states AS state JOIN user_performance AS newest ON newest.id = (
        SELECT id FROM user_performance WHERE user_id = state.user_id AND subject = state.subject
        ORDER BY timestamp DESC, id DESC LIMIT 1
    )
    """,
)
