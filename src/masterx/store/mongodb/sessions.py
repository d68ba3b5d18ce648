"""`SessionStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from masterx.errors import NotFound
from masterx.records.messages import MessageRole
from masterx.records.sessions import Session, SessionStatus
from masterx.store.cursors import decode_cursor, encode_cursor
from masterx.store.mongodb.database import Access, Write
from masterx.store.mongodb.documents import (
    Row,
    document,
    not_after,
    not_before,
    optional_time_in,
    time_in,
    time_text,
)
from masterx.store.mongodb.tables import Tables
from masterx.store.ports import SessionPage

_AT_ONCE: Final = 500


class MongoSessions(Tables):
    async def session(self, session_id: str, user_id: str) -> Session | None:
        return await self._database.read(find_session, session_id, user_id)

    async def sessions(self, user_id: str, *, limit: int, cursor: str | None = None) -> SessionPage:
        after = None if cursor is None else decode_cursor(cursor, 2)
        return await self._database.read(_page, user_id, limit, after)

    async def rename_session(self, session_id: str, user_id: str, title: str) -> Session:
        return await self._database.write(_rename, session_id, user_id, title)

    async def end_session(self, session_id: str, user_id: str, now: datetime) -> Session:
        return await self._database.write(_end, session_id, user_id, now)

    async def delete_session(self, session_id: str, user_id: str) -> None:
        await self._database.transact_writes(f"user {user_id}", _delete, session_id, user_id)

    async def abandon_idle_sessions(self, idle_since: datetime, now: datetime) -> int:
        return await self._database.write(_abandon, idle_since, now)


async def find_session(access: Access, session_id: str, user_id: str) -> Session | None:
    row = await access.one("sessions", {"_id": session_id, "user_id": user_id})
    return None if row is None else session_of(row)


def after_place(first: str, moment: str, second: str, value: str) -> Row:
    """What comes after a place in an order that is descending by a time and then by another field."""
    at = not_after(datetime.fromisoformat(moment))
    return {"$or": [{first: {"$lt": at}}, {first: at, second: {"$lt": value}}]}


async def _page(access: Access, user_id: str, limit: int, after: tuple[str, ...] | None) -> SessionPage:
    where: Row = {"user_id": user_id}
    if after is not None:
        where |= after_place("last_activity_at", after[0], "_id", after[1])
    # One row more than asked for tells whether there is a following page.
    rows = await access.all("sessions", where, sort=[("last_activity_at", -1), ("_id", -1)], limit=limit + 1)
    shown = tuple(session_of(row) for row in rows[:limit])
    if not (len(rows) > limit and shown):
        return SessionPage(sessions=shown, next_cursor=None)
    last = rows[limit - 1]
    return SessionPage(sessions=shown, next_cursor=encode_cursor(time_text(last["last_activity_at"]), last["_id"]))


async def _rename(access: Access, session_id: str, user_id: str, title: str) -> Session:
    row = await access.change("sessions", {"_id": session_id, "user_id": user_id}, {"$set": {"title": title}})
    if row is None:
        raise NotFound
    return session_of(row)


async def _end(access: Access, session_id: str, user_id: str, now: datetime) -> Session:
    change = {"status": SessionStatus.COMPLETED.value, "ended_at": not_after(now)}
    active = {"_id": session_id, "user_id": user_id, "status": SessionStatus.ACTIVE.value}
    row = await access.change("sessions", active, {"$set": change})
    if row is None:
        row = await access.one("sessions", {"_id": session_id, "user_id": user_id})
    if row is None:
        raise NotFound
    return session_of(row)


async def _delete(access: Access, session_id: str, user_id: str) -> None:
    found = await access.batch(
        [
            Write(collection="sessions", where={"_id": session_id, "user_id": user_id}),
            Write(collection="mood_corrections", where={"session_id": session_id, "user_id": user_id}),
            Write(collection="messages", where={"session_id": session_id, "user_id": user_id}),
            Write(collection="idempotency_keys", where={"session_id": session_id, "user_id": user_id}),
            Write(collection="practice_questions", where={"session_id": session_id, "user_id": user_id}),
            # What was learned there stays learned.
            Write(
                collection="practice_responses",
                where={"session_id": session_id, "user_id": user_id},
                change={"$set": {"session_id": None}},
                many=True,
            ),
        ]
    )
    if not found["sessions"]:
        raise NotFound


async def _abandon(access: Access, idle_since: datetime, now: datetime) -> int:
    """Some at a time. Their last answers come first: what dies in between is found again."""
    idle = {"status": SessionStatus.ACTIVE.value, "last_activity_at": {"$lt": not_before(idle_since)}}
    change = {"status": SessionStatus.ABANDONED.value, "ended_at": not_after(now)}
    abandoned = 0
    while True:
        rows = await access.all("sessions", idle, limit=_AT_ONCE, fields=["_id"])
        found = [row["_id"] for row in rows]
        if found:
            await _note_left(access, found)
            abandoned += await access.update_all("sessions", idle | {"_id": {"$in": found}}, {"$set": change})
        if len(found) < _AT_ONCE:
            return abandoned


async def _note_left(access: Access, sessions: Sequence[str]) -> None:
    """Nobody followed their last answers up; a turn that comes meanwhile says otherwise, and is believed."""
    answers = {"session_id": {"$in": sessions}, "superseded_by": None, "role": MessageRole.ASSISTANT.value}
    last = await access.aggregate(
        "messages",
        [
            {"$match": answers},
            {"$sort": {"timestamp": 1, "position": 1}},
            {"$group": {"_id": "$session_id", "answer": {"$last": "$_id"}}},
        ],
    )
    left = {"_id": {"$in": [row["answer"] for row in last]}, "user_continued": None}
    await access.update_all("messages", left, {"$set": {"user_continued": False}})


def session_row(session: Session) -> Row:
    score, average = session.performance_score, session.avg_response_time_ms
    return document(
        id=session.id,
        user_id=session.user_id,
        started_at=session.started_at,
        last_activity_at=session.last_activity_at,
        ended_at=session.ended_at,
        title=session.title,
        current_topic=session.current_topic,
        assigned_provider=session.assigned_provider,
        total_messages=session.total_messages,
        total_tokens=session.total_tokens,
        total_cost=session.total_cost,
        avg_response_time_ms=None if average is None else float(average),
        emotion_trajectory=session.emotion_trajectory,
        performance_score=None if score is None else float(score),
        status=session.status,
    )


def session_of(row: Mapping[str, Any]) -> Session:
    return Session(
        id=row["_id"],
        user_id=row["user_id"],
        started_at=time_in(row, "started_at"),
        last_activity_at=time_in(row, "last_activity_at"),
        ended_at=optional_time_in(row, "ended_at"),
        title=row["title"],
        current_topic=row["current_topic"],
        assigned_provider=row["assigned_provider"],
        total_messages=row["total_messages"],
        total_tokens=row["total_tokens"],
        total_cost=row["total_cost"],
        avg_response_time_ms=row["avg_response_time_ms"],
        emotion_trajectory=tuple(row["emotion_trajectory"]),
        performance_score=row["performance_score"],
        status=SessionStatus(row["status"]),
    )
