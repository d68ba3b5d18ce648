"""The reads of `MessageStore`, and what a learner says of an answer; `turns` has its write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from masterx.errors import InvalidInput, NotFound
from masterx.records.messages import Completeness, EmotionState, Feedback, Message, MessageRole
from masterx.records.sessions import Session
from masterx.store.message_fields import check_fields, check_of, item_fields, item_of
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, document, plain, time_in, vector_binary, vector_of
from masterx.store.mongodb.sessions import find_session, session_of
from masterx.store.mongodb.tables import Tables
from masterx.store.routing_fields import routing_fields, routing_of

NEWEST = [("timestamp", -1), ("position", -1)]
OLDEST = [("timestamp", 1), ("position", 1)]
_NUMBERS = frozenset({"arousal", "valence", "certainty", "engagement"})
WITHOUT_VECTORS: Final[Row] = {"embedding": 0}
"""They are larger than the text, and a lesson has no use for them."""


class MongoMessages(Tables):
    async def messages(
        self, session_id: str, user_id: str, *, limit: int, before: str | None = None
    ) -> Sequence[Message]:
        if before is None:
            return await self._database.read(_newest, session_id, user_id, limit)
        return await self._database.snapshot(_before, session_id, user_id, limit, before)

    async def lesson(
        self, session_id: str, user_id: str, *, limit: int, before: str | None = None
    ) -> tuple[Session, Sequence[Message]] | None:
        if before is None:
            return await self._database.snapshot(_lesson, session_id, user_id, limit)
        return await self._database.snapshot(lesson_before, session_id, user_id, limit, before)

    async def message(self, message_id: str, user_id: str) -> Message | None:
        return await self._database.read(find_message, message_id, user_id)

    async def rate_message(self, message_id: str, user_id: str, feedback: Feedback) -> Message:
        return await self._database.write(_rate, message_id, user_id, feedback)

    async def versions(self, message_id: str, user_id: str, *, limit: int | None = None) -> Sequence[Message]:
        return await self._database.read(_versions, message_id, user_id, limit)


def branch(session_id: str, user_id: str) -> Row:
    """The current one: nothing superseded."""
    return {"session_id": session_id, "user_id": user_id, "superseded_by": None}


async def _newest(access: Access, session_id: str, user_id: str, limit: int) -> list[Message]:
    rows = await access.all("messages", branch(session_id, user_id), sort=NEWEST, limit=limit, fields=WITHOUT_VECTORS)
    return [message_of(row) for row in reversed(rows)]


async def _before(access: Access, session_id: str, user_id: str, limit: int, before: str) -> list[Message]:
    place = await access.one(
        "messages", {"_id": before, "session_id": session_id, "user_id": user_id}, ["timestamp", "position"]
    )
    if place is None:
        return []
    where = branch(session_id, user_id) | {
        "$or": [
            {"timestamp": {"$lt": place["timestamp"]}},
            {"timestamp": place["timestamp"], "position": {"$lt": place["position"]}},
        ]
    }
    rows = await access.all("messages", where, sort=NEWEST, limit=limit, fields=WITHOUT_VECTORS)
    return [message_of(row) for row in reversed(rows)]


def lesson_pipeline(session_id: str, user_id: str, limit: int) -> list[Row]:
    """The session with its newest messages in one command."""
    return [
        {"$match": {"_id": session_id, "user_id": user_id}},
        {
            "$lookup": {
                "from": "messages",
                "pipeline": [
                    {"$match": branch(session_id, user_id)},
                    {"$sort": dict(NEWEST)},
                    {"$limit": limit},
                    {"$project": WITHOUT_VECTORS},
                ],
                "as": "messages",
            }
        },
    ]


async def _lesson(
    access: Access, session_id: str, user_id: str, limit: int
) -> tuple[Session, Sequence[Message]] | None:
    rows = await access.aggregate("sessions", lesson_pipeline(session_id, user_id, limit))
    return lesson_of(rows[0]) if rows else None


def lesson_of(row: Row) -> tuple[Session, Sequence[Message]]:
    """From what `lesson_pipeline` finds."""
    return session_of(row), [message_of(each) for each in reversed(row["messages"])]


async def lesson_before(
    access: Access, session_id: str, user_id: str, limit: int, before: str
) -> tuple[Session, Sequence[Message]] | None:
    session = await find_session(access, session_id, user_id)
    return None if session is None else (session, await _before(access, session_id, user_id, limit, before))


async def find_message(access: Access, message_id: str, user_id: str) -> Message | None:
    row = await access.one("messages", {"_id": message_id, "user_id": user_id})
    return None if row is None else message_of(row)


async def _rate(access: Access, message_id: str, user_id: str, feedback: Feedback) -> Message:
    said = document(
        quality_rating=feedback.quality_rating, helpful=feedback.helpful, feedback_text=feedback.feedback_text
    )
    answer = {"_id": message_id, "user_id": user_id, "role": MessageRole.ASSISTANT.value}
    row = await access.change("messages", answer, {"$set": said})
    if row is not None:
        return message_of(row)
    if await find_message(access, message_id, user_id) is None:
        raise NotFound
    raise InvalidInput("Only answers can be rated.")


async def _versions(access: Access, message_id: str, user_id: str, limit: int | None) -> list[Message]:
    if limit == 0:
        return []
    where = {"superseded_by": message_id, "user_id": user_id}
    return [message_of(row) for row in await access.all("messages", where, sort=OLDEST, limit=limit or 0)]


def message_row(message: Message, position: int) -> Row:
    """`position` counts the messages of the session: it breaks ties of the clock."""
    emotion = message.emotion_state
    return document(
        id=message.id,
        session_id=message.session_id,
        user_id=message.user_id,
        position=position,
        role=message.role,
        content=message.content,
        timestamp=message.timestamp,
        superseded_by=message.superseded_by,
        replaces=message.replaces,
        reply_to=message.reply_to,
        provider_used=message.provider_used,
        model_used=message.model_used,
        response_time_ms=message.response_time_ms,
        first_token_ms=message.first_token_ms,
        tokens_used=message.tokens_used,
        cost=message.cost,
        completeness=message.completeness,
        usage_estimated=message.usage_estimated,
        routing=None if message.routing is None else plain(routing_fields(message.routing)),
        emotion_state=None if emotion is None else _emotion_row(emotion),
        embedding=vector_binary(message.embedding),
        quality_rating=message.quality_rating,
        helpful=message.helpful,
        feedback_text=message.feedback_text,
        user_continued=message.user_continued,
        category=message.category,
        item=None if message.item is None else plain(item_fields(message.item)),
        calculated=None if message.calculated is None else plain(check_fields(message.calculated)),
    )


def message_of(row: Mapping[str, Any]) -> Message:
    completeness, routing, emotion = row["completeness"], row["routing"], row["emotion_state"]
    return Message(
        id=row["_id"],
        session_id=row["session_id"],
        user_id=row["user_id"],
        role=MessageRole(row["role"]),
        content=row["content"],
        timestamp=time_in(row, "timestamp"),
        superseded_by=row["superseded_by"],
        replaces=row["replaces"],
        reply_to=row["reply_to"],
        provider_used=row["provider_used"],
        model_used=row["model_used"],
        response_time_ms=row["response_time_ms"],
        first_token_ms=row["first_token_ms"],
        tokens_used=row["tokens_used"],
        cost=row["cost"],
        completeness=None if completeness is None else Completeness(completeness),
        usage_estimated=row["usage_estimated"],
        routing=None if routing is None else routing_of(routing),
        emotion_state=None if emotion is None else EmotionState(**emotion),
        embedding=vector_of(row.get("embedding")),
        quality_rating=row["quality_rating"],
        helpful=row["helpful"],
        feedback_text=row["feedback_text"],
        user_continued=row["user_continued"],
        category=row.get("category"),
        item=None if row.get("item") is None else item_of(row["item"]),
        calculated=None if row.get("calculated") is None else check_of(row["calculated"]),
    )


def _emotion_row(state: EmotionState) -> Row:
    values = {each.name: getattr(state, each.name) for each in fields(EmotionState)}
    return {name: float(value) if name in _NUMBERS and value is not None else value for name, value in values.items()}
