"""Migration 10: runs of benchmarks, their answers, and how sure results are. Never edited after a release."""

from __future__ import annotations

STATEMENTS = (
    "ALTER TABLE benchmark_results ADD COLUMN run_id TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN suite_version TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN quality_error REAL CHECK (quality_error >= 0)",
    "ALTER TABLE benchmark_results ADD COLUMN final_error REAL CHECK (final_error >= 0)",
    "ALTER TABLE benchmark_results ADD COLUMN pricing TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN error_code TEXT",
    "CREATE INDEX benchmarks_run ON benchmark_results (run_id) WHERE run_id IS NOT NULL",
    """
    CREATE TABLE benchmark_runs (
        id TEXT PRIMARY KEY,
        trigger TEXT NOT NULL CHECK (trigger IN ('command', 'operator', 'schedule')),
        state TEXT NOT NULL CHECK (state IN ('running', 'stopped', 'finished')),
        suites TEXT NOT NULL,
        models TEXT NOT NULL,
        cost_cap INTEGER CHECK (cost_cap >= 0),
        started_at TEXT NOT NULL,
        seen_at TEXT NOT NULL,
        ended_at TEXT,
        reason TEXT,
        stop_asked_at TEXT,
        done INTEGER NOT NULL CHECK (done >= 0),
        cost INTEGER NOT NULL CHECK (cost >= 0),
        resumptions INTEGER NOT NULL CHECK (resumptions >= 0)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE benchmark_answers (
        run_id TEXT NOT NULL,
        category TEXT NOT NULL,
        provider TEXT NOT NULL,
        test_id TEXT NOT NULL,
        model_name TEXT NOT NULL,
        answered_at TEXT NOT NULL,
        quality REAL NOT NULL CHECK (quality BETWEEN 0 AND 100),
        passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
        time_ms INTEGER NOT NULL CHECK (time_ms >= 0),
        cost INTEGER NOT NULL CHECK (cost >= 0),
        pricing TEXT NOT NULL,
        tokens INTEGER NOT NULL CHECK (tokens >= 0),
        reasons TEXT NOT NULL,
        error_code TEXT,
        answer TEXT NOT NULL,
        PRIMARY KEY (run_id, category, provider, test_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX benchmark_answers_time ON benchmark_answers (answered_at)",
)
