"""`RecallStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from masterx.records.messages import Message, MessageRole
from masterx.records.recall import MessageVector, Unread
from masterx.store.sqlite.columns import time_of, time_text, vector_blob
from masterx.store.sqlite.messages import select_by_ids
from masterx.store.sqlite.tables import Tables

_VECTORS = """
    SELECT id, session_id, timestamp, role, emotion_state ->> 'primary_emotion', embedding FROM messages
    WHERE user_id = ?1 AND (timestamp, id) > (?2, ?3) AND embedding IS NOT NULL AND superseded_by IS NULL
    ORDER BY timestamp, id LIMIT ?4
"""
_UNREAD = """
    SELECT id, user_id, content FROM messages WHERE embedding IS NULL AND timestamp >= ? ORDER BY timestamp DESC LIMIT ?
"""
_ADD = "UPDATE messages SET embedding = ? WHERE id = ?"
_BEGINNING = ("", "")


class SQLiteRecall(Tables):
    @property
    def vector_index(self) -> None:
        """SQLite has none without an extension, and many Pythons cannot load one."""

    async def message_vectors(
        self, user_id: str, *, after: tuple[datetime, str] | None = None, limit: int
    ) -> Sequence[MessageVector]:
        start = _BEGINNING if after is None else (time_text(after[0]), after[1])
        return await self._readers.run(_select_vectors, user_id, start, limit)

    async def messages_by_id(self, user_id: str, ids: Sequence[str]) -> Sequence[Message]:
        return await self._readers.run(_select_messages, user_id, ids)

    async def unread_messages(self, *, since: datetime, limit: int) -> Sequence[Unread]:
        return await self._readers.run(_select_unread, since, limit)

    async def add_embeddings(self, embeddings: Mapping[str, tuple[float, ...]]) -> None:
        await self._writer.run(_add, embeddings)


def _select_vectors(
    connection: sqlite3.Connection, user_id: str, start: tuple[str, str], limit: int
) -> list[MessageVector]:
    return [
        MessageVector(
            id=row[0],
            session_id=row[1],
            timestamp=time_of(row[2]),
            role=MessageRole(row[3]),
            emotion=row[4],
            vector=row[5],
        )
        for row in connection.execute(_VECTORS, (user_id, *start, limit))
    ]


def _select_messages(connection: sqlite3.Connection, user_id: str, ids: Sequence[str]) -> list[Message]:
    found = {message.id: message for message in select_by_ids(connection, ids, user_id)}
    return [found[message_id] for message_id in ids if message_id in found]


def _select_unread(connection: sqlite3.Connection, since: datetime, limit: int) -> list[Unread]:
    rows = connection.execute(_UNREAD, (time_text(since), limit))
    return [Unread(id=row[0], user_id=row[1], content=row[2]) for row in rows]


def _add(connection: sqlite3.Connection, embeddings: Mapping[str, tuple[float, ...]]) -> None:
    connection.executemany(_ADD, [(vector_blob(vector), message_id) for message_id, vector in embeddings.items()])
