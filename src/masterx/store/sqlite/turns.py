"""`record_turn`: everything that one turn leaves behind, in one operation of the writer."""

from __future__ import annotations

import sqlite3
from typing import Any

from masterx.clock import Clock
from masterx.errors import Conflict, NotFound, RequestInProgress
from masterx.records.messages import Message
from masterx.records.sessions import Session, SessionStatus
from masterx.records.turns import TurnRecord
from masterx.store.mood_ports import TRAJECTORY_LENGTH
from masterx.store.sqlite.budgets import give_back
from masterx.store.sqlite.columns import json_text, placeholders, time_text
from masterx.store.sqlite.costs import add_calls
from masterx.store.sqlite.idempotency import complete_claim
from masterx.store.sqlite.messages import INSERT_TWO_MESSAGES, message_row
from masterx.store.sqlite.sessions import SESSION_COLUMNS, session_of
from masterx.store.sqlite.tables import Tables
from masterx.store.sqlite.users import profile_text

_TOUCH_LEARNER = """
    UPDATE users SET total_sessions = total_sessions + ?, last_active = max(ifnull(last_active, ''), ?),
        emotional_profile = ifnull(?, emotional_profile)
    WHERE id = ?
"""
_OPEN = f"INSERT INTO sessions ({SESSION_COLUMNS}) VALUES ({placeholders(SESSION_COLUMNS)})"
# Half of the messages so far are answers: the running mean is over them.
_MOVE = f"""
    UPDATE sessions SET
        last_activity_at = max(last_activity_at, ?),
        ended_at = NULL,
        status = 'active',
        assigned_provider = ifnull(?, assigned_provider),
        avg_response_time_ms = ifnull(
            avg_response_time_ms + (?3 - avg_response_time_ms) / (total_messages / 2 + 1.0),
            ifnull(?3, avg_response_time_ms)
        ),
        current_topic = ifnull(?, current_topic),
        emotion_trajectory = CASE WHEN ?5 IS NULL THEN emotion_trajectory
            WHEN json_array_length(emotion_trajectory) < ?6 THEN json_insert(emotion_trajectory, '$[#]', ?5)
            ELSE json_remove(json_insert(emotion_trajectory, '$[#]', ?5), '$[0]') END,
        total_messages = total_messages + 2,
        total_tokens = total_tokens + ?,
        total_cost = total_cost + ?
    WHERE id = ? AND user_id = ? RETURNING {SESSION_COLUMNS}
"""
_WENT_ON = """
    UPDATE messages SET user_continued = ? WHERE id = ? AND +session_id = ? AND +user_id = ? AND role = 'assistant'
"""
_REPLACED = """
    SELECT timestamp, position, superseded_by FROM messages
    WHERE id = ? AND +session_id = ? AND +user_id = ? AND role = 'user'
"""
_SUPERSEDE = """
    UPDATE messages SET superseded_by = ?
    WHERE session_id = ? AND superseded_by IS NULL AND (timestamp, position) >= (?, ?)
"""


class SQLiteTurns(Tables):
    async def record_turn(self, turn: TurnRecord) -> Session:
        return await self._writer.run(_record, turn, self._clock)


def _record(connection: sqlite3.Connection, turn: TurnRecord, clock: Clock) -> Session:
    answered_at = time_text(turn.answer.timestamp)
    profile = None if turn.emotional_profile is None else profile_text(turn.emotional_profile)
    learner = (int(turn.opens_session), answered_at, profile, turn.session.user_id)
    if connection.execute(_TOUCH_LEARNER, learner).rowcount == 0:
        raise NotFound
    session = _open(connection, turn) if turn.opens_session else _move(connection, turn, answered_at)
    if turn.question.replaces is not None:
        _supersede(connection, turn.question, turn.question.replaces)
    if turn.went_on is not None:
        said = (turn.went_on.continued, turn.went_on.answer_id, session.id, session.user_id)
        connection.execute(_WENT_ON, said)
    connection.execute(INSERT_TWO_MESSAGES, message_row(turn.question) + message_row(turn.answer))
    add_calls(connection, turn.calls, clock)
    give_back(connection, turn.reservations)
    if turn.claim is not None and not complete_claim(connection, turn.claim, turn.answer):
        raise RequestInProgress
    return session


def _usage(turn: TurnRecord) -> tuple[int, int]:
    """Tokens and cost of all calls of the turn; an unpriced or free one costs nothing here."""
    return sum(call.total_tokens for call in turn.calls), sum(call.cost for call in turn.calls)


def _emotion(turn: TurnRecord) -> str | None:
    state = turn.question.emotion_state
    return None if state is None else state.primary_emotion


def _open(connection: sqlite3.Connection, turn: TurnRecord) -> Session:
    before, answer, emotion = turn.session, turn.answer, _emotion(turn)
    tokens, cost = _usage(turn)
    row: tuple[Any, ...] = (
        before.id,
        before.user_id,
        time_text(before.started_at),
        time_text(max(before.last_activity_at, answer.timestamp)),
        None,
        before.title,
        turn.topic or before.current_topic,
        answer.provider_used or before.assigned_provider,
        before.total_messages + 2,
        before.total_tokens + tokens,
        before.total_cost + cost,
        answer.response_time_ms,
        json_text((*before.emotion_trajectory, *([] if emotion is None else [emotion]))),
        before.performance_score,
        SessionStatus.ACTIVE.value,
    )
    connection.execute(_OPEN, row)
    return session_of(row)


def _move(connection: sqlite3.Connection, turn: TurnRecord, answered_at: str) -> Session:
    answer = turn.answer
    row = connection.execute(
        _MOVE,
        (
            answered_at,
            answer.provider_used,
            answer.response_time_ms,
            turn.topic,
            _emotion(turn),
            TRAJECTORY_LENGTH,
            *_usage(turn),
            turn.session.id,
            turn.session.user_id,
        ),
    ).fetchone()
    if row is None:
        raise NotFound
    return session_of(row)


def _supersede(connection: sqlite3.Connection, question: Message, replaced: str) -> None:
    """The replaced message and all that follows it on the current branch."""
    row = connection.execute(_REPLACED, (replaced, question.session_id, question.user_id)).fetchone()
    if row is None:
        raise NotFound
    timestamp, position, superseded_by = row
    if superseded_by is not None:
        raise Conflict("That message was replaced before.")
    connection.execute(_SUPERSEDE, (question.id, question.session_id, timestamp, position))
