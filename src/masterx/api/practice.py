"""Practice: questions, hints, answers, placement, reviews, progress, and all of it as files."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field, StrictBool, StrictStr

from masterx.api.bodies import StrictJsonRoute
from masterx.api.csv_files import CSV_ANSWER, csv_file
from masterx.api.head_requests import headers_alone, is_head
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import MAX_MESSAGE_LENGTH, RequestModel, Uuid, errors
from masterx.api.services import CurrentServices
from masterx.records.practice import PracticeMode, PracticeResponse
from masterx.tutor.practice_views import (
    Answered,
    DueReview,
    HintView,
    PlacementResult,
    Question,
    SubjectProgress,
    SubjectView,
)
from masterx.tutor.practising import Practice

router = APIRouter(prefix="/api/v1", tags=["practice"], route_class=StrictJsonRoute)
files = APIRouter(prefix="/api/v1", tags=["practice"])

Name = Annotated[StrictStr, Field(min_length=1, max_length=80, examples=["mathematics"])]

COLUMNS = (
    *("answered_at", "subject", "skill", "item_id", "seed", "mode", "answer", "verdict", "score", "hints_taken"),
    *("seconds", "difficulty", "theta_before", "theta_after"),
)


class NextRequest(RequestModel):
    subject: Name | None = Field(default=None, description="Left out: the one that was practised last.")
    mode: PracticeMode = PracticeMode.PRACTICE
    skill: Name | None = Field(default=None, description="Practise this one, whatever it needs.")
    skip: StrictBool = Field(default=False, description="Another question in place of the open one.")
    session_id: Uuid | None = Field(default=None, description="The lesson in which it is asked.")


class AnswerRequest(RequestModel):
    question_id: Uuid
    answer: Annotated[StrictStr, Field(max_length=MAX_MESSAGE_LENGTH)]
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class ReadingRequest(RequestModel):
    question_id: Uuid
    text: Annotated[StrictStr, Field(max_length=MAX_MESSAGE_LENGTH)]


class QuestionRequest(RequestModel):
    question_id: Uuid


class SubjectRequest(RequestModel):
    subject: Name


class SubjectsBody(BaseModel):
    subjects: tuple[SubjectView, ...]


class QuestionBody(BaseModel):
    question: Question | None = Field(description="Null: there is nothing to ask.")


class ReadingBody(BaseModel):
    tex: str = Field(description="Empty where it cannot be read.", examples=[r"x = 3 + \sqrt{5}"])


class HintBody(BaseModel):
    hint: HintView | None = Field(description="Null: all steps were taken.")


class SolutionBody(BaseModel):
    solution: str


class ReviewsBody(BaseModel):
    reviews: tuple[DueReview, ...]


class ProgressBody(BaseModel):
    subjects: tuple[SubjectProgress, ...]


@router.get("/practice/subjects", responses=errors(401, 503))
async def subjects(services: CurrentServices) -> SubjectsBody:
    """What there is to practise."""
    return SubjectsBody(subjects=await services.practice.subjects())


@router.get("/practice/next", responses=errors(401, 422, 503), response_model=QuestionBody)
async def next_question(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    subject: Annotated[str | None, Query(max_length=80)] = None,
    mode: PracticeMode = PracticeMode.PRACTICE,
) -> QuestionBody | Response:
    """The question that waits, else the next one. Asked twice, it is the same. HEAD begins none."""
    if is_head(request):
        await services.practice.require_known(identity.user_id, subject)
        return headers_alone(JSONResponse(None))
    return QuestionBody(question=await services.practice.next_question(identity.user_id, subject, mode))


@router.post("/practice/next", responses=errors(401, 404, 422, 503))
async def ask_next(body: NextRequest, identity: CurrentIdentity, services: CurrentServices) -> QuestionBody:
    """The same with a skill of your choice, another question, or for a lesson."""
    question = await services.practice.next_question(
        identity.user_id,
        body.subject,
        body.mode,
        skill=body.skill,
        skip=body.skip,
        session_id=body.session_id,
    )
    return QuestionBody(question=question)


@router.post("/practice/answer", responses=errors(401, 404, 409, 422, 503))
async def answer(body: AnswerRequest, identity: CurrentIdentity, services: CurrentServices) -> Answered:
    """Have an answer graded. The first one that is judged counts; a second gets what became of the first."""
    return await services.practice.answer(identity.user_id, body.question_id, body.answer, seconds=body.seconds)


@router.post("/practice/reading", responses=errors(401, 404, 422, 503))
async def reading(body: ReadingRequest, identity: CurrentIdentity, services: CurrentServices) -> ReadingBody:
    """How a number or an expression would be read, while it is being written. Judges nothing and uses no try."""
    return ReadingBody(tex=await services.practice.reading(identity.user_id, body.question_id, body.text))


@router.post("/practice/hint", responses=errors(401, 404, 422, 503))
async def hint(body: QuestionRequest, identity: CurrentIdentity, services: CurrentServices) -> HintBody:
    """The next step. The first is free, each further one costs a quarter of the score."""
    return HintBody(hint=await services.practice.hint(identity.user_id, body.question_id))


@router.post("/practice/solution", responses=errors(401, 404, 409, 422, 503))
async def solution(body: QuestionRequest, identity: CurrentIdentity, services: CurrentServices) -> SolutionBody:
    """The worked solution. Before an answer it counts as a wrong one."""
    return SolutionBody(solution=await services.practice.solution(identity.user_id, body.question_id))


@router.get("/reviews", responses=errors(401, 503))
async def reviews(identity: CurrentIdentity, services: CurrentServices) -> ReviewsBody:
    """What is due now, the most forgotten first."""
    return ReviewsBody(reviews=await services.practice.due_reviews(identity.user_id))


@router.get("/progress", responses=errors(401, 503))
async def progress(identity: CurrentIdentity, services: CurrentServices) -> ProgressBody:
    """Where you stand in each subject."""
    return ProgressBody(subjects=await services.practice.progress(identity.user_id))


@router.post("/placement/start", responses=errors(401, 409, 422, 503))
async def start_placement(body: SubjectRequest, identity: CurrentIdentity, services: CurrentServices) -> QuestionBody:
    """Begin a placement, or go on with the one that runs."""
    return QuestionBody(question=await services.practice.placement.start(identity.user_id, body.subject))


@router.post("/placement/next", responses=errors(401, 422, 503))
async def next_of_placement(body: SubjectRequest, identity: CurrentIdentity, services: CurrentServices) -> QuestionBody:
    """Null when none runs, or when it has reached its stated error. Answers go to `/practice/answer`."""
    return QuestionBody(question=await services.practice.placement.next(identity.user_id, body.subject))


@router.post("/placement/finish", responses=errors(401, 404, 409, 422, 503))
async def finish_placement(
    body: SubjectRequest, identity: CurrentIdentity, services: CurrentServices
) -> PlacementResult:
    """What it came to. You may end it at any time."""
    return await services.practice.placement.finish(identity.user_id, body.subject)


@files.get("/practice/responses.csv", response_class=StreamingResponse, responses=errors(401, 503) | CSV_ANSWER)
async def responses_file(identity: CurrentIdentity, services: CurrentServices) -> StreamingResponse:
    """All your answers, the newest first."""
    first = await services.practice.responses(identity.user_id)

    async def parts() -> AsyncIterator[Iterable[Sequence[object]]]:
        async for part in _parts(services.practice, identity.user_id, first):
            yield [[getattr(response, name) for name in COLUMNS] for response in part]

    return csv_file("responses", COLUMNS, parts())


@files.get(
    "/practice/statements.jsonl",
    response_class=StreamingResponse,
    responses=errors(401, 503)
    | {200: {"description": "One xAPI statement (version 1.0.3) a line.", "content": {"application/x-ndjson": {}}}},
)
async def statements_file(identity: CurrentIdentity, services: CurrentServices) -> StreamingResponse:
    """All your answers as xAPI statements, the newest first."""
    first = await services.practice.responses(identity.user_id)
    home = services.settings.server.public_url or "https://masterx.invalid"

    async def lines() -> AsyncIterator[str]:
        async for part in _parts(services.practice, identity.user_id, first):
            yield "".join(json.dumps(statement(each, str(home)), ensure_ascii=False) + "\n" for each in part)

    return StreamingResponse(
        lines(),
        media_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="statements.jsonl"', "Cache-Control": "no-store"},
    )


async def _parts(
    practice: Practice, user_id: str, first: list[PracticeResponse]
) -> AsyncIterator[list[PracticeResponse]]:
    part = first
    while part:
        yield part
        part = await practice.responses(user_id, before=part[-1])


def statement(response: PracticeResponse, home: str) -> dict[str, Any]:
    """An xAPI statement (ADL, version 1.0.3, section 2.4): who answered what, how it was judged, and when."""
    place = f"{home.rstrip('/')}/practice"
    result: dict[str, Any] = {
        "score": {"scaled": response.score},
        "success": response.verdict == "accept",
        "completion": True,
        "response": response.answer,
    }
    if response.seconds is not None:
        result["duration"] = f"PT{timedelta(seconds=response.seconds).total_seconds():.2f}S"
    return {
        "id": response.id,
        "version": "1.0.3",
        "actor": {"objectType": "Agent", "account": {"homePage": home, "name": response.user_id}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered"}},
        "object": {
            "objectType": "Activity",
            "id": f"{place}/items/{response.item_id}?seed={response.seed}",
            "definition": {"type": "http://adlnet.gov/expapi/activities/cmi.interaction", "interactionType": "other"},
        },
        "result": result,
        "context": {
            "contextActivities": {"grouping": [{"id": f"{place}/skills/{response.skill}"}]},
            "extensions": {f"{place}/hints": response.hints_taken, f"{place}/mode": response.mode.value},
        },
        "timestamp": response.answered_at.isoformat().replace("+00:00", "Z"),
    }
