"""`UserStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson.objectid import ObjectId
from pymongo.errors import PyMongoError

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
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import SUB_MS, Row, document, optional_time_in, plain, time_in
from masterx.store.mongodb.errors import is_duplicate
from masterx.store.mongodb.tables import Tables


class MongoUsers(Tables):
    async def add_user(self, user: User) -> None:
        await self._database.transact(None, insert_user, user)

    async def user(self, user_id: str) -> User | None:
        return await self._database.read(_one, {"_id": user_id})

    async def user_by_email(self, email: str) -> User | None:
        return await self._database.read(_one, {"email_normalised": normalised_email(email)})

    async def update_user(self, user: User) -> None:
        await self._database.transact(None, _update, user)

    async def update_profile(
        self, user_id: str, *, name: str | None = None, learning_preferences: LearningPreferences | None = None
    ) -> User:
        return await self._database.write(_update_profile, user_id, name, learning_preferences)

    async def users(self, *, limit: int, after: str | None = None) -> Sequence[User]:
        return await self._database.read(_page, after or "", limit)

    async def users_with_role(self, role: Role) -> Sequence[User]:
        return await self._database.read(_with_role, role)


async def touch_user(access: Access, user_id: str) -> bool:
    """Whether there is this user, and will be when the transaction is committed.

    Who only reads that they are there may miss that they are erased meanwhile; two who write to one row cannot.
    """
    return await access.update("users", {"_id": user_id}, {"$set": {"fence": ObjectId()}}) == 1


async def insert_user(access: Access, user: User) -> None:
    """In a transaction. Raises `AlreadyRegistered`."""
    if await access.one("users", {"email_normalised": normalised_email(user.email)}, ["_id"]) is not None:
        raise AlreadyRegistered
    row = _row(user)
    try:
        await access.insert("users", row)
    except PyMongoError as error:
        if is_duplicate(error) and "email_normalised" in str(error):
            raise AlreadyRegistered from None
        raise


async def _update(access: Access, user: User) -> None:
    taken = {"email_normalised": normalised_email(user.email), "_id": {"$ne": user.id}}
    if await access.one("users", taken, ["_id"]) is not None:
        raise AlreadyRegistered
    kept = {"_id", "created_at", "total_sessions", "last_active", "disabled_at", SUB_MS}
    change = {name: value for name, value in _row(user).items() if name not in kept}
    try:
        found = await access.update("users", {"_id": user.id}, {"$set": change})
    except PyMongoError as error:
        if is_duplicate(error):
            raise AlreadyRegistered from None
        raise
    if not found:
        raise NotFound


async def _update_profile(
    access: Access, user_id: str, name: str | None, preferences: LearningPreferences | None
) -> User:
    change: Row = {}
    if name is not None:
        change |= {"name": name, "name_folded": name.casefold()}
    if preferences is not None:
        change["learning_preferences"] = _preferences_row(preferences)
    if change:
        row = await access.change("users", {"_id": user_id}, {"$set": change})
    else:
        row = await access.one("users", {"_id": user_id})
    if row is None:
        raise NotFound
    return user_of(row)


async def _one(access: Access, where: Row) -> User | None:
    row = await access.one("users", where)
    return None if row is None else user_of(row)


async def _page(access: Access, after: str, limit: int) -> list[User]:
    rows = await access.all("users", {"_id": {"$gt": after}}, sort=[("_id", 1)], limit=limit)
    return [user_of(row) for row in rows]


async def _with_role(access: Access, role: Role) -> list[User]:
    rows = await access.all("users", {"role": role.value}, sort=[("created_at", 1), ("_id", 1)])
    return [user_of(row) for row in rows]


def _row(user: User) -> Row:
    return document(
        id=user.id,
        email=user.email,
        email_normalised=normalised_email(user.email),
        name=user.name,
        created_at=user.created_at,
        role=user.role,
        password_hash=user.password_hash,
        learning_preferences=_preferences_row(user.learning_preferences),
        emotional_profile=profile_row(user.emotional_profile),
        mood_preferences=mood_preferences_row(user.mood_preferences),
        subscription_tier=user.subscription_tier,
        total_sessions=user.total_sessions,
        last_active=user.last_active,
        disabled_at=user.disabled_at,
        name_folded=user.name.casefold(),
    )


def user_of(row: Mapping[str, Any]) -> User:
    profile = row["emotional_profile"]
    return User(
        id=row["_id"],
        email=row["email"],
        name=row["name"],
        created_at=time_in(row, "created_at"),
        role=Role(row["role"]),
        password_hash=row["password_hash"],
        learning_preferences=_preferences(row["learning_preferences"]),
        emotional_profile=None if profile is None else EmotionalProfile(**profile),
        subscription_tier=SubscriptionTier(row["subscription_tier"]),
        total_sessions=row["total_sessions"],
        last_active=optional_time_in(row, "last_active"),
        disabled_at=optional_time_in(row, "disabled_at"),
        mood_preferences=_mood_preferences(row.get("mood_preferences")),
    )


def profile_row(profile: EmotionalProfile | None) -> Row | None:
    if profile is None:
        return None
    return {
        "baseline_engagement": float(profile.baseline_engagement),
        "frustration_threshold": float(profile.frustration_threshold),
        "celebration_responsiveness": float(profile.celebration_responsiveness),
    }


def mood_preferences_row(preferences: MoodPreferences) -> Row | None:
    """None for what nobody chose."""
    if preferences == DEFAULT_MOOD_PREFERENCES:
        return None
    return {
        "read": preferences.read,
        "shown": preferences.shown,
        "share_corrections": preferences.share_corrections,
    }


def _mood_preferences(row: Mapping[str, Any] | None) -> MoodPreferences:
    return DEFAULT_MOOD_PREFERENCES if row is None else MoodPreferences(**row)


def _preferences_row(preferences: LearningPreferences) -> Row:
    row: Row = plain(
        {
            "preferred_subjects": preferences.preferred_subjects,
            "learning_style": preferences.learning_style,
            "difficulty_preference": preferences.difficulty_preference,
            "review_retention": float(preferences.review_retention),
            "questions_in_lessons": preferences.questions_in_lessons,
        }
    )
    return row


def _preferences(row: Mapping[str, Any]) -> LearningPreferences:
    style = row["learning_style"]
    return LearningPreferences(
        preferred_subjects=tuple(row["preferred_subjects"]),
        learning_style=None if style is None else LearningStyle(style),
        difficulty_preference=Difficulty(row["difficulty_preference"]),
        review_retention=row.get("review_retention", REVIEW_RETENTION),
        questions_in_lessons=row.get("questions_in_lessons", True),
    )
