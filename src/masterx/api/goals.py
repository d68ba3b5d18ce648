"""What you want to reach in a subject."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from masterx.api.bodies import StrictJsonRoute
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import RequestModel, errors
from masterx.api.services import CurrentServices
from masterx.records.goals import GoalKind
from masterx.tutor.goals import GoalView

router = APIRouter(prefix="/api/v1", tags=["practice"], route_class=StrictJsonRoute)

Subject = Annotated[str, Path(min_length=1, max_length=80, examples=["mathematics"])]


class GoalRequest(RequestModel):
    kind: GoalKind
    target: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False, examples=[0.75])] = Field(
        description="`ability`: a level from 0.05 to 0.95; `skills`: so many; `questions`, `minutes`: so many a week."
    )
    until: date | None = Field(default=None, description="The day by which; for `ability` and `skills`.")


class GoalsBody(BaseModel):
    goals: tuple[GoalView, ...]


@router.get("/goals", responses=errors(401, 503))
async def goals(identity: CurrentIdentity, services: CurrentServices) -> GoalsBody:
    """One for each subject at most, with how far you are and when you will be there."""
    return GoalsBody(goals=await services.goals.of(identity.user_id))


@router.put("/goals/{subject}", responses=errors(401, 404, 422, 503))
async def put_goal(
    subject: Subject, body: GoalRequest, identity: CurrentIdentity, services: CurrentServices
) -> GoalView:
    """Set a goal, or another one in its place."""
    return await services.goals.put(identity.user_id, subject, body.kind, body.target, body.until)


@router.delete("/goals/{subject}", status_code=204, responses=errors(401, 404, 503))
async def remove_goal(subject: Subject, identity: CurrentIdentity, services: CurrentServices) -> Response:
    """Give it up."""
    await services.goals.remove(identity.user_id, subject)
    return Response(status_code=204)
