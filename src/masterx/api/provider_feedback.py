"""What learners' ratings and doings come to for each provider, for administrators. Nobody's words are among it."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from masterx.api.csv_files import CSV_ANSWER, csv_file, whole
from masterx.api.schemas import errors
from masterx.api.services import CurrentServices
from masterx.records.feedback_standing import FeedbackStanding

router = APIRouter(prefix="/api/v1/admin", tags=["providers"])

Days = Annotated[int, Query(ge=1, le=90, description="How many days back.")]


class StandingBody(BaseModel):
    provider: str = Field(examples=["groq"])
    category: str = Field(examples=["math"])
    answers: int
    learners: int = Field(description="Who rated.")
    ratings_given: int
    ratings_count: int = Field(description="What the mean is worth: of a learner, five ratings count at the most.")
    ratings_mean: float | None = Field(description="1 to 5, every learner's mean by this weight.")
    ratings_error: float | None = Field(description="Standard error of the mean.")
    ratings_spread: float | None = Field(description="Standard deviation of one rating.")
    helpful_count: int
    helpful_share: float | None
    sessions: int
    messages_per_session: float | None
    continued_count: int
    continued_share: float | None = Field(description="Of answers after which it is known, the learner went on.")
    ended_count: int
    completed_share: float | None = Field(description="Of lessons that are over, ended by the learner.")


class DayBody(BaseModel):
    day: date = Field(description="Of the UTC calendar.")
    provider: str
    category: str
    ratings_count: int
    ratings_mean: float


class FeedbackBody(BaseModel):
    since: datetime
    until: datetime
    standings: list[StandingBody] = Field(description="By category and provider.")
    days: list[DayBody] = Field(description="Days with ratings, oldest first.")


@router.get("/feedback", responses=errors(401, 403, 422, 503))
async def feedback(services: CurrentServices, days: Days = 7) -> FeedbackBody:
    """By the times of the answers, up to now."""
    until = services.clock.now()
    since = until - timedelta(days=days)
    return FeedbackBody(
        since=since,
        until=until,
        standings=[
            StandingBody(**{name: getattr(each, name) for name in StandingBody.model_fields})
            for each in await services.store.feedback_standing(since, until)
        ],
        days=[DayBody(**asdict(each)) for each in await services.store.feedback_days(since, until)],
    )


@router.get("/feedback.csv", responses={**CSV_ANSWER, **errors(401, 403, 422, 503)}, response_class=StreamingResponse)
async def feedback_csv(services: CurrentServices, days: Days = 7) -> StreamingResponse:
    """The same sums as a file, without the days."""
    until = services.clock.now()
    found = await services.store.feedback_standing(until - timedelta(days=days), until)
    return csv_file("masterx-feedback", _NAMES, whole([[getattr(each, name) for name in _NAMES] for each in found]))


_NAMES = (*(field.name for field in fields(FeedbackStanding)), "ratings_error")
