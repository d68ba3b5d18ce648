"""The reads of `MessageStore`; `turns` has its write."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

from masterx.errors import InvalidInput, NotFound
from masterx.records.messages import Completeness, EmotionState, Feedback, Message, MessageRole
from masterx.records.routing import Routing
from masterx.records.sessions import Session
from masterx.store.message_fields import check_fields, check_of, item_fields, item_of
from masterx.store.routing_fields import routing_fields, routing_of
from masterx.store.sqlite.columns import (
    json_text,
    optional_bool,
    placeholders,
    time_of,
    time_text,
    vector_blob,
    vector_of,
)
from masterx.store.sqlite.sessions import select_session
from masterx.store.sqlite.tables import Tables

_COLUMNS = (
    "id, session_id, user_id, role, content, timestamp, superseded_by, replaces, reply_to, provider_used,"
    " model_used, response_time_ms, first_token_ms, tokens_used, cost, completeness, usage_estimated,"
    " routing, emotion_state, embedding, quality_rating, helpful, feedback_text, user_continued,"
    " category, item, calculated"
)
_WITHOUT_VECTORS = _COLUMNS.replace("embedding", "NULL")
# The plus keeps the planner from the index on the learner, which would read all of their lessons.
_BRANCH = f"""
    SELECT {_WITHOUT_VECTORS} FROM messages WHERE session_id = ? AND +user_id = ? AND superseded_by IS NULL
    ORDER BY timestamp DESC, position DESC LIMIT ?
"""
_BRANCH_BEFORE = f"""
    SELECT {_WITHOUT_VECTORS} FROM messages WHERE session_id = ?1 AND +user_id = ?2 AND superseded_by IS NULL
        AND (timestamp, position) <
            (SELECT timestamp, position FROM messages WHERE id = ?4 AND +session_id = ?1 AND +user_id = ?2)
    ORDER BY timestamp DESC, position DESC LIMIT ?3
"""
_BY_ID = f"SELECT {_COLUMNS} FROM messages WHERE id = ? AND +user_id = ?"
_BY_IDS = f"""
    SELECT {_WITHOUT_VECTORS} FROM messages
    WHERE id IN (SELECT value FROM json_each(?)) AND +user_id = ? AND superseded_by IS NULL
"""
_RATE = f"""
    UPDATE messages SET quality_rating = ?, helpful = ?, feedback_text = ?
    WHERE id = ? AND +user_id = ? AND role = 'assistant' RETURNING {_COLUMNS}
"""
_VERSIONS = f"""
    SELECT {_COLUMNS} FROM messages WHERE superseded_by = ? AND +user_id = ? ORDER BY timestamp, position
    LIMIT ?
