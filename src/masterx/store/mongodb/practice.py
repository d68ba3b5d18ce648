"""`PracticeStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from masterx.errors import Conflict, NotFound
from masterx.records.performance import UserPerformance
from masterx.records.practice import (
    AnswerRecord,
    ConceptReview,
    ItemDifficulty,
    LearnerState,
    OpenQuestion,
    PracticeMode,
    PracticeResponse,
)
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, document, optional_time_in, time_in, time_text, whole
from masterx.store.mongodb.learners import put_standing
from masterx.store.mongodb.performance import performance_row
from masterx.store.mongodb.sessions import after_place
from masterx.store.mongodb.tables import Tables
from masterx.store.mongodb.users import touch_user

NEWEST = [("answered_at", -1), ("_id", -1)]


class MongoPractice(Tables):
    async def ask(self, question: OpenQuestion) -> None:
        await self._database.transact(f"user {question.user_id}", _ask, question)

    async def open_question(self, question_id: str, user_id: str) -> OpenQuestion | None:
        return await self._database.read(_open, question_id, user_id)

    async def open_questions(self, user_id: str) -> Sequence[OpenQuestion]:
        return await self._database.read(_all_open, user_id)

    async def note_hints(self, question_id: str, user_id: str, taken: int) -> None:
        await self._database.write(_note_hints, question_id, user_id, taken)

    async def record_answer(self, record: AnswerRecord) -> PracticeResponse:
        return await self._database.transact(f"user {record.response.user_id}", _record, record)

    async def response(self, question_id: str, user_id: str) -> PracticeResponse | None:
        return await self._database.read(_response, question_id, user_id)

    async def responses(
        self, user_id: str, *, subject: str | None = None, limit: int, before: tuple[datetime, str] | None = None
    ) -> Sequence[PracticeResponse]:
        return await self._database.read(_responses, user_id, subject, limit, before)

    async def learner_state(self, user_id: str, subject: str) -> LearnerState | None:
        return await self._database.read(_state, user_id, subject)

    async def learner_states(self, user_id: str) -> Sequence[LearnerState]:
        return await self._database.read(_states, user_id)

    async def put_learner_state(self, state: LearnerState) -> None:
        await self._database.transact(f"user {state.user_id}", _put_known_state, state)

    async def concept_reviews(self, user_id: str) -> Sequence[ConceptReview]:
        return await self._database.read(_reviews, user_id)

    async def item_difficulties(self) -> Sequence[ItemDifficulty]:
        return await self._database.read(_items)


def pair_id(user_id: str, name: str) -> str:
    """No id holds a space: two pairs never look the same."""
    return f"{user_id} {name}"


async def _ask(access: Access, question: OpenQuestion) -> None:
    if not await touch_user(access, question.user_id):
        raise NotFound
    same = {
        "user_id": question.user_id,
        "subject": question.subject,
        "mode": question.mode.value,
        "session_id": question.session_id,
    }
    await access.delete("practice_questions", same)
    await access.insert(
        "practice_questions",
        document(
            id=question.id,
            user_id=question.user_id,
            session_id=question.session_id,
            subject=question.subject,
            skill=question.skill,
            item_id=question.item_id,
            seed=question.seed,
            mode=question.mode,
            asked_at=question.asked_at,
            hints_taken=question.hints_taken,
        ),
    )


async def _open(access: Access, question_id: str, user_id: str) -> OpenQuestion | None:
    row = await access.one("practice_questions", {"_id": question_id, "user_id": user_id})
    return None if row is None else _question_of(row)


async def _all_open(access: Access, user_id: str) -> list[OpenQuestion]:
    rows = await access.all("practice_questions", {"user_id": user_id}, sort=[("asked_at", -1), ("_id", -1)])
    return [_question_of(row) for row in rows]


async def _note_hints(access: Access, question_id: str, user_id: str, taken: int) -> None:
    change = {"$max": {"hints_taken": whole(taken)}}
    if not await access.update("practice_questions", {"_id": question_id, "user_id": user_id}, change):
        raise NotFound


async def _record(access: Access, record: AnswerRecord) -> PracticeResponse:
    response = record.response
    before = await _response(access, response.id, response.user_id)
    if before is not None:
        return before
    if not await touch_user(access, response.user_id):
        raise NotFound
    if not await access.delete("practice_questions", {"_id": response.id, "user_id": response.user_id}):
        raise NotFound
    await access.insert("practice_responses", _response_row(response))
    await _put_state(access, record.state)
    if response.session_id is not None:
        await _score_lesson(access, response.session_id, response.user_id)
    if record.review is not None:
        row = _review_row(record.review)
        await access.update("concept_reviews", {"_id": row.pop("_id")}, {"$set": row}, upsert=True)
    if record.item is not None:
        await _put_item(access, record.item)
    if record.performance is not None:
        await _put_performance(access, record.performance)
        key = pair_id(response.user_id, response.subject)
        await put_standing(access, key, response, record.state, record.performance)
    return response


async def _score_lesson(access: Access, session_id: str, user_id: str) -> None:
    theirs = {"session_id": session_id, "user_id": user_id}
    scores = [row["score"] for row in await access.all("practice_responses", theirs, fields=["score"])]
    score = {"performance_score": sum(scores) / len(scores)}
    await access.update("sessions", {"_id": session_id, "user_id": user_id}, {"$set": score})


async def _put_item(access: Access, item: ItemDifficulty) -> None:
    row = document(
        difficulty=float(item.difficulty), difficulty_error=float(item.difficulty_error), responses=item.responses
    )
    there = await access.one("item_difficulties", {"_id": item.id}, ["responses"])
    if there is None:
        await access.insert("item_difficulties", {"_id": item.id} | row)
    elif there["responses"] == item.responses - 1:
        await access.update("item_difficulties", {"_id": item.id}, {"$set": row})


async def _put_performance(access: Access, performance: UserPerformance) -> None:
    minute = performance.timestamp.replace(second=0, microsecond=0)
    same = {
        "user_id": performance.user_id,
        "subject": performance.subject,
        "timestamp": {"$gte": minute, "$lt": minute + timedelta(minutes=1)},
    }
    await access.delete("user_performance", same)
    await access.insert("user_performance", performance_row(performance))


async def _response(access: Access, question_id: str, user_id: str) -> PracticeResponse | None:
    row = await access.one("practice_responses", {"_id": question_id, "user_id": user_id})
    return None if row is None else response_of(row)


async def _responses(
    access: Access, user_id: str, subject: str | None, limit: int, before: tuple[datetime, str] | None
) -> list[PracticeResponse]:
    where: Row = {"user_id": user_id}
    if subject is not None:
        where["subject"] = subject
    if before is not None:
        where |= after_place("answered_at", time_text(before[0]), "_id", before[1])
    rows = await access.all("practice_responses", where, sort=NEWEST, limit=limit)
    return [response_of(row) for row in rows]


async def _state(access: Access, user_id: str, subject: str) -> LearnerState | None:
    row = await access.one("learner_states", {"_id": pair_id(user_id, subject)})
    return None if row is None else state_of(row)


async def _states(access: Access, user_id: str) -> list[LearnerState]:
    rows = await access.all("learner_states", {"user_id": user_id}, sort=[("subject", 1)])
    return [state_of(row) for row in rows]


async def _put_known_state(access: Access, state: LearnerState) -> None:
    if not await touch_user(access, state.user_id):
        raise NotFound
    await _put_state(access, state)


async def _put_state(access: Access, state: LearnerState) -> None:
    key = pair_id(state.user_id, state.subject)
    row = document(
        user_id=state.user_id,
        subject=state.subject,
        ability=state.ability,
        concepts=state.concepts,
        answers=state.answers,
        practice_seconds=float(state.practice_seconds),
        placement_started_at=state.placement_started_at,
        placed_at=state.placed_at,
        updated_at=state.updated_at,
        version=state.version + 1,
    )
    there = await access.one("learner_states", {"_id": key}, ["version"])
    if there is None and state.version == 0:
        await access.insert("learner_states", {"_id": key} | row)
    elif there is None or not await access.update(
        "learner_states", {"_id": key, "version": whole(state.version)}, {"$set": row}
    ):
        raise Conflict


async def _reviews(access: Access, user_id: str) -> list[ConceptReview]:
    rows = await access.all("concept_reviews", {"user_id": user_id}, sort=[("due_at", 1), ("concept", 1)])
    return [review_of(row) for row in rows]


def review_of(row: Mapping[str, Any]) -> ConceptReview:
    return ConceptReview(
        user_id=row["user_id"],
        concept=row["concept"],
        subject=row["subject"],
        due_at=time_in(row, "due_at"),
        last_review_at=time_in(row, "last_review_at"),
        stability=row["stability"],
        difficulty=row["difficulty"],
        learned=row["learned"],
        lapses=row["lapses"],
        reviews=row["reviews"],
    )


async def _items(access: Access) -> list[ItemDifficulty]:
    return [
        ItemDifficulty(
            id=row["_id"],
            difficulty=row["difficulty"],
            difficulty_error=row["difficulty_error"],
            responses=row["responses"],
        )
        for row in await access.all("item_difficulties", {}, sort=[("_id", 1)])
    ]


def _review_row(review: ConceptReview) -> Row:
    return document(
        id=pair_id(review.user_id, review.concept),
        user_id=review.user_id,
        concept=review.concept,
        subject=review.subject,
        due_at=review.due_at,
        last_review_at=review.last_review_at,
        stability=float(review.stability),
        difficulty=float(review.difficulty),
        learned=review.learned,
        lapses=review.lapses,
        reviews=review.reviews,
    )


def _response_row(response: PracticeResponse) -> Row:
    return document(
        id=response.id,
        user_id=response.user_id,
        session_id=response.session_id,
        subject=response.subject,
        skill=response.skill,
        item_id=response.item_id,
        seed=response.seed,
        mode=response.mode,
        asked_at=response.asked_at,
        answered_at=response.answered_at,
        answer=response.answer,
        verdict=response.verdict,
        feedback=response.feedback,
        score=float(response.score),
        hints_taken=response.hints_taken,
        seconds=None if response.seconds is None else float(response.seconds),
        difficulty=float(response.difficulty),
        theta_before=float(response.theta_before),
        theta_after=float(response.theta_after),
    )


def _question_of(row: Row) -> OpenQuestion:
    return OpenQuestion(
        id=row["_id"],
        user_id=row["user_id"],
        session_id=row["session_id"],
        subject=row["subject"],
        skill=row["skill"],
        item_id=row["item_id"],
        seed=row["seed"],
        mode=PracticeMode(row["mode"]),
        asked_at=time_in(row, "asked_at"),
        hints_taken=row["hints_taken"],
    )


def response_of(row: Row) -> PracticeResponse:
    same: dict[str, Any] = {name: row[name] for name in _SAME}
    return PracticeResponse(
        id=row["_id"],
        mode=PracticeMode(row["mode"]),
        asked_at=time_in(row, "asked_at"),
        answered_at=time_in(row, "answered_at"),
        **same,
    )


_SAME = (
    *("user_id", "session_id", "subject", "skill", "item_id", "seed", "answer", "verdict", "feedback", "score"),
    *("hints_taken", "seconds", "difficulty", "theta_before", "theta_after"),
)


def state_of(row: Row) -> LearnerState:
    return LearnerState(
        user_id=row["user_id"],
        subject=row["subject"],
        ability=row["ability"],
        concepts=row["concepts"],
        answers=row["answers"],
        practice_seconds=row["practice_seconds"],
        placement_started_at=optional_time_in(row, "placement_started_at"),
        placed_at=optional_time_in(row, "placed_at"),
        updated_at=time_in(row, "updated_at"),
        version=row["version"],
    )
