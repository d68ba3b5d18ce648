"""Rows of practice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.fakes.clock import START

from masterx.clock import new_id
from masterx.learner.ability import prior
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
from masterx.records.users import User


def make_question(user: User, *, at: datetime = START, **changes: Any) -> OpenQuestion:
    fields: dict[str, Any] = {
        "id": new_id(at),
        "user_id": user.id,
        "subject": "mathematics",
        "skill": "linear-equations",
        "item_id": "linear.two-steps",
        "seed": 7,
        "mode": PracticeMode.PRACTICE,
        "asked_at": at,
    }
    return OpenQuestion(**fields | changes)


def make_state(user: User, *, version: int = 0, at: datetime = START, **changes: Any) -> LearnerState:
    text = prior().to_text()
    fields: dict[str, Any] = {
        "user_id": user.id,
        "subject": "mathematics",
        "ability": text,
        "concepts": {"linear-equations": {"ability": text, "responses": 1}},
        "answers": version + 1,
        "practice_seconds": 40.0,
        "updated_at": at,
        "version": version,
    }
    return LearnerState(**fields | changes)


def make_response(question: OpenQuestion, *, answer: str = "x = 3", score: float = 1.0) -> PracticeResponse:
    return PracticeResponse(
        id=question.id,
        user_id=question.user_id,
        session_id=question.session_id,
        subject=question.subject,
        skill=question.skill,
        item_id=question.item_id,
        seed=question.seed,
        mode=question.mode,
        asked_at=question.asked_at,
        answered_at=question.asked_at + timedelta(seconds=40),
        answer=answer,
        verdict="accept" if score else "reject",
        feedback="Right." if score else "That is not it.",
        score=score,
        hints_taken=question.hints_taken,
        seconds=40.0,
        difficulty=-1.0,
        theta_before=0.0,
        theta_after=0.25,
    )


def make_record(
    user: User, question: OpenQuestion, *, version: int = 0, answer: str = "x = 3", score: float = 1.0
) -> AnswerRecord:
    response = make_response(question, answer=answer, score=score)
    at = response.answered_at
    return AnswerRecord(
        response=response,
        state=make_state(user, version=version, at=at),
        review=make_review(user, due_at=at + timedelta(days=1)),
        item=ItemDifficulty(id=question.item_id, difficulty=-1.1, difficulty_error=0.6, responses=version + 1),
        performance=make_performance(user, at),
    )


def make_review(user: User, *, due_at: datetime = START, concept: str = "linear-equations") -> ConceptReview:
    return ConceptReview(
        user_id=user.id,
        concept=concept,
        subject="mathematics",
        due_at=due_at,
        last_review_at=due_at - timedelta(days=1),
        stability=2.5,
        difficulty=5.0,
        learned=True,
    )


def make_performance(user: User, at: datetime) -> UserPerformance:
    return UserPerformance(
        id=new_id(at),
        user_id=user.id,
        subject="mathematics",
        timestamp=at,
        ability_level=0.5,
        difficulty_preference=0.4,
        learning_velocity=1.0,
        theta=0.0,
        theta_error=0.9,
        improvement_rate=0.1,
        improvement_rate_error=0.2,
    )
