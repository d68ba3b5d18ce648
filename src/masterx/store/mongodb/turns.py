"""`record_turn`: everything that one turn leaves behind, in one transaction: one command and its commit.

The session as it will be is reckoned here, from the session as the caller knows it; the update finds the row only when
it is still so. If it is not, the transaction is begun again with the row as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from masterx.clock import Clock
from masterx.errors import Conflict, NotFound, RequestInProgress
from masterx.records.messages import Message, MessageRole
from masterx.records.sessions import Session, SessionStatus
from masterx.records.turns import TurnRecord, WentOn
from masterx.store.mongodb.budgets import given_back
from masterx.store.mongodb.costs import call_writes
from masterx.store.mongodb.database import Access, CommitUnknown, Database, Write
from masterx.store.mongodb.documents import SUB_MS, Row, document, whole
from masterx.store.mongodb.idempotency import completion
from masterx.store.mongodb.messages import message_row
from masterx.store.mongodb.sessions import find_session, session_row
from masterx.store.mongodb.tables import Tables
from masterx.store.mongodb.users import profile_row
from masterx.store.mood_ports import TRAJECTORY_LENGTH

_REMEMBERED: Final = 1_000
"""Turns of which it is not known whether they were committed."""


class MongoTurns(Tables):
    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._unknown: dict[str, None] = {}

    async def record_turn(self, turn: TurnRecord) -> Session:
        if turn.answer.id in self._unknown:
            recorded = await self._database.read(_recorded, turn)
            if recorded is not None:
                del self._unknown[turn.answer.id]
                return recorded
        try:
            return await self._record(turn)
        except CommitUnknown:
            # The caller asks again, and must not be told that its own turn is in its way.
            self._unknown[turn.answer.id] = None
            while len(self._unknown) > _REMEMBERED:
                del self._unknown[next(iter(self._unknown))]
            raise

    async def _record(self, turn: TurnRecord) -> Session:
        reads = turn.question.replaces is not None
        transact = self._database.transact if reads else self._database.transact_writes
        # Of one learner one at a time, and only then a part: who waits for a learner keeps none from the others.
        async with self._database.lock(f"user {turn.session.user_id}"), self._database.part() as part:
            try:
                return await transact(None, _record, turn, turn.session, part)
            except _AnotherState:
                return await self._database.transact(None, _record_from_row, turn, part)


class _AnotherState(Exception):
    """The session is not as the caller knew it."""


async def _recorded(access: Access, turn: TurnRecord) -> Session | None:
    where = {"_id": turn.answer.id, "session_id": turn.session.id, "user_id": turn.session.user_id}
    if await access.one("messages", where, ["_id"]) is None:
        return None
    return await find_session(access, turn.session.id, turn.session.user_id)


async def _record_from_row(access: Access, turn: TurnRecord, part: int) -> Session:
    before = await find_session(access, turn.session.id, turn.session.user_id)
    if before is None:
        raise NotFound
    return await _record(access, turn, before, part)


async def _record(access: Access, turn: TurnRecord, before: Session, part: int) -> Session:
    after = moved(before, turn)
    writes = [_learner(turn), _session(turn, before, after)]
    if turn.question.replaces is not None:
        writes.append(await _superseding(access, turn.question, turn.question.replaces))
    if turn.went_on is not None:
        writes.append(_continued(turn.session, turn.went_on))
    for place, message in enumerate((turn.question, turn.answer), start=1):
        writes.append(Write(collection="messages", change=message_row(message, before.total_messages + place)))
    writes += call_writes(turn.calls, part)
    writes += given_back(turn.reservations)
    if turn.claim is not None:
        writes.append(completion(turn.claim, turn.answer))
    found = await access.batch(writes)
    if not found["users"]:
        raise NotFound
    if not found["sessions"]:
        raise _AnotherState
    if turn.claim is not None and not found["idempotency_keys"]:
        raise RequestInProgress
    return after


def moved(before: Session, turn: TurnRecord) -> Session:
    """The session after the turn."""
    answer = turn.answer
    took, mean = answer.response_time_ms, before.avg_response_time_ms
    if took is not None:
        # Half of the messages so far are answers: the running mean is over them.
        mean = float(took) if mean is None else mean + (took - mean) / (before.total_messages // 2 + 1)
    emotion = turn.question.emotion_state
    trajectory = before.emotion_trajectory
    if emotion is not None:
        trajectory = (*trajectory, emotion.primary_emotion)[-TRAJECTORY_LENGTH:]
    return replace(
        before,
        last_activity_at=max(before.last_activity_at, answer.timestamp),
        ended_at=None,
        status=SessionStatus.ACTIVE,
        assigned_provider=answer.provider_used or before.assigned_provider,
        current_topic=turn.topic or before.current_topic,
        emotion_trajectory=trajectory,
        avg_response_time_ms=mean,
        total_messages=before.total_messages + 2,
        total_tokens=before.total_tokens + sum(call.total_tokens for call in turn.calls),
        total_cost=type(before.total_cost)(before.total_cost + sum(call.cost for call in turn.calls)),
    )


def _learner(turn: TurnRecord) -> Write:
    last_active = document(last_active=turn.answer.timestamp)["last_active"]
    change: Row = {
        "$inc": {"total_sessions": whole(int(turn.opens_session))},
        "$max": {"last_active": last_active},
        "$unset": {f"{SUB_MS}.last_active": ""},
    }
    if turn.emotional_profile is not None:
        change["$set"] = {"emotional_profile": profile_row(turn.emotional_profile)}
    return Write(collection="users", where={"_id": turn.session.user_id}, change=change)


def _session(turn: TurnRecord, before: Session, after: Session) -> Write:
    row = session_row(after)
    if turn.opens_session:
        return Write(collection="sessions", change=row)
    change: Row = {"$set": row}
    if SUB_MS not in row:
        change["$unset"] = {SUB_MS: ""}
    return Write(collection="sessions", where={SUB_MS: None} | session_row(before), change=change)


def _continued(session: Session, said: WentOn) -> Write:
    where = {
        "_id": said.answer_id,
        "session_id": session.id,
        "user_id": session.user_id,
        "role": MessageRole.ASSISTANT.value,
    }
    return Write(collection="messages", where=where, change={"$set": {"user_continued": said.continued}})


async def _superseding(access: Access, question: Message, replaced: str) -> Write:
    """Of the replaced message and all that follows it on the current branch."""
    row = await access.one(
        "messages",
        {
            "_id": replaced,
            "session_id": question.session_id,
            "user_id": question.user_id,
            "role": MessageRole.USER.value,
        },
        ["timestamp", "position", "superseded_by"],
    )
    if row is None:
        raise NotFound
    if row["superseded_by"] is not None:
        raise Conflict("That message was replaced before.")
    following = {
        "session_id": question.session_id,
        "user_id": question.user_id,
        "superseded_by": None,
        "$or": [
            {"timestamp": {"$gt": row["timestamp"]}},
            {"timestamp": row["timestamp"], "position": {"$gte": row["position"]}},
        ],
    }
    change = {"$set": {"superseded_by": question.id}}
    return Write(collection="messages", where=following, change=change, many=True)
