"""`MoodStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from masterx.errors import InvalidInput, NotFound
from masterx.records.emotions import LearningState
from masterx.records.messages import Message
from masterx.records.moods import LabelledMessage, MoodCorrection
from masterx.records.users import MoodPreferences, User
from masterx.store.mood_ports import TRAJECTORY_LENGTH
from masterx.store.sqlite.columns import time_of, time_text
from masterx.store.sqlite.messages import select_by_id
from masterx.store.sqlite.tables import Tables
from masterx.store.sqlite.users import USER_COLUMNS, mood_preferences_text, profile_text, user_of

_FIRST_READ = "SELECT read FROM mood_corrections WHERE message_id = ?"
_KEEP = """
    INSERT INTO mood_corrections
        (message_id, session_id, user_id, read, told, corrected_at, may_be_learned_from)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (message_id) DO UPDATE SET told = excluded.told, corrected_at = excluded.corrected_at,
        may_be_learned_from = excluded.may_be_learned_from
"""
_TAKE_BACK = "DELETE FROM mood_corrections WHERE message_id = ?"
_PUT = """
    UPDATE messages SET emotion_state = json_set(emotion_state, '$.primary_emotion', ?, '$.told', json(?)) WHERE id = ?
"""
_RETELL = """
    UPDATE sessions SET emotion_trajectory = (
        SELECT json_group_array(emotion) FROM (
            SELECT emotion FROM (
                SELECT emotion_state ->> 'primary_emotion' AS emotion, timestamp, position FROM messages
                WHERE session_id = ?1 AND superseded_by IS NULL AND emotion_state IS NOT NULL
                ORDER BY timestamp DESC, position DESC LIMIT ?2
            ) ORDER BY timestamp, position
        )
    ) WHERE id = ?1
"""
_SET_PROFILE = "UPDATE users SET emotional_profile = ? WHERE id = ?"
_SET_PREFERENCES = f"UPDATE users SET mood_preferences = ? WHERE id = ? RETURNING {USER_COLUMNS}"
_FORGET = (
    "UPDATE messages SET emotion_state = NULL WHERE user_id = ? AND emotion_state IS NOT NULL",
    "UPDATE sessions SET emotion_trajectory = '[]' WHERE user_id = ? AND emotion_trajectory <> '[]'",
    "UPDATE users SET emotional_profile = NULL WHERE id = ?",
    "DELETE FROM mood_corrections WHERE user_id = ?",
)
_LABELLED = """
    SELECT message_id, content, read, told, corrected_at FROM mood_corrections JOIN messages ON messages.id = message_id
    WHERE may_be_learned_from AND message_id > ? ORDER BY message_id LIMIT ?
"""


class SQLiteMoods(Tables):
    async def correct_mood(self, correction: MoodCorrection) -> Message:
        return await self._writer.run(_correct, correction)

    async def set_mood_preferences(self, user_id: str, preferences: MoodPreferences) -> User:
        return await self._writer.run(_set_preferences, user_id, preferences)

    async def forget_moods(self, user_id: str) -> None:
        await self._writer.erase(_forget, user_id)

    async def labelled_messages(self, *, limit: int, after: str | None = None) -> Sequence[LabelledMessage]:
        return await self._readers.run(_select_labelled, after or "", limit)


def _correct(connection: sqlite3.Connection, correction: MoodCorrection) -> Message:
    message = select_by_id(connection, correction.message_id, correction.user_id)
    if message is None:
        raise NotFound
    if message.emotion_state is None:
        raise InvalidInput("No mood was read from that message.")
    row = connection.execute(_FIRST_READ, (message.id,)).fetchone()
    read = message.emotion_state.primary_emotion if row is None else row[0]
    if correction.told is None:
        connection.execute(_TAKE_BACK, (message.id,))
    else:
        consent = int(correction.may_be_learned_from)
        at = time_text(correction.corrected_at)
        connection.execute(_KEEP, (message.id, message.session_id, message.user_id, read, correction.told, at, consent))
    told = correction.told is not None
    connection.execute(_PUT, (correction.told or read, "true" if told else "false", message.id))
    connection.execute(_RETELL, (message.session_id, TRAJECTORY_LENGTH))
    if correction.emotional_profile is not None:
        connection.execute(_SET_PROFILE, (profile_text(correction.emotional_profile), message.user_id))
    corrected = select_by_id(connection, message.id, message.user_id)
    if corrected is None:
        raise NotFound
    return corrected


def _set_preferences(connection: sqlite3.Connection, user_id: str, preferences: MoodPreferences) -> User:
    row = connection.execute(_SET_PREFERENCES, (mood_preferences_text(preferences), user_id)).fetchone()
    if row is None:
        raise NotFound
    return user_of(row)


def _forget(connection: sqlite3.Connection, user_id: str) -> None:
    for statement in _FORGET:
        connection.execute(statement, (user_id,))


def _select_labelled(connection: sqlite3.Connection, after: str, limit: int) -> list[LabelledMessage]:
    return [
        LabelledMessage(
            id=row[0],
            text=row[1],
            read=LearningState(row[2]),
            told=LearningState(row[3]),
            corrected_at=time_of(row[4]),
        )
        for row in connection.execute(_LABELLED, (after, limit))
    ]
