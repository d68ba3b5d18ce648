"""For administrators: how learners rate each provider, and whether they go on. Nobody's words are shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.services import CurrentServices
from masterx.records.feedback_standing import MOST_OF_ONE_LEARNER
from masterx.records.readings import CATEGORIES
from masterx.web.admin_frame import admin_page
from masterx.web.feedback_views import SORTED_BY, SPANS, day_rows, feedback_views, summary
from masterx.web.tables import Sorting

router = APIRouter(include_in_schema=False)

Short = Annotated[str, Query(max_length=20)]


@router.get("/admin/feedback")
async def feedback(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    days: Short = "",
    category: Short = "",
    sort: Short = "",
) -> HTMLResponse:
    """What is not known in the address is as if it were not there."""
    length = int(days) if days in {str(span) for span in SPANS} else SPANS[0]
    chosen = category if category in CATEGORIES else ""
    until = services.clock.now()
    since = until - timedelta(days=length)
    standings = await services.store.feedback_standing(since, until)
    found = [each for each in standings if chosen in {"", each.category}]
    by_day = [each for each in await services.store.feedback_days(since, until) if chosen in {"", each.category}]
    sorting = Sorting.of(sort, SORTED_BY, "category")
    views = feedback_views(found, by_day, since.date(), until.date())
    return await admin_page(
        request,
        identity,
        services,
        "feedback.html",
        current="feedback",
        views=sorting.sort(views, SORTED_BY),
        sorting=sorting,
        summary=summary(found, length),
        rows=day_rows(by_day),
        length=length,
        spans=SPANS,
        chosen=chosen,
        categories=CATEGORIES,
        any_answers=bool(standings),
        most=MOST_OF_ONE_LEARNER,
    )
