"""`UserStore`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from masterx.errors import AlreadyRegistered, NotFound
from masterx.records.users import (
    DEFAULT_MOOD_PREFERENCES,
    REVIEW_RETENTION,
    Difficulty,
    EmotionalProfile,
    LearningPreferences,
    LearningStyle,
    MoodPreferences,
    Role,
    SubscriptionTier,
    User,
    normalised_email,
)
from masterx.store.sqlite.columns import (
    json_text,
    optional_time_of,
    optional_time_text,
    placeholders,
    time_of,
    time_text,
)
from masterx.store.sqlite.tables import Tables

USER_COLUMNS = (
    "id, email, name, created_at, role, password_hash, learning_preferences, emotional_profile,"
    " subscription_tier, total_sessions, last_active, disabled_at, mood_preferences"
)
_INSERT = f"INSERT INTO users ({USER_COLUMNS}, email_normalised) VALUES ({placeholders(USER_COLUMNS)}, ?)"
_BY_ID = f"SELECT {USER_COLUMNS} FROM users WHERE id = ?"
_BY_EMAIL = f"SELECT {USER_COLUMNS} FROM users WHERE email_normalised = ?"
_BY_ROLE = f"SELECT {USER_COLUMNS} FROM users WHERE role = ? ORDER BY created_at, id"
_UPDATE = """
    UPDATE users SET email = ?, email_normalised = ?, name = ?, role = ?, password_hash = ?,
        learning_preferences = ?, emotional_profile = ?, subscription_tier = ?
    WHERE id = ?
"""
_UPDATE_PROFILE = f"""
    UPDATE users SET name = ifnull(?, name), learning_preferences = ifnull(?, learning_preferences)
    WHERE id = ? RETURNING {USER_COLUMNS}
"""
_PAGE = f"SELECT {USER_COLUMNS} FROM users WHERE id > ? ORDER BY id LIMIT ?"
_EMAIL_TAKEN = "SELECT 1 FROM users WHERE email_normalised = ? AND id <> ?"


class SQLiteUsers(Tables):
    async def add_user(self, user: User) -> None:
        await self._writer.run(insert_user, user)

    async def user(self, user_id: str) -> User | None:
        return await self._readers.run(_select_one, _BY_ID, user_id)

    async def user_by_email(self, email: str) -> User | None:
        return await self._readers.run(_select_one, _BY_EMAIL, normalised_email(email))

    async def update_user(self, user: User) -> None:
        await self._writer.run(_update, user)

    async def update_profile(
        self, user_id: str, *, name: str | None = None, learning_preferences: LearningPreferences | None = None
    ) -> User:
        return await self._writer.run(_update_profile, user_id, name, learning_preferences)

    async def users(self, *, limit: int, after: str | None = None) -> Sequence[User]:
        return await self._readers.run(_select_page, after or "", limit)

    async def users_with_role(self, role: Role) -> Sequence[User]:
        return await self._readers.run(_select_role, role)


def insert_user(connection: sqlite3.Connection, user: User) -> None:
    _refuse_taken_email(connection, user)
    connection.execute(
        _INSERT,
        (
            user.id,
            user.email,
            user.name,
            time_text(user.created_at),
            user.role,
            user.password_hash,
            _preferences_text(user.learning_preferences),
            profile_text(user.emotional_profile),
            user.subscription_tier,
            user.total_sessions,
            optional_time_text(user.last_active),
            optional_time_text(user.disabled_at),
            mood_preferences_text(user.mood_preferences),
            normalised_email(user.email),
        ),
    )


def _update(connection: sqlite3.Connection, user: User) -> None:
    _refuse_taken_email(connection, user)
    changed = connection.execute(
        _UPDATE,
        (
            user.email,
            normalised_email(user.email),
            user.name,
            user.role,
            user.password_hash,
            _preferences_text(user.learning_preferences),
            profile_text(user.emotional_profile),
            user.subscription_tier,
            user.id,
        ),
    )
    if changed.rowcount == 0:
        raise NotFound


def _update_profile(
    connection: sqlite3.Connection, user_id: str, name: str | None, preferences: LearningPreferences | None
) -> User:
    text = None if preferences is None else _preferences_text(preferences)
    row = connection.execute(_UPDATE_PROFILE, (name, text, user_id)).fetchone()
    if row is None:
        raise NotFound
    return user_of(row)


def _refuse_taken_email(connection: sqlite3.Connection, user: User) -> None:
    if connection.execute(_EMAIL_TAKEN, (normalised_email(user.email), user.id)).fetchone():
        raise AlreadyRegistered


def _select_one(connection: sqlite3.Connection, query: str, key: str) -> User | None:
    row = connection.execute(query, (key,)).fetchone()
    return None if row is None else user_of(row)


def _select_page(connection: sqlite3.Connection, after: str, limit: int) -> list[User]:
    return [user_of(row) for row in connection.execute(_PAGE, (after, limit))]


def _select_role(connection: sqlite3.Connection, role: Role) -> list[User]:
    return [user_of(row) for row in connection.execute(_BY_ROLE, (role,))]


def user_of(row: tuple[Any, ...]) -> User:
    return User(
        id=row[0],
        email=row[1],
        name=row[2],
        created_at=time_of(row[3]),
        role=Role(row[4]),
        password_hash=row[5],
        learning_preferences=_preferences(row[6]),
        emotional_profile=None if row[7] is None else EmotionalProfile(**json.loads(row[7])),
        subscription_tier=SubscriptionTier(row[8]),
        total_sessions=row[9],
        last_active=optional_time_of(row[10]),
        disabled_at=optional_time_of(row[11]),
        mood_preferences=DEFAULT_MOOD_PREFERENCES if row[12] is None else MoodPreferences(**json.loads(row[12])),
    )


def _preferences_text(preferences: LearningPreferences) -> str:
    return json_text(
        {
            "preferred_subjects": preferences.preferred_subjects,
            "learning_style": preferences.learning_style,
            "difficulty_preference": preferences.difficulty_preference,
            "review_retention": preferences.review_retention,
            "questions_in_lessons": preferences.questions_in_lessons,
        }
    )


def _preferences(text: str) -> LearningPreferences:
    stored = json.loads(text)
    return LearningPreferences(
        preferred_subjects=tuple(stored["preferred_subjects"]),
        learning_style=None if stored["learning_style"] is None else LearningStyle(stored["learning_style"]),
        difficulty_preference=Difficulty(stored["difficulty_preference"]),
        review_retention=stored.get("review_retention", REVIEW_RETENTION),
        questions_in_lessons=stored.get("questions_in_lessons", True),
    )


def mood_preferences_text(preferences: MoodPreferences) -> str | None:
    """None for what nobody chose."""
    if preferences == DEFAULT_MOOD_PREFERENCES:
        return None
    return json_text(
        {
            "read": preferences.read,
            "shown": preferences.shown,
            "share_corrections": preferences.share_corrections,
        }
    )


def profile_text(profile: EmotionalProfile | None) -> str | None:
    if profile is None:
        return None
    return json_text(
        {
            "baseline_engagement": profile.baseline_engagement,
            "frustration_threshold": profile.frustration_threshold,
            "celebration_responsiveness": profile.celebration_responsiveness,
        }
    )
