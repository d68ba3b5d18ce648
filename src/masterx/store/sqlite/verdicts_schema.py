"""Migration 16: shares of right answers are read from an index alone. Never edited after a release."""

from __future__ import annotations

STATEMENTS = ("CREATE INDEX practice_responses_verdict ON practice_responses (user_id, answered_at, verdict)",)
