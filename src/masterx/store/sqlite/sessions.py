"""`SessionStore`."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from masterx.errors import NotFound
from masterx.records.sessions import Session, SessionStatus
from masterx.store.cursors import decode_cursor, encode_cursor
from masterx.store.ports import SessionPage
from masterx.store.sqlite.columns import optional_time_of, strings_of, time_of, time_text
from masterx.store.sqlite.tables import Tables

SESSION_COLUMNS = (
    "id, user_id, started_at, last_activity_at, ended_at, title, current_topic, assigned_provider,"
    " total_messages, total_tokens, total_cost, avg_response_time_ms, emotion_trajectory, performance_score, status"
)
_BY_ID = f"SELECT {SESSION_COLUMNS} FROM sessions WHERE id = ? AND user_id = ?"
_LATEST = f"""
    SELECT {SESSION_COLUMNS} FROM sessions WHERE user_id = ?
    ORDER BY last_activity_at DESC, id DESC LIMIT ?
"""
_LATEST_AFTER = f"""
    SELECT {SESSION_COLUMNS} FROM sessions WHERE user_id = ? AND (last_activity_at, id) < (?, ?)
    ORDER BY last_activity_at DESC, id DESC LIMIT ?
"""
_RENAME = f"UPDATE sessions SET title = ? WHERE id = ? AND user_id = ? RETURNING {SESSION_COLUMNS}"
_END = "UPDATE sessions SET status = 'completed', ended_at = ? WHERE id = ? AND user_id = ? AND status = 'active'"
# Without a word the planner takes the index on the status alone, which reads all active ones.
_ABANDON = """
    UPDATE sessions INDEXED BY sessions_active_activity SET status = 'abandoned', ended_at = ?
    WHERE status = 'active' AND last_activity_at < ?
"""
# The last answer of each of them: nobody followed it up.
_LEFT = """
    UPDATE messages SET user_continued = 0 WHERE user_continued IS NULL AND position IN (
        SELECT (
            SELECT position FROM messages AS answer
            WHERE answer.session_id = idle.id AND answer.superseded_by IS NULL AND answer.role = 'assistant'
            ORDER BY timestamp DESC, position DESC LIMIT 1
        )
        FROM sessions AS idle INDEXED BY sessions_active_activity
        WHERE idle.status = 'active' AND idle.last_activity_at < ?
    )
"""
_DELETE = (
    "DELETE FROM mood_corrections WHERE session_id = ?",
    "DELETE FROM messages WHERE session_id = ?",
    "DELETE FROM idempotency_keys WHERE session_id = ?",
    "DELETE FROM practice_questions WHERE session_id = ?",
    # What was learned there stays learned.
    "UPDATE practice_responses SET session_id = NULL WHERE session_id = ?",
    "DELETE FROM sessions WHERE id = ?",
)


class SQLiteSessions(Tables):
    async def session(self, session_id: str, user_id: str) -> Session | None:
        return await self._readers.run(select_session, session_id, user_id)

    async def sessions(self, user_id: str, *, limit: int, cursor: str | None = None) -> SessionPage:
        after = None if cursor is None else decode_cursor(cursor, 2)
        return await self._readers.run(_select_page, user_id, limit, after)

    async def rename_session(self, session_id: str, user_id: str, title: str) -> Session:
        return await self._writer.run(_rename, session_id, user_id, title)

    async def end_session(self, session_id: str, user_id: str, now: datetime) -> Session:
        return await self._writer.run(_end, session_id, user_id, now)

    async def delete_session(self, session_id: str, user_id: str) -> None:
        await self._writer.erase(_delete, session_id, user_id)

    async def abandon_idle_sessions(self, idle_since: datetime, now: datetime) -> int:
        return await self._writer.run(_abandon, idle_since, now)


def select_session(connection: sqlite3.Connection, session_id: str, user_id: str) -> Session | None:
    row = connection.execute(_BY_ID, (session_id, user_id)).fetchone()
    return None if row is None else session_of(row)


def _select_page(
    connection: sqlite3.Connection, user_id: str, limit: int, after: tuple[str, ...] | None
) -> SessionPage:
    # One row more than asked for tells whether there is a following page.
    if after is None:
        rows = connection.execute(_LATEST, (user_id, limit + 1)).fetchall()
    else:
        rows = connection.execute(_LATEST_AFTER, (user_id, *after, limit + 1)).fetchall()
    shown = tuple(session_of(row) for row in rows[:limit])
    more = len(rows) > limit and shown
    return SessionPage(
        sessions=shown,
        next_cursor=encode_cursor(time_text(shown[-1].last_activity_at), shown[-1].id) if more else None,
    )


def _rename(connection: sqlite3.Connection, session_id: str, user_id: str, title: str) -> Session:
    row = connection.execute(_RENAME, (title, session_id, user_id)).fetchone()
    if row is None:
        raise NotFound
    return session_of(row)


def _end(connection: sqlite3.Connection, session_id: str, user_id: str, now: datetime) -> Session:
    connection.execute(_END, (time_text(now), session_id, user_id))
    session = select_session(connection, session_id, user_id)
    if session is None:
        raise NotFound
    return session


def _delete(connection: sqlite3.Connection, session_id: str, user_id: str) -> None:
    if select_session(connection, session_id, user_id) is None:
        raise NotFound
    for statement in _DELETE:
        connection.execute(statement, (session_id,))


def _abandon(connection: sqlite3.Connection, idle_since: datetime, now: datetime) -> int:
    connection.execute(_LEFT, (time_text(idle_since),))
    return connection.execute(_ABANDON, (time_text(now), time_text(idle_since))).rowcount


def session_of(row: tuple[Any, ...]) -> Session:
    """From a row of `SESSION_COLUMNS`."""
    return Session(
        id=row[0],
        user_id=row[1],
        started_at=time_of(row[2]),
        last_activity_at=time_of(row[3]),
        ended_at=optional_time_of(row[4]),
        title=row[5],
        current_topic=row[6],
        assigned_provider=row[7],
        total_messages=row[8],
        total_tokens=row[9],
        total_cost=row[10],
        # RETURNING gives a REAL column's whole number as an integer.
        avg_response_time_ms=None if row[11] is None else float(row[11]),
        emotion_trajectory=strings_of(row[12]),
        performance_score=row[13],
        status=SessionStatus(row[14]),
    )
