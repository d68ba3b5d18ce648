"""Those who practise, for administrators: where they stand. Nobody's words, answers or moods are among it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from masterx.api.csv_files import CSV_ANSWER, csv_file
from masterx.api.practice import ProgressBody
from masterx.api.schemas import Uuid, errors
from masterx.api.services import CurrentServices
from masterx.records.learners import LearnerRow, LearnersPage, LearnersQuery, LearnersSort
from masterx.wiring import Services

router = APIRouter(prefix="/api/v1/admin", tags=["practice"])

ROWS_AT_ONCE = 200


class SubjectStandingBody(BaseModel):
    subject: str = Field(examples=["mathematics"])
    level: float = Field(description="Ability from 0 to 1: the chance of a right answer to an average item.")
    theta: float | None
    theta_error: float | None = Field(description="Standard error of theta.")
    mastered: int = Field(description="Skills.")
    struggling: int = Field(description="Skills.")
    answers: int
    practice_seconds: float
    last_answered_at: datetime


class LearnerBody(BaseModel):
    user_id: Uuid
    name: str
    email: str
    subjects: list[SubjectStandingBody]
    due: int = Field(description="Skills to be reviewed by now, in all subjects.")
    recent_answers: int = Field(description="Of the last 30 days, in all subjects.")
    success: float | None = Field(description="Share of right answers among them.")

    @classmethod
    def of(cls, row: LearnerRow) -> LearnerBody:
        return cls(
            user_id=row.user_id,
            name=row.name,
            email=row.email,
            subjects=[
                SubjectStandingBody(**{name: getattr(each, name) for name in SubjectStandingBody.model_fields})
                for each in row.subjects
            ],
            due=row.due,
            recent_answers=row.recent_answers,
            success=row.success,
        )


class LearnerList(BaseModel):
    learners: list[LearnerBody]
    total: int = Field(description="That match, on all pages.")
    next_cursor: str | None = Field(description="Pass it as `cursor`, with the same order, for the following page.")


@router.get("/learners", responses=errors(401, 403, 422, 503))
async def learners(
    services: CurrentServices,
    search: Annotated[str, Query(max_length=200, description="Part of a name or an e-mail address.")] = "",
    subject: Annotated[str | None, Query(max_length=80)] = None,
    sort: LearnersSort = LearnersSort.LAST_PRACTISED,
    limit: Annotated[int, Query(ge=1, le=ROWS_AT_ONCE)] = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> LearnerList:
    """Who practises, a page at a time."""
    query = LearnersQuery(
        now=services.clock.now(), search=search, subject=subject, sort=sort, limit=limit, cursor=cursor
    )
    found = await services.store.learners(query)
    return LearnerList(
        learners=[LearnerBody.of(row) for row in found.learners], total=found.total, next_cursor=found.next_cursor
    )


@router.get("/learners/{user_id}", responses=errors(401, 403, 404, 422, 503))
async def learner(user_id: Uuid, services: CurrentServices) -> ProgressBody:
    """One learner's progress, as `GET /api/v1/progress` gives it to them."""
    await services.people.person(user_id)
    return ProgressBody(subjects=await services.practice.progress(user_id))


@router.get("/learners.csv", responses={**CSV_ANSWER, **errors(401, 403, 503)}, response_class=StreamingResponse)
async def learners_csv(services: CurrentServices) -> StreamingResponse:
    """A line for each learner in each subject, by name, streamed."""
    query = LearnersQuery(now=services.clock.now(), sort=LearnersSort.NAME, limit=ROWS_AT_ONCE)
    first = await services.store.learners(query)
    return csv_file("masterx-learners", (*_OF_LEARNER, *_OF_SUBJECT), _rows(services, query, first))


_OF_LEARNER = ("user_id", "name", "email", "due", "recent_answers", "success")
_OF_SUBJECT = tuple(SubjectStandingBody.model_fields)


async def _rows(services: Services, query: LearnersQuery, page: LearnersPage) -> AsyncIterator[list[Sequence[object]]]:
    while True:
        yield [
            [*(getattr(row, name) for name in _OF_LEARNER), *(getattr(each, name) for name in _OF_SUBJECT)]
            for row in page.learners
            for each in row.subjects
        ]
        if page.next_cursor is None:
            return
        page = await services.store.learners(replace(query, cursor=page.next_cursor))
