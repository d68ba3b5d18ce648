"""`PracticeStore`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from masterx.errors import Conflict, NotFound
from masterx.records.practice import (
    AnswerRecord,
    ConceptReview,
    ItemDifficulty,
    LearnerState,
    OpenQuestion,
    PracticeMode,
    PracticeResponse,
)
from masterx.store.sqlite.columns import (
    json_text,
    optional_time_of,
    optional_time_text,
    placeholders,
    time_of,
    time_text,
)
from masterx.store.sqlite.learners import put_standing
from masterx.store.sqlite.performance import add_performance
from masterx.store.sqlite.tables import Tables

_QUESTION = "id, user_id, session_id, subject, skill, item_id, seed, mode, asked_at, hints_taken"
_GIVE_WAY = "DELETE FROM practice_questions WHERE user_id = ? AND subject = ? AND mode = ? AND session_id IS ?"
_ASK = f"INSERT INTO practice_questions ({_QUESTION}) VALUES ({placeholders(_QUESTION)})"
_OPEN = f"SELECT {_QUESTION} FROM practice_questions WHERE id = ? AND user_id = ?"
_ALL_OPEN = f"SELECT {_QUESTION} FROM practice_questions WHERE user_id = ? ORDER BY asked_at DESC, id DESC"
_HINTS = "UPDATE practice_questions SET hints_taken = max(hints_taken, ?) WHERE id = ? AND user_id = ?"
_CLOSE = "DELETE FROM practice_questions WHERE id = ? AND user_id = ?"

_RESPONSE = (
    "id, user_id, session_id, subject, skill, item_id, seed, mode, asked_at, answered_at, answer, verdict, feedback,"
    " score, hints_taken, seconds, difficulty, theta_before, theta_after"
)
_ANSWER = f"INSERT INTO practice_responses ({_RESPONSE}) VALUES ({placeholders(_RESPONSE)})"
_ANSWERED = f"SELECT {_RESPONSE} FROM practice_responses WHERE id = ? AND user_id = ?"
_SCORE = """
    UPDATE sessions SET performance_score = (SELECT avg(score) FROM practice_responses WHERE session_id = ?1)
    WHERE id = ?1 AND user_id = ?2
"""

_STATE = (
    "user_id, subject, ability, concepts, answers, practice_seconds, placement_started_at, placed_at, updated_at,"
    " version"
)
_PUT_STATE = f"""
    INSERT INTO learner_states ({_STATE}) VALUES ({placeholders(_STATE)})
    ON CONFLICT (user_id, subject) DO UPDATE SET ability = excluded.ability, concepts = excluded.concepts,
        answers = excluded.answers, practice_seconds = excluded.practice_seconds,
        placement_started_at = excluded.placement_started_at, placed_at = excluded.placed_at,
        updated_at = excluded.updated_at, version = excluded.version
    WHERE learner_states.version = excluded.version - 1
"""
_ONE_STATE = f"SELECT {_STATE} FROM learner_states WHERE user_id = ? AND subject = ?"
_STATES = f"SELECT {_STATE} FROM learner_states WHERE user_id = ? ORDER BY subject"

_REVIEW = "user_id, concept, subject, due_at, last_review_at, stability, difficulty, learned, lapses, reviews"
_PUT_REVIEW = f"INSERT OR REPLACE INTO concept_reviews ({_REVIEW}) VALUES ({placeholders(_REVIEW)})"
_REVIEWS = f"SELECT {_REVIEW} FROM concept_reviews WHERE user_id = ? ORDER BY due_at, concept"
_DUE = f"SELECT {_REVIEW} FROM concept_reviews WHERE user_id = ? AND due_at <= ? ORDER BY due_at, concept LIMIT ?"

_PUT_ITEM = """
    INSERT INTO item_difficulties (id, difficulty, difficulty_error, responses) VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET difficulty = excluded.difficulty, difficulty_error = excluded.difficulty_error,
        responses = excluded.responses
    WHERE item_difficulties.responses = excluded.responses - 1
