"""For administrators: who has an account, links for those who forgot their password, and invitations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import Uuid
from masterx.api.services import CurrentServices
from masterx.web.rendering import page
from masterx.web.side_bar import side_bar

PEOPLE_LISTED = 50

router = APIRouter(include_in_schema=False)


@router.get("/admin/people")
async def people(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    after: Annotated[Uuid | None, Query()] = None,
) -> HTMLResponse:
    user = await services.accounts.user(identity.user_id)
    found = await services.store.users(limit=PEOPLE_LISTED + 1, after=after)
    return page(
        request,
        "people.html",
        people=found[:PEOPLE_LISTED],
        next_after=found[PEOPLE_LISTED - 1].id if len(found) > PEOPLE_LISTED else None,
        first_page=after is None,
        invitations=await services.accounts.invitations.all(),
        registration=services.settings.accounts.registration,
        now=services.clock.now(),
        **await side_bar(request, user, services, current="people"),
    )
