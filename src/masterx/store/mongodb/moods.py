"""`MoodStore`."""

from __future__ import annotations

from collections.abc import Sequence

from masterx.errors import InvalidInput, NotFound
from masterx.records.emotions import LearningState
from masterx.records.messages import Message
from masterx.records.moods import LabelledMessage, MoodCorrection
from masterx.records.users import MoodPreferences, User
from masterx.store.mongodb.database import Access, Write
from masterx.store.mongodb.documents import Row, document, time_in
from masterx.store.mongodb.messages import NEWEST, find_message
from masterx.store.mongodb.tables import Tables
from masterx.store.mongodb.users import mood_preferences_row, profile_row, user_of
from masterx.store.mood_ports import TRAJECTORY_LENGTH


class MongoMoods(Tables):
    async def correct_mood(self, correction: MoodCorrection) -> Message:
        return await self._database.transact(f"user {correction.user_id}", _correct, correction)

    async def set_mood_preferences(self, user_id: str, preferences: MoodPreferences) -> User:
        return await self._database.write(_set_preferences, user_id, preferences)

    async def forget_moods(self, user_id: str) -> None:
        await self._database.transact_writes(f"user {user_id}", _forget, user_id)

    async def labelled_messages(self, *, limit: int, after: str | None = None) -> Sequence[LabelledMessage]:
        return await self._database.report(_labelled, after or "", limit)


async def _correct(access: Access, correction: MoodCorrection) -> Message:
    message = await find_message(access, correction.message_id, correction.user_id)
    if message is None:
        raise NotFound
    if message.emotion_state is None:
        raise InvalidInput("No mood was read from that message.")
    first = await access.one("mood_corrections", {"_id": message.id}, ["read"])
    read = message.emotion_state.primary_emotion if first is None else first["read"]
    if correction.told is None:
        await access.delete("mood_corrections", {"_id": message.id})
    else:
        await _keep(access, message, correction, read)
    told = correction.told is not None
    word = correction.told.value if correction.told is not None else read
    change = {"emotion_state.primary_emotion": word, "emotion_state.told": told}
    await access.update("messages", {"_id": message.id, "user_id": message.user_id}, {"$set": change})
    await _retell(access, message.session_id, message.user_id)
    if correction.emotional_profile is not None:
        profile = {"emotional_profile": profile_row(correction.emotional_profile)}
        await access.update("users", {"_id": message.user_id}, {"$set": profile})
    corrected = await find_message(access, message.id, message.user_id)
    if corrected is None:
        raise NotFound
    return corrected


async def _keep(access: Access, message: Message, correction: MoodCorrection, read: str) -> None:
    said = document(
        told=correction.told,
        corrected_at=correction.corrected_at,
        may_be_learned_from=correction.may_be_learned_from,
    )
    whose = {"session_id": message.session_id, "user_id": message.user_id, "read": read}
    change = {"$set": said, "$setOnInsert": whose}
    await access.update("mood_corrections", {"_id": message.id}, change, upsert=True)


async def _retell(access: Access, session_id: str, user_id: str) -> None:
    where: Row = {"session_id": session_id, "user_id": user_id, "superseded_by": None, "emotion_state": {"$ne": None}}
    rows = await access.all("messages", where, sort=NEWEST, limit=TRAJECTORY_LENGTH, fields=["emotion_state"])
    emotions = [row["emotion_state"]["primary_emotion"] for row in reversed(rows)]
    await access.update("sessions", {"_id": session_id, "user_id": user_id}, {"$set": {"emotion_trajectory": emotions}})


async def _set_preferences(access: Access, user_id: str, preferences: MoodPreferences) -> User:
    change = {"$set": {"mood_preferences": mood_preferences_row(preferences)}}
    row = await access.change("users", {"_id": user_id}, change)
    if row is None:
        raise NotFound
    return user_of(row)


async def _forget(access: Access, user_id: str) -> None:
    theirs = {"user_id": user_id}
    await access.batch(
        [
            Write(
                collection="messages",
                where=theirs | {"emotion_state": {"$ne": None}},
                change={"$set": {"emotion_state": None}},
                many=True,
            ),
            Write(collection="sessions", where=theirs, change={"$set": {"emotion_trajectory": []}}, many=True),
            Write(collection="users", where={"_id": user_id}, change={"$set": {"emotional_profile": None}}),
            Write(collection="mood_corrections", where=theirs),
        ]
    )


async def _labelled(access: Access, after: str, limit: int) -> list[LabelledMessage]:
    pipeline: list[Row] = [
        {"$match": {"_id": {"$gt": after}, "may_be_learned_from": True}},
        {"$sort": {"_id": 1}},
        {"$lookup": {"from": "messages", "localField": "_id", "foreignField": "_id", "as": "message"}},
        {"$unwind": "$message"},
        {"$limit": limit},
    ]
    return [
        LabelledMessage(
            id=row["_id"],
            text=row["message"]["content"],
            read=LearningState(row["read"]),
            told=LearningState(row["told"]),
            corrected_at=time_in(row, "corrected_at"),
        )
        for row in await access.aggregate("mood_corrections", pipeline)
    ]
