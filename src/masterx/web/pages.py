"""The lesson pages, and everything else a browser asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import HTMLResponse

from masterx.accounts.tokens import Identity
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import MAX_MESSAGE_LENGTH, Uuid
from masterx.api.services import CurrentServices
from masterx.errors import NotFound
from masterx.records.messages import Message
from masterx.records.sessions import Session
from masterx.records.users import Role, User
from masterx.web import (
    benchmark_pages,
    budget_pages,
    cost_pages,
    feedback_pages,
    first_run_pages,
    learner_pages,
    lesson_question_pages,
    operations_pages,
    page_errors,
    password_pages,
    people_pages,
    practice_pages,
    progress_pages,
    provider_pages,
    search_pages,
    settings_pages,
    sign_in_pages,
    static_files,
    version_pages,
    why_pages,
)
from masterx.web.lesson_question_views import card_of
from masterx.web.lesson_views import lesson_title, started, turns
from masterx.web.mood_views import CLEAR, OFFERED, WORDS, MoodView
from masterx.web.rendering import page, zone_of
from masterx.web.security_headers import SecurityHeaders
from masterx.web.side_bar import lesson_list, side_bar
from masterx.web.versions import version_counts
from masterx.wiring import Services

NEWEST_MESSAGES = 80
"""40 turns are in the page at first."""
EARLIER_MESSAGES = 40

router = APIRouter(include_in_schema=False)


def install_pages(app: FastAPI) -> None:
    for module in (
        *(sign_in_pages, password_pages, first_run_pages, settings_pages, version_pages, static_files, why_pages),
        *(search_pages, practice_pages, lesson_question_pages, progress_pages),
        *(cost_pages, budget_pages, provider_pages, benchmark_pages, feedback_pages, learner_pages, people_pages),
        operations_pages,
    ):
        app.include_router(module.router)
    app.include_router(router)
    page_errors.install_page_errors(app)
    app.add_middleware(SecurityHeaders)


@router.get("/")
async def new_lesson(request: Request, identity: CurrentIdentity, services: CurrentServices) -> HTMLResponse:
    """An empty lesson; it is kept once its first message is."""
    return await _lesson_page(request, identity, services, None, ())


@router.get("/lessons/{session_id}")
async def lesson(
    session_id: Uuid, request: Request, identity: CurrentIdentity, services: CurrentServices
) -> HTMLResponse:
    found = await services.store.lesson(session_id, identity.user_id, limit=NEWEST_MESSAGES + 1)
    if found is None:
        raise NotFound("There is no such lesson here. It may have been deleted.")
    return await _lesson_page(request, identity, services, *found)


@router.get("/lessons/{session_id}/earlier")
async def earlier_messages(
    session_id: Uuid, before: Uuid, request: Request, identity: CurrentIdentity, services: CurrentServices
) -> HTMLResponse:
    """What was said before a message, to stand in the place of the button that asked for it."""
    found = await services.store.lesson(session_id, identity.user_id, limit=EARLIER_MESSAGES + 1, before=before)
    if found is None:
        raise NotFound
    _, messages = found
    user = await services.accounts.user(identity.user_id)
    return page(request, "fragments/turns.html", **await _turns(messages, EARLIER_MESSAGES, session_id, user, services))


@router.get("/lessons")
async def lessons(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    opened: Annotated[str | None, Query(alias="open", max_length=36)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    last_group: Annotated[str | None, Query(alias="after", max_length=20)] = None,
) -> HTMLResponse:
    """The list in the side bar, or with `cursor` what follows below it."""
    values = await lesson_list(request, identity.user_id, services, opened=opened, cursor=cursor)
    return page(request, "fragments/lessons.html", **values, last_group=last_group)


async def _lesson_page(
    request: Request,
    identity: Identity,
    services: Services,
    session: Session | None,
    messages: Sequence[Message],
) -> HTMLResponse:
    user = await services.accounts.user(identity.user_id)
    opened = session.id if session else None
    shown = await _turns(messages, NEWEST_MESSAGES, opened, user, services)
    answers = [turn for turn in shown["turns"] if not turn.by_learner]
    return page(
        request,
        "lesson.html",
        session=session,
        title=lesson_title(session) if session else None,
        subtitle=started(session, services.clock.now(), zone_of(request)) if session else None,
        demo=answers[-1].demo if answers else not services.registry.has_real_model(),
        max_message_length=MAX_MESSAGE_LENGTH,
        moods=MoodView.of(user, services.settings.turn.help_text),
        mood_words=WORDS,
        moods_offered=OFFERED,
        clear_mood=CLEAR,
        **shown,
        **await side_bar(request, user, services, current="learn", opened=opened),
    )


async def _turns(
    messages: Sequence[Message], limit: int, session_id: str | None, user: User, services: Services
) -> dict[str, Any]:
    """`messages` holds one more than `limit` when there are earlier ones."""
    shown = messages[-limit:]
    versions = await version_counts(services.store, shown)
    moods = MoodView.of(user, services.settings.turn.help_text)
    found = await services.lesson_questions.of(user.id, shown)
    cards = {answer: card_of(each, services.clock.now()) for answer, each in found.items()}
    return {
        "turns": turns(shown, for_admin=user.role is Role.ADMIN, versions=versions, moods=moods, cards=cards),
        "earlier": f"/lessons/{session_id}/earlier?before={shown[0].id}" if len(messages) > limit else None,
    }
