"""Practising, reviewing and finding one's level. The page's script sends each step and gets the changed parts back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from masterx.api.bodies import StrictJsonRoute
from masterx.api.head_requests import is_head
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import Uuid
from masterx.api.services import CurrentServices
from masterx.errors import InvalidInput, NotFound
from masterx.records.practice import PracticeMode
from masterx.tutor.practice_views import Answered, Question, SubjectProgress
from masterx.web import practice_views as views
from masterx.web.figures import in_a_sentence
from masterx.web.progress_views import comes_back, next_review
from masterx.web.rendering import page, page_unmade, zone_of
from masterx.web.side_bar import Current, side_bar
from masterx.wiring import Services

MAX_ANSWER_LENGTH = 32_000
SECONDS_IN_A_DAY = 86_400

router = APIRouter(include_in_schema=False, route_class=StrictJsonRoute)

Name = Annotated[str, Query(max_length=80)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AnswerGiven(_Body):
    question_id: Uuid
    answer: Annotated[str, Field(max_length=MAX_ANSWER_LENGTH)]
    seconds: Annotated[float, Field(ge=0, le=SECONDS_IN_A_DAY)] | None = None


class QuestionMeant(_Body):
    question_id: Uuid


class NextWanted(_Body):
    subject: Annotated[str, Field(max_length=80)]
    mode: PracticeMode = PracticeMode.PRACTICE
    skill: Annotated[str, Field(max_length=80)] | None = None
    skip: bool = False


@router.get("/practice")
async def practice(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    subject: Name | None = None,
    mode: PracticeMode = PracticeMode.PRACTICE,
    skill: Name | None = None,
) -> Response:
    """A question of the subject, or of one of its skills, which stays the same until it is answered or skipped; without
    one, the choice. HEAD begins none.
    """
    user_id = identity.user_id
    if is_head(request):
        with _found():
            await services.practice.require_known(user_id, subject, skill)
        return page_unmade()
    if mode is PracticeMode.REVIEW:
        question = await services.practice.next_question(user_id, None, mode)
        return await _question_page(request, user_id, services, question, mode, "")
    if subject is None:
        return await _choice(request, user_id, services)
    question = await _next(user_id, services, NextWanted(subject=subject, mode=mode, skill=skill))
    if mode is PracticeMode.PLACEMENT and question is None:
        return await _placement_over(request, user_id, services, subject)
    return await _question_page(request, user_id, services, question, mode, subject)


@router.post("/practice/answer")
async def answer(
    given: AnswerGiven, request: Request, identity: CurrentIdentity, services: CurrentServices
) -> HTMLResponse:
    """What is said of it; in a placement, where nothing is said, the next question."""
    try:
        question = await services.practice.question(identity.user_id, given.question_id)
    except NotFound:
        answered = await services.practice.answer(identity.user_id, given.question_id, given.answer)
        return page(request, "practice/again.html", answered=answered, said=views.said(answered, helped=False))
    answered = await services.practice.answer(identity.user_id, given.question_id, given.answer, seconds=given.seconds)
    if question.mode == PracticeMode.PLACEMENT and answered.judged:
        return await _after_placement(request, identity.user_id, services, question)
    values = _answered(question, answered)
    if question.mode == PracticeMode.REVIEW and answered.judged:
        values["comes_back"] = comes_back(answered.next_review_at, services.clock.now())
    return page(request, "practice/work.html", **values)


@router.post("/practice/hint")
async def hint(
    meant: QuestionMeant, request: Request, identity: CurrentIdentity, services: CurrentServices
) -> HTMLResponse:
    await services.practice.hint(identity.user_id, meant.question_id)
    question = await services.practice.question(identity.user_id, meant.question_id)
    return page(request, "practice/work.html", **_asked(question))


@router.post("/practice/solution")
async def solution(
    meant: QuestionMeant, request: Request, identity: CurrentIdentity, services: CurrentServices
) -> HTMLResponse:
    """The last rung; the question counts as not known."""
    question = await services.practice.question(identity.user_id, meant.question_id)
    shown = await services.practice.solution(identity.user_id, meant.question_id)
    if question.mode == PracticeMode.PLACEMENT:
        return await _after_placement(request, identity.user_id, services, question)
    return page(
        request, "practice/work.html", **{**_asked(question), "judged": True, "gave_up": True, "solution": shown}
    )


@router.post("/practice/next")
async def next_question(
    wanted: NextWanted, request: Request, identity: CurrentIdentity, services: CurrentServices
) -> HTMLResponse:
    question = await _next(identity.user_id, services, wanted)
    return await _work(request, identity.user_id, services, question, wanted.mode, wanted.subject)


async def _next(user_id: str, services: Services, wanted: NextWanted) -> Question | None:
    with _found():
        if wanted.mode is PracticeMode.PLACEMENT:
            return await services.practice.placement.start(user_id, wanted.subject)
        if wanted.mode is PracticeMode.REVIEW:
            return await services.practice.next_question(user_id, None, wanted.mode, skip=wanted.skip)
        return await services.practice.next_question(
            user_id, wanted.subject, wanted.mode, skill=wanted.skill, skip=wanted.skip
        )


@contextmanager
def _found() -> Iterator[None]:
    try:
        yield
    except InvalidInput as error:
        raise NotFound("There is no such subject here.") from error


async def _after_placement(request: Request, user_id: str, services: Services, question: Question) -> HTMLResponse:
    following = await services.practice.placement.next(user_id, question.subject)
    if following is None:
        result = await services.practice.placement.finish(user_id, question.subject)
        return page(request, "practice/placed.html", result=result, level=views.level_of(result.ability))
    return page(request, "practice/work.html", **_asked(following))


async def _placement_over(request: Request, user_id: str, services: Services, subject: str) -> HTMLResponse:
    user = await services.accounts.user(user_id)
    result = await services.practice.placement.finish(user_id, subject)
    return page(
        request,
        "practice/page.html",
        question=None,
        result=result,
        level=views.level_of(result.ability),
        heading=f"Your level in {in_a_sentence(result.subject_name)}",
        lead="",
        subject=subject,
        mode=PracticeMode.PLACEMENT,
        **await side_bar(request, user, services, current="practice"),
    )


async def _choice(request: Request, user_id: str, services: Services) -> HTMLResponse:
    user = await services.accounts.user(user_id)
    progress = {each.subject: each for each in await services.practice.progress(user_id)}
    return page(
        request,
        "practice/subjects.html",
        subjects=[views.subject_card(each, progress.get(each.id)) for each in await services.practice.subjects()],
        due=sum(each.due for each in progress.values()),
        **await side_bar(request, user, services, current="practice"),
    )


async def _question_page(
    request: Request, user_id: str, services: Services, question: Question | None, mode: PracticeMode, subject: str
) -> HTMLResponse:
    user = await services.accounts.user(user_id)
    current: Current = "reviews" if mode is PracticeMode.REVIEW else "practice"
    values = await _work_values(user_id, services, question, mode, zone_of(request), services.clock.now())
    return page(
        request,
        "practice/page.html",
        result=None,
        heading=_heading(question, mode),
        lead=_LEADS[mode],
        subject=subject,
        **values,
        **await side_bar(request, user, services, current=current),
    )


async def _work(
    request: Request, user_id: str, services: Services, question: Question | None, mode: PracticeMode, subject: str
) -> HTMLResponse:
    values = await _work_values(user_id, services, question, mode, zone_of(request), services.clock.now())
    return page(request, "practice/work.html" if question else "practice/nothing.html", subject=subject, **values)


async def _work_values(
    user_id: str, services: Services, question: Question | None, mode: PracticeMode, zone: tzinfo, now: datetime
) -> dict[str, Any]:
    progress = await services.practice.progress(user_id)
    if question is None:
        return {"question": None, "mode": mode, "next_review": next_review(progress, zone, now)}
    of_subject = next((each for each in progress if each.subject == question.subject), None)
    return {**_asked(question), **_fitted(question, of_subject), "mode": mode}


def _asked(question: Question) -> dict[str, Any]:
    """A question that waits for its answer. What stays as it was when it came is left out."""
    return {
        "question": question,
        "label": views.answer_label(question),
        "symbols": views.has_symbols(question),
        "rungs": views.rungs(question),
        "hints_left": len(question.hints) < question.hint_steps,
        "judged": False,
        "gave_up": False,
        "said": None,
        "comes_back": "",
        "solution": None,
        "reference": None,
        "standing": None,
        "chance": "",
        "fit": None,
        "moved": "",
        "level": None,
    }


def _fitted(question: Question, progress: SubjectProgress | None) -> dict[str, Any]:
    """How the question suits the learner."""
    skills = views.skills_by_id(progress.skills if progress else ())
    chance = question.chance
    return {
        "standing": views.standing(skills.get(question.skill)),
        "chance": "" if chance is None else views.chance_words(chance),
        "fit": None if chance is None else views.gauge(chance),
        "moved": views.why_moved(question),
        "level": views.level_of(progress.ability) if progress else None,
    }


def _answered(question: Question, answered: Answered) -> dict[str, Any]:
    judged = answered.judged
    return {
        **_asked(question),
        "judged": judged,
        "said": views.said(answered, helped=bool(question.hints)),
        "solution": answered.solution if judged else None,
        "reference": answered.reference if judged and not answered.right else None,
        "level": views.level_of(answered.ability) if judged else None,
    }


_LEADS = {
    PracticeMode.PRACTICE: "No time limit, and hints are part of it.",
    PracticeMode.PLACEMENT: "It ends by itself, and can be paused.",
    PracticeMode.REVIEW: "One question for each skill that is due.",
}


def _heading(question: Question | None, mode: PracticeMode) -> str:
    if mode is PracticeMode.REVIEW:
        return "Review"
    if question is None:
        return "Practise"
    name = in_a_sentence(question.subject_name)
    return f"Find my level in {name}" if mode is PracticeMode.PLACEMENT else f"Practise {name}"
