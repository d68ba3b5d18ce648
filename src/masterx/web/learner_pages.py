"""For administrators: who practises, who may need a word, and one learner's progress. Never messages or moods."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import Uuid
from masterx.api.services import CurrentServices
from masterx.errors import InvalidInput
from masterx.records.learners import LearnersQuery, LearnersSort
from masterx.web.admin_frame import admin_page
from masterx.web.learner_views import learner_views, told_of
from masterx.web.people_views import chosen
from masterx.web.progress_pages import progress_values
from masterx.web.rendering import zone_of

LEARNERS_LISTED = 50

router = APIRouter(include_in_schema=False)


@router.get("/admin/learners")
async def learners(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    search: Annotated[str, Query(max_length=100)] = "",
    subject: Annotated[str, Query(max_length=80)] = "",
    sort: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> HTMLResponse:
    """What is not known in the address is as if it were not there."""
    subjects = [(each.id, each.name) for each in await services.practice.subjects()]
    query = LearnersQuery(
        now=services.clock.now(),
        search=search.strip(),
        subject=subject if subject in dict(subjects) else None,
        sort=chosen(LearnersSort, sort) or LearnersSort.LAST_PRACTISED,
        limit=LEARNERS_LISTED,
    )
    try:
        found = await services.store.learners(replace(query, cursor=cursor))
    except InvalidInput:
        # A place in a list that was sorted otherwise: from the start.
        found, cursor = await services.store.learners(query), None
    return await admin_page(
        request,
        identity,
        services,
        "learners.html",
        current="learners",
        views=learner_views(found.learners),
        found=found,
        shown=query,
        subjects=subjects,
        first_page=cursor is None,
    )


@router.get("/admin/learners/{user_id}")
async def learner(
    user_id: Uuid,
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    subject: Annotated[str | None, Query(max_length=80)] = None,
) -> HTMLResponse:
    """As the learner sees it, to be looked at only."""
    person = await services.people.person(user_id)
    everything = await services.practice.progress(user_id)
    values = progress_values(everything, subject, zone_of(request), services.clock.now())
    values["sentence"] = told_of(person.user.name, values["sentence"])
    return await admin_page(
        request, identity, services, "learner.html", current="learners", learner=person.user, own=False, **values
    )
