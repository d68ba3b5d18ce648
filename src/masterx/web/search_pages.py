"""Finding what was said before: a page that needs no script."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.search import MAX_QUERY_LENGTH
from masterx.api.services import CurrentServices
from masterx.errors import EncoderUnavailable, InvalidInput
from masterx.records.text import clean_text
from masterx.web.rendering import page
from masterx.web.search_views import Result, results
from masterx.web.side_bar import side_bar
from masterx.wiring import Services

RESULTS_SHOWN = 20

router = APIRouter(include_in_schema=False)


@router.get("/search")
async def search(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    q: Annotated[str, Query()] = "",
) -> HTMLResponse:
    """Of the learner's own messages and their answers, the best first."""
    user = await services.accounts.user(identity.user_id)
    found: tuple[Result, ...] = ()
    status, problem = 200, ""
    query = q.strip()
    try:
        if query:
            query = clean_text(query, field="q", max_length=MAX_QUERY_LENGTH)
            found = await _find(user.id, query, services)
    except InvalidInput:
        status, problem = 422, "invalid"
    except EncoderUnavailable:
        status, problem = 503, "unavailable"
    return page(
        request,
        "search.html",
        status=status,
        query=query.replace("\0", "")[:MAX_QUERY_LENGTH],
        found=found,
        problem=problem,
        max_query_length=MAX_QUERY_LENGTH,
        now=services.clock.now(),
        **await side_bar(request, user, services, current="search"),
    )


async def _find(user_id: str, query: str, services: Services) -> tuple[Result, ...]:
    found = await services.search.search(user_id, query, limit=RESULTS_SHOWN)
    titles: dict[str, str | None] = {}
    for session_id in {one.recalled.message.session_id for one in found}:
        session = await services.store.session(session_id, user_id)
        if session is not None:
            titles[session_id] = session.title
    return results(found, titles, query)
