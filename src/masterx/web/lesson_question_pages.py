"""The card with a question below an answer: the page's script sends each step and gets the card back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from masterx.api.bodies import StrictJsonRoute
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import Uuid
from masterx.api.services import CurrentServices
from masterx.tutor.practice_views import Answered
from masterx.web.lesson_question_views import card_of
from masterx.web.practice_pages import MAX_ANSWER_LENGTH, SECONDS_IN_A_DAY
from masterx.web.rendering import page
from masterx.wiring import Services

router = APIRouter(prefix="/lessons/questions", include_in_schema=False, route_class=StrictJsonRoute)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AnswerGiven(_Body):
    answer: Annotated[str, Field(max_length=MAX_ANSWER_LENGTH)]
    seconds: Annotated[float, Field(ge=0, le=SECONDS_IN_A_DAY)] | None = None


class Nothing(_Body):
    pass


@router.get("/{message_id}")
async def card(
    message_id: Uuid, request: Request, identity: CurrentIdentity, services: CurrentServices
) -> HTMLResponse:
    return await _card(request, identity.user_id, services, message_id)


@router.post("/{message_id}/answer")
async def answer(
    message_id: Uuid, given: AnswerGiven, request: Request, identity: CurrentIdentity, services: CurrentServices
) -> HTMLResponse:
    answered = await services.practice.answer(identity.user_id, message_id, given.answer, seconds=given.seconds)
    return await _card(request, identity.user_id, services, message_id, answered)


@router.post("/{message_id}/hint")
async def hint(
    message_id: Uuid, _body: Nothing, request: Request, identity: CurrentIdentity, services: CurrentServices
) -> HTMLResponse:
    await services.practice.hint(identity.user_id, message_id)
    return await _card(request, identity.user_id, services, message_id)


@router.post("/{message_id}/solution")
async def solution(
    message_id: Uuid, _body: Nothing, request: Request, identity: CurrentIdentity, services: CurrentServices
) -> HTMLResponse:
    """The last rung; the question counts as not known."""
    await services.practice.solution(identity.user_id, message_id)
    return await _card(request, identity.user_id, services, message_id)


async def _card(
    request: Request, user_id: str, services: Services, message_id: str, answered: Answered | None = None
) -> HTMLResponse:
    found = await services.lesson_questions.question(user_id, message_id)
    values: dict[str, Any] = {"card": card_of(found, services.clock.now(), answered=answered)}
    return page(request, "fragments/lesson_question.html", **values)
