"""`FeedbackStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from masterx.records.costs import GENERAL
from masterx.records.feedback_standing import MOST_ANSWERS, MOST_OF_ONE_LEARNER, FeedbackDay, FeedbackStanding
from masterx.store.feedback_folds import AnswerSums, SessionSums, standings
from masterx.store.sqlite.columns import time_text
from masterx.store.sqlite.one_moment import one_moment
from masterx.store.sqlite.tables import Tables


def _weight(count: str) -> str:
    return f"min({count}, {MOST_OF_ONE_LEARNER})"


def _bounded(total: str, count: str) -> str:
    """The sum over learners of their means by their weight; NULL of nobody."""
    return f"total({_weight(count)} * CAST({total} AS REAL) / {count})"


_BY_ANSWERS: Final = f"""
    WITH answers AS (
        SELECT provider_used AS provider, category, user_id, session_id, superseded_by IS NULL AS stands,
            iif(completeness = 'broke_off', NULL, quality_rating) AS rating,
            iif(completeness = 'broke_off', NULL, helpful) AS helpful,
            iif(superseded_by IS NULL, user_continued, NULL) AS continued
        FROM messages WHERE category IS NOT NULL AND timestamp >= ? AND timestamp < ?
        ORDER BY timestamp DESC LIMIT {MOST_ANSWERS}
    ), learners AS (
        SELECT provider, category, count(*) FILTER (WHERE stands) AS answers,
            count(rating) AS ratings, total(rating) AS rated, total(rating * rating) AS squares,
            count(helpful) AS votes, total(helpful) AS helped,
            count(DISTINCT iif(stands, session_id, NULL)) AS sessions,
            count(continued) AS known, total(continued) AS continued
        FROM answers GROUP BY provider, category, user_id
    )
    SELECT provider, category, sum(answers), count(*) FILTER (WHERE ratings > 0), sum(ratings),
        sum({_weight("ratings")}), {_bounded("rated", "ratings")}, {_bounded("squares", "ratings")},
        sum({_weight("votes")}), {_bounded("helped", "votes")},
        sum(sessions), sum({_weight("sessions")}), {_bounded("answers", "sessions")},
        sum({_weight("known")}), {_bounded("continued", "known")}
    FROM learners GROUP BY provider, category ORDER BY category, provider
"""
_BY_SESSIONS: Final = f"""
    WITH learners AS (
        SELECT assigned_provider AS provider, ifnull(current_topic, '{GENERAL}') AS category, count(*) AS ended,
            count(*) FILTER (WHERE status = 'completed') AS completed
        FROM sessions WHERE status IN ('completed', 'abandoned') AND started_at >= ? AND started_at < ?
        GROUP BY 1, 2, user_id
    )
    SELECT provider, category, sum({_weight("ended")}), {_bounded("completed", "ended")}
    FROM learners GROUP BY provider, category
"""
_BY_DAYS: Final = f"""
    WITH answers AS (
        SELECT substr(timestamp, 1, 10) AS day, provider_used AS provider, category, user_id,
            iif(completeness = 'broke_off', NULL, quality_rating) AS rating
        FROM messages WHERE category IS NOT NULL AND timestamp >= ? AND timestamp < ?
        ORDER BY timestamp DESC LIMIT {MOST_ANSWERS}
    ), learners AS (
        SELECT day, provider, category, count(rating) AS ratings, total(rating) AS rated
        FROM answers WHERE rating IS NOT NULL GROUP BY day, provider, category, user_id
    )
    SELECT day, provider, category, sum({_weight("ratings")}), {_bounded("rated", "ratings")}
    FROM learners GROUP BY day, provider, category ORDER BY day, category, provider
"""


class SQLiteFeedback(Tables):
    async def feedback_standing(self, since: datetime, until: datetime) -> Sequence[FeedbackStanding]:
        return await self._readers.run(_standings, since, until)

    async def feedback_days(self, since: datetime, until: datetime) -> Sequence[FeedbackDay]:
        return await self._readers.run(_days, since, until)


def _standings(connection: sqlite3.Connection, since: datetime, until: datetime) -> list[FeedbackStanding]:
    span = (time_text(since), time_text(until))
    with one_moment(connection):
        answers = connection.execute(_BY_ANSWERS, span).fetchall()
        ended = connection.execute(_BY_SESSIONS, span).fetchall()
    sessions = {(row[0], row[1]): SessionSums(weight=row[2], completed_sum=row[3]) for row in ended}
    return standings(since, until, (AnswerSums(*row) for row in answers), sessions)


def _days(connection: sqlite3.Connection, since: datetime, until: datetime) -> list[FeedbackDay]:
    return [
        FeedbackDay(
            day=date.fromisoformat(day),
            provider=provider,
            category=category,
            ratings_count=weight,
            ratings_mean=total / weight,
        )
        for day, provider, category, weight, total in connection.execute(_BY_DAYS, (time_text(since), time_text(until)))
    ]