"""
_ITEMS = "SELECT id, difficulty, difficulty_error, responses FROM item_difficulties ORDER BY id"

_MINUTE_TEXT = len("2026-01-31T09:05")
_SAME_MINUTE = "DELETE FROM user_performance WHERE user_id = ? AND subject = ? AND timestamp >= ? AND timestamp <= ?"


class SQLitePractice(Tables):
    async def ask(self, question: OpenQuestion) -> None:
        await self._writer.run(_ask, question)

    async def open_question(self, question_id: str, user_id: str) -> OpenQuestion | None:
        return await self._readers.run(_select_open, question_id, user_id)

    async def open_questions(self, user_id: str) -> Sequence[OpenQuestion]:
        return await self._readers.run(_select_all_open, user_id)

    async def note_hints(self, question_id: str, user_id: str, taken: int) -> None:
        await self._writer.run(_note_hints, question_id, user_id, taken)

    async def record_answer(self, record: AnswerRecord) -> PracticeResponse:
        return await self._writer.run(_record, record)

    async def response(self, question_id: str, user_id: str) -> PracticeResponse | None:
        return await self._readers.run(_select_response, question_id, user_id)

    async def responses(
        self, user_id: str, *, subject: str | None = None, limit: int, before: tuple[datetime, str] | None = None
    ) -> Sequence[PracticeResponse]:
        return await self._readers.run(select_responses, user_id, subject, limit, before)

    async def learner_state(self, user_id: str, subject: str) -> LearnerState | None:
        return await self._readers.run(_select_state, user_id, subject)

    async def learner_states(self, user_id: str) -> Sequence[LearnerState]:
        return await self._readers.run(select_states, user_id)

    async def put_learner_state(self, state: LearnerState) -> None:
        await self._writer.run(_put_state, state)

    async def concept_reviews(self, user_id: str) -> Sequence[ConceptReview]:
        return await self._readers.run(_select_reviews, user_id)

    async def item_difficulties(self) -> Sequence[ItemDifficulty]:
        return await self._readers.run(_select_items)


def _ask(connection: sqlite3.Connection, question: OpenQuestion) -> None:
    connection.execute(_GIVE_WAY, (question.user_id, question.subject, question.mode, question.session_id))
    connection.execute(
        _ASK,
        (
            question.id,
            question.user_id,
            question.session_id,
            question.subject,
            question.skill,
            question.item_id,
            question.seed,
            question.mode,
            time_text(question.asked_at),
            question.hints_taken,
        ),
    )


def _select_open(connection: sqlite3.Connection, question_id: str, user_id: str) -> OpenQuestion | None:
    row = connection.execute(_OPEN, (question_id, user_id)).fetchone()
    return None if row is None else _question_of(row)


def _select_all_open(connection: sqlite3.Connection, user_id: str) -> list[OpenQuestion]:
    return [_question_of(row) for row in connection.execute(_ALL_OPEN, (user_id,))]


def _note_hints(connection: sqlite3.Connection, question_id: str, user_id: str, taken: int) -> None:
    if connection.execute(_HINTS, (taken, question_id, user_id)).rowcount != 1:
        raise NotFound


def _record(connection: sqlite3.Connection, record: AnswerRecord) -> PracticeResponse:
    response = record.response
    before = _select_response(connection, response.id, response.user_id)
    if before is not None:
        return before
    if connection.execute(_CLOSE, (response.id, response.user_id)).rowcount != 1:
        raise NotFound
    connection.execute(_ANSWER, _response_row(response))
    _put_state(connection, record.state)
    if response.session_id is not None:
        connection.execute(_SCORE, (response.session_id, response.user_id))
    if record.review is not None:
        connection.execute(_PUT_REVIEW, _review_row(record.review))
    if record.item is not None:
        item = record.item
        connection.execute(_PUT_ITEM, (item.id, item.difficulty, item.difficulty_error, item.responses))
    if record.performance is not None:
        row = record.performance
        minute = time_text(row.timestamp)[:_MINUTE_TEXT]
        connection.execute(_SAME_MINUTE, (row.user_id, row.subject, minute, f"{minute}:59.999999Z"))
        add_performance(connection, row)
        put_standing(connection, response, record.state, row)
    return response


def _response_row(response: PracticeResponse) -> tuple[Any, ...]:
    return (
        response.id,
        response.user_id,
        response.session_id,
        response.subject,
        response.skill,
        response.item_id,
        response.seed,
        response.mode,
        time_text(response.asked_at),
        time_text(response.answered_at),
        response.answer,
        response.verdict,
        response.feedback,
        response.score,
        response.hints_taken,
        response.seconds,
        response.difficulty,
        response.theta_before,
        response.theta_after,
    )


def _select_response(connection: sqlite3.Connection, question_id: str, user_id: str) -> PracticeResponse | None:
    row = connection.execute(_ANSWERED, (question_id, user_id)).fetchone()
    return None if row is None else _response_of(row)


def statement(*, of_subject: bool, following: bool) -> str:
    conditions = ["user_id = ?1"]
    conditions += ["subject = ?2"] if of_subject else []
    conditions += ["(answered_at, id) < (?3, ?4)"] if following else []
    where = " AND ".join(conditions)
    return f"SELECT {_RESPONSE} FROM practice_responses WHERE {where} ORDER BY answered_at DESC, id DESC LIMIT ?5"


def select_responses(
    connection: sqlite3.Connection,
    user_id: str,
    subject: str | None,
    limit: int,
    before: tuple[datetime, str] | None,
) -> list[PracticeResponse]:
    place = ("", "") if before is None else (time_text(before[0]), before[1])
    query = statement(of_subject=subject is not None, following=before is not None)
    return [_response_of(row) for row in connection.execute(query, (user_id, subject or "", *place, limit))]


def _put_state(connection: sqlite3.Connection, state: LearnerState) -> None:
    row = (
        state.user_id,
        state.subject,
        state.ability,
        json_text(state.concepts),
        state.answers,
        state.practice_seconds,
        optional_time_text(state.placement_started_at),
        optional_time_text(state.placed_at),
        time_text(state.updated_at),
        state.version + 1,
    )
    if connection.execute(_PUT_STATE, row).rowcount != 1:
        raise Conflict


def _select_state(connection: sqlite3.Connection, user_id: str, subject: str) -> LearnerState | None:
    row = connection.execute(_ONE_STATE, (user_id, subject)).fetchone()
    return None if row is None else _state_of(row)


def select_states(connection: sqlite3.Connection, user_id: str) -> list[LearnerState]:
    return [_state_of(row) for row in connection.execute(_STATES, (user_id,))]


def _select_items(connection: sqlite3.Connection) -> list[ItemDifficulty]:
    return [
        ItemDifficulty(id=row[0], difficulty=row[1], difficulty_error=row[2], responses=row[3])
        for row in connection.execute(_ITEMS)
    ]


def _review_row(review: ConceptReview) -> tuple[Any, ...]:
    return (
        review.user_id,
        review.concept,
        review.subject,
        time_text(review.due_at),
        time_text(review.last_review_at),
        review.stability,
        review.difficulty,
        int(review.learned),
        review.lapses,
        review.reviews,
    )


def _select_reviews(connection: sqlite3.Connection, user_id: str) -> list[ConceptReview]:
    return [_review_of(row) for row in connection.execute(_REVIEWS, (user_id,))]


def select_due(connection: sqlite3.Connection, user_id: str, now: datetime, limit: int) -> list[ConceptReview]:
    return [_review_of(row) for row in connection.execute(_DUE, (user_id, time_text(now), limit))]


def _review_of(row: tuple[Any, ...]) -> ConceptReview:
    return ConceptReview(
        user_id=row[0],
        concept=row[1],
        subject=row[2],
        due_at=time_of(row[3]),
        last_review_at=time_of(row[4]),
        stability=row[5],
        difficulty=row[6],
        learned=bool(row[7]),
        lapses=row[8],
        reviews=row[9],
    )


def _question_of(row: tuple[Any, ...]) -> OpenQuestion:
    return OpenQuestion(
        id=row[0],
        user_id=row[1],
        session_id=row[2],
        subject=row[3],
        skill=row[4],
        item_id=row[5],
        seed=row[6],
        mode=PracticeMode(row[7]),
        asked_at=time_of(row[8]),
        hints_taken=row[9],
    )


def _response_of(row: tuple[Any, ...]) -> PracticeResponse:
    return PracticeResponse(
        id=row[0],
        user_id=row[1],
        session_id=row[2],
        subject=row[3],
        skill=row[4],
        item_id=row[5],
        seed=row[6],
        mode=PracticeMode(row[7]),
        asked_at=time_of(row[8]),
        answered_at=time_of(row[9]),
        answer=row[10],
        verdict=row[11],
        feedback=row[12],
        score=row[13],
        hints_taken=row[14],
        seconds=row[15],
        difficulty=row[16],
        theta_before=row[17],
        theta_after=row[18],
    )


def _state_of(row: tuple[Any, ...]) -> LearnerState:
    return LearnerState(
        user_id=row[0],
        subject=row[1],
        ability=row[2],
        concepts=json.loads(row[3]),
        answers=row[4],
        practice_seconds=row[5],
        placement_started_at=optional_time_of(row[6]),
        placed_at=optional_time_of(row[7]),
        updated_at=time_of(row[8]),
        version=row[9],
    )
