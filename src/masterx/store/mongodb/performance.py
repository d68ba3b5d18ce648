"""`PerformanceStore`."""

from __future__ import annotations

from collections.abc import Sequence

from masterx.errors import NotFound
from masterx.records.performance import UserPerformance
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, document, time_in
from masterx.store.mongodb.tables import Tables
from masterx.store.mongodb.users import touch_user


class MongoPerformance(Tables):
    async def add_user_performance(self, performance: UserPerformance) -> None:
        await self._database.transact(None, _add, performance)

    async def user_performance(self, user_id: str, subject: str, *, limit: int) -> Sequence[UserPerformance]:
        return await self._database.read(_newest, user_id, subject, limit)


async def _add(access: Access, performance: UserPerformance) -> None:
    if not await touch_user(access, performance.user_id):
        raise NotFound
    await access.insert("user_performance", performance_row(performance))


def performance_row(performance: UserPerformance) -> Row:
    return document(
        id=performance.id,
        user_id=performance.user_id,
        subject=performance.subject,
        timestamp=performance.timestamp,
        ability_level=float(performance.ability_level),
        difficulty_preference=float(performance.difficulty_preference),
        learning_velocity=float(performance.learning_velocity),
        mastery_topics=performance.mastery_topics,
        struggling_topics=performance.struggling_topics,
        total_practice_time_hours=float(performance.total_practice_time_hours),
        improvement_rate=_number(performance.improvement_rate),
        theta=_number(performance.theta),
        theta_error=_number(performance.theta_error),
        improvement_rate_error=_number(performance.improvement_rate_error),
    )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


async def _newest(access: Access, user_id: str, subject: str, limit: int) -> list[UserPerformance]:
    where = {"user_id": user_id, "subject": subject}
    rows = await access.all("user_performance", where, sort=[("timestamp", -1), ("_id", -1)], limit=limit)
    return [
        UserPerformance(
            id=row["_id"],
            user_id=row["user_id"],
            subject=row["subject"],
            timestamp=time_in(row, "timestamp"),
            ability_level=row["ability_level"],
            difficulty_preference=row["difficulty_preference"],
            learning_velocity=row["learning_velocity"],
            mastery_topics=tuple(row["mastery_topics"]),
            struggling_topics=tuple(row["struggling_topics"]),
            total_practice_time_hours=row["total_practice_time_hours"],
            improvement_rate=row["improvement_rate"],
            theta=row.get("theta"),
            theta_error=row.get("theta_error"),
            improvement_rate_error=row.get("improvement_rate_error"),
        )
        for row in rows
    ]
