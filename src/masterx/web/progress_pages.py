"""What a learner knows, how it grew, and what is due again."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.services import CurrentServices
from masterx.errors import NotFound
from masterx.records.goals import GoalKind
from masterx.tutor.practice_views import SubjectProgress
from masterx.web import progress_views as views
from masterx.web.goal_views import GoalCard, goal_card
from masterx.web.practice_views import MASTERED, NEARLY, NOT_STARTED, STARTED, level_of
from masterx.web.rendering import page, zone_of
from masterx.web.side_bar import side_bar
from masterx.wiring import Services

LEAST_POINTS = 2

router = APIRouter(include_in_schema=False)


@router.get("/progress")
async def progress(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    subject: Annotated[str | None, Query(max_length=80)] = None,
) -> HTMLResponse:
    """Of one subject; without a name, of the one with most answers."""
    user = await services.accounts.user(identity.user_id)
    everything = await services.practice.progress(user.id)
    goal = await _goal(user.id, services, everything, _chosen(everything, subject))
    values = progress_values(everything, subject, zone_of(request), services.clock.now(), goal)
    return page(
        request,
        "progress/page.html",
        goal=goal,
        own=True,
        **values,
        **await side_bar(request, user, services, current="progress"),
    )


async def _goal(
    user_id: str, services: Services, everything: tuple[SubjectProgress, ...], shown: SubjectProgress | None
) -> GoalCard | None:
    goals = await services.goals.of(user_id, everything)
    found = next((goal for goal in goals if shown is not None and goal.subject == shown.subject), None)
    return None if found is None else goal_card(found, services.clock.now().date())


@router.get("/reviews")
async def reviews(request: Request, identity: CurrentIdentity, services: CurrentServices) -> HTMLResponse:
    """What is due now, the most forgotten first, and what comes up in the next days."""
    user = await services.accounts.user(identity.user_id)
    due = await services.practice.due_reviews(user.id)
    everything = await services.practice.progress(user.id)
    zone, now = zone_of(request), services.clock.now()
    return page(
        request,
        "progress/reviews.html",
        due_now=[views.review_line(each, now) for each in due],
        retention=round(100 * user.learning_preferences.review_retention),
        minutes=views.MINUTES_A_REVIEW * len(due),
        days=views.coming_days(everything, zone, now),
        next_review=views.next_review(everything, zone, now),
        answered=any(each.answers for each in everything),
        **await side_bar(request, user, services, current="reviews"),
    )


def progress_values(
    everything: tuple[SubjectProgress, ...],
    subject: str | None,
    zone: tzinfo,
    now: datetime,
    goal: GoalCard | None = None,
) -> dict[str, Any]:
    """What the drawing of a learner's progress is made of. Raises `NotFound` for a subject that there is not."""
    shown = _chosen(everything, subject)
    points = views.points(shown.history, zone) if shown else ()
    due = sum(each.due for each in everything)
    goal_level = goal.target if goal is not None and goal.kind == GoalKind.ABILITY else None
    return {
        "subjects": everything,
        "shown": shown,
        "sentence": views.sentence(shown, zone) if shown else "",
        "level": level_of(shown.ability) if shown else None,
        "figures": views.figures(shown) if shown and shown.answers else (),
        "points": points if len(points) >= LEAST_POINTS else (),
        "plot": views.drawn(points, goal_level),
        "goal_level": goal_level,
        "columns": views.columns(shown, now) if shown else (),
        "standings": (NOT_STARTED, STARTED, NEARLY, MASTERED),
        "struggling": views.struggling(shown) if shown else (),
        "due": due,
        "minutes": views.MINUTES_A_REVIEW * due,
    }


def _chosen(everything: tuple[SubjectProgress, ...], subject: str | None) -> SubjectProgress | None:
    if subject is None:
        return max(everything, key=lambda each: each.answers, default=None)
    for each in everything:
        if each.subject == subject:
            return each
    raise NotFound("There is no such subject here.")
