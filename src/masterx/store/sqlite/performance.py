"""`PerformanceStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from masterx.records.performance import UserPerformance
from masterx.store.sqlite.columns import json_text, placeholders, strings_of, time_of, time_text
from masterx.store.sqlite.tables import Tables

_COLUMNS = (
    "id, user_id, subject, timestamp, ability_level, difficulty_preference, learning_velocity, mastery_topics,"
    " struggling_topics, total_practice_time_hours, improvement_rate, theta, theta_error, improvement_rate_error"
)
_INSERT = f"INSERT INTO user_performance ({_COLUMNS}) VALUES ({placeholders(_COLUMNS)})"
_SELECT = f"""
    SELECT {_COLUMNS} FROM user_performance WHERE user_id = ? AND subject = ?
    ORDER BY timestamp DESC, id DESC LIMIT ?
"""


class SQLitePerformance(Tables):
    async def add_user_performance(self, performance: UserPerformance) -> None:
        await self._writer.run(add_performance, performance)

    async def user_performance(self, user_id: str, subject: str, *, limit: int) -> Sequence[UserPerformance]:
        return await self._readers.run(_select, user_id, subject, limit)


def add_performance(connection: sqlite3.Connection, performance: UserPerformance) -> None:
    connection.execute(
        _INSERT,
        (
            performance.id,
            performance.user_id,
            performance.subject,
            time_text(performance.timestamp),
            performance.ability_level,
            performance.difficulty_preference,
            performance.learning_velocity,
            json_text(performance.mastery_topics),
            json_text(performance.struggling_topics),
            performance.total_practice_time_hours,
            performance.improvement_rate,
            performance.theta,
            performance.theta_error,
            performance.improvement_rate_error,
        ),
    )


def _select(connection: sqlite3.Connection, user_id: str, subject: str, limit: int) -> list[UserPerformance]:
    return [
        UserPerformance(
            id=row[0],
            user_id=row[1],
            subject=row[2],
            timestamp=time_of(row[3]),
            ability_level=row[4],
            difficulty_preference=row[5],
            learning_velocity=row[6],
            mastery_topics=strings_of(row[7]),
            struggling_topics=strings_of(row[8]),
            total_practice_time_hours=row[9],
            improvement_rate=row[10],
            theta=row[11],
            theta_error=row[12],
            improvement_rate_error=row[13],
        )
        for row in connection.execute(_SELECT, (user_id, subject, limit))
    ]