"""
INSERT_TWO_MESSAGES = f"INSERT INTO messages ({_COLUMNS}) VALUES ({placeholders(_COLUMNS)}), ({placeholders(_COLUMNS)})"


class SQLiteMessages(Tables):
    async def messages(
        self, session_id: str, user_id: str, *, limit: int, before: str | None = None
    ) -> Sequence[Message]:
        if before is None:
            return await self._readers.run(_select_newest, _BRANCH, (session_id, user_id, limit))
        return await self._readers.run(_select_newest, _BRANCH_BEFORE, (session_id, user_id, limit, before))

    async def lesson(
        self, session_id: str, user_id: str, *, limit: int, before: str | None = None
    ) -> tuple[Session, Sequence[Message]] | None:
        return await self._readers.run(select_lesson, session_id, user_id, limit, before)

    async def message(self, message_id: str, user_id: str) -> Message | None:
        return await self._readers.run(select_by_id, message_id, user_id)

    async def rate_message(self, message_id: str, user_id: str, feedback: Feedback) -> Message:
        # What was said before is personal and may be deleted by this.
        return await self._writer.erase(_rate, message_id, user_id, feedback)

    async def versions(self, message_id: str, user_id: str, *, limit: int | None = None) -> Sequence[Message]:
        return await self._readers.run(_select_versions, message_id, user_id, limit)


def _select_newest(connection: sqlite3.Connection, query: str, parameters: tuple[str | int, ...]) -> list[Message]:
    rows = connection.execute(query, parameters).fetchall()
    rows.reverse()
    return [_message(row) for row in rows]


def select_lesson(
    connection: sqlite3.Connection, session_id: str, user_id: str, limit: int, before: str | None
) -> tuple[Session, list[Message]] | None:
    connection.execute("BEGIN")  # both reads see the same commit
    try:
        session = select_session(connection, session_id, user_id)
        if session is None:
            return None
        if before is None:
            return session, _select_newest(connection, _BRANCH, (session_id, user_id, limit))
        return session, _select_newest(connection, _BRANCH_BEFORE, (session_id, user_id, limit, before))
    finally:
        connection.execute("COMMIT")


def select_by_id(connection: sqlite3.Connection, message_id: str, user_id: str) -> Message | None:
    row = connection.execute(_BY_ID, (message_id, user_id)).fetchone()
    return None if row is None else _message(row)


def select_by_ids(connection: sqlite3.Connection, message_ids: Sequence[str], user_id: str) -> list[Message]:
    """On current branches, in no order, without embeddings."""
    rows = connection.execute(_BY_IDS, (json.dumps(list(message_ids)), user_id)).fetchall()
    return [_message(row) for row in rows]


def _rate(connection: sqlite3.Connection, message_id: str, user_id: str, feedback: Feedback) -> Message:
    row = connection.execute(
        _RATE, (feedback.quality_rating, feedback.helpful, feedback.feedback_text, message_id, user_id)
    ).fetchone()
    if row is not None:
        return _message(row)
    if select_by_id(connection, message_id, user_id) is None:
        raise NotFound
    raise InvalidInput("Only answers can be rated.")


def _select_versions(connection: sqlite3.Connection, message_id: str, user_id: str, limit: int | None) -> list[Message]:
    # A negative limit is none to SQLite.
    rows = connection.execute(_VERSIONS, (message_id, user_id, -1 if limit is None else limit)).fetchall()
    return [_message(row) for row in rows]


def _message(row: tuple[Any, ...]) -> Message:
    return Message(
        id=row[0],
        session_id=row[1],
        user_id=row[2],
        role=MessageRole(row[3]),
        content=row[4],
        timestamp=time_of(row[5]),
        superseded_by=row[6],
        replaces=row[7],
        reply_to=row[8],
        provider_used=row[9],
        model_used=row[10],
        response_time_ms=row[11],
        first_token_ms=row[12],
        tokens_used=row[13],
        cost=row[14],
        completeness=None if row[15] is None else Completeness(row[15]),
        usage_estimated=optional_bool(row[16]),
        routing=None if row[17] is None else _routing_of(row[17]),
        emotion_state=None if row[18] is None else _emotion_of(row[18]),
        embedding=vector_of(row[19]),
        quality_rating=row[20],
        helpful=optional_bool(row[21]),
        feedback_text=row[22],
        user_continued=optional_bool(row[23]),
        category=row[24],
        item=None if row[25] is None else item_of(json.loads(row[25])),
        calculated=None if row[26] is None else check_of(json.loads(row[26])),
    )


def message_row(message: Message) -> tuple[Any, ...]:
    """As one half of `INSERT_TWO_MESSAGES` wants it."""
    return (
        message.id,
        message.session_id,
        message.user_id,
        message.role,
        message.content,
        time_text(message.timestamp),
        message.superseded_by,
        message.replaces,
        message.reply_to,
        message.provider_used,
        message.model_used,
        message.response_time_ms,
        message.first_token_ms,
        message.tokens_used,
        message.cost,
        message.completeness,
        message.usage_estimated,
        None if message.routing is None else json_text(routing_fields(message.routing)),
        None if message.emotion_state is None else _emotion_text(message.emotion_state),
        vector_blob(message.embedding),
        message.quality_rating,
        message.helpful,
        message.feedback_text,
        message.user_continued,
        message.category,
        None if message.item is None else json_text(item_fields(message.item)),
        None if message.calculated is None else json_text(check_fields(message.calculated)),
    )


# Both are cached, as a lesson is read again with each of its turns.
@lru_cache(maxsize=1_024)
def _routing_of(text: str) -> Routing:
    return routing_of(json.loads(text))


@lru_cache(maxsize=1_024)
def _emotion_of(text: str) -> EmotionState:
    return EmotionState(**json.loads(text))


def _emotion_text(state: EmotionState) -> str:
    return json_text({field.name: getattr(state, field.name) for field in fields(EmotionState)})
