"""A question that stands below an answer of the tutor. It is answered as any other, by `/api/v1/practice/answer`."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import Uuid, errors
from masterx.api.services import CurrentServices
from masterx.tutor.lesson_questions import LessonQuestion
from masterx.tutor.practice_views import Question

router = APIRouter(prefix="/api/v1", tags=["practice"])


class ResponseBody(BaseModel):
    answer: str
    verdict: str = Field(examples=["accept"])
    feedback: str
    score: float = Field(description="0 to 1, after what hints take away.")
    solution: str | None
    reference: str | None = Field(description="The right answer.")


class LessonQuestionBody(BaseModel):
    question: Question
    response: ResponseBody | None = Field(description="What became of the answer; null while there is none.")

    @classmethod
    def of(cls, found: LessonQuestion) -> LessonQuestionBody:
        kept = found.response
        if kept is None:
            return cls(question=found.question, response=None)
        return cls(
            question=found.question,
            response=ResponseBody(
                answer=kept.answer,
                verdict=kept.verdict,
                feedback=kept.feedback,
                score=kept.score,
                solution=found.solution,
                reference=found.reference,
            ),
        )


@router.get("/practice/questions/{question_id}", responses=errors(401, 404, 422, 503))
async def lesson_question(
    question_id: Uuid, identity: CurrentIdentity, services: CurrentServices
) -> LessonQuestionBody:
    """The question below an answer, by the answer's id, and what became of it."""
    return LessonQuestionBody.of(await services.lesson_questions.question(identity.user_id, question_id))
