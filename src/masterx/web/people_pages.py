"""For administrators: who has an account, what they may do and cost, and invitations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from masterx.accounts.tokens import Identity
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import Uuid
from masterx.api.services import CurrentServices
from masterx.errors import Conflict, InvalidInput
from masterx.records.users import Role, SubscriptionTier
from masterx.web.admin_frame import admin_page
from masterx.web.people_views import PeopleFilter, chosen
from masterx.wiring import Services

PEOPLE_LISTED = 50

router = APIRouter(include_in_schema=False)

Short = Annotated[str, Query(max_length=20)]
Field = Annotated[str, Form(max_length=20)]


@router.get("/admin/people")
async def people(
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    search: Annotated[str, Query(max_length=100)] = "",
    role: Short = "",
    tier: Short = "",
    state: Short = "",
    sort: Short = "",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> HTMLResponse:
    """What is not known in the address is as if it were not there."""
    shown = PeopleFilter.of(search=search, role=role, tier=tier, state=state, sort=sort)
    try:
        found = await services.people.page(**shown.query(), limit=PEOPLE_LISTED, cursor=cursor)
    except InvalidInput:
        # A place in a list that was sorted otherwise: from the start.
        found, cursor = await services.people.page(**shown.query(), limit=PEOPLE_LISTED), None
    return await admin_page(
        request,
        identity,
        services,
        "people.html",
        current="people",
        found=found,
        shown=shown,
        first_page=cursor is None,
        invitations=await services.accounts.invitations.all(),
        registration=services.settings.accounts.registration,
    )


@router.get("/admin/people/{user_id}")
async def person(user_id: Uuid, request: Request, identity: CurrentIdentity, services: CurrentServices) -> HTMLResponse:
    return await _person_page(request, identity, services, user_id)


@router.post("/admin/people/{user_id}")
async def change_person(
    user_id: Uuid,
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    role: Field = "",
    tier: Field = "",
    disabled: Field = "",
) -> Response:
    """A field that is left out stays as it is."""
    try:
        await services.people.change(
            user_id,
            role=chosen(Role, role),
            tier=chosen(SubscriptionTier, tier),
            disabled={"yes": True, "no": False}.get(disabled),
            by=identity.user_id,
        )
    except (Conflict, InvalidInput) as error:
        field = "role" if role else "disabled"
        return await _person_page(
            request, identity, services, user_id, errors={field: error.message}, status=error.status
        )
    return RedirectResponse(f"/admin/people/{user_id}?done=1", status_code=303)


async def _person_page(
    request: Request,
    identity: Identity,
    services: Services,
    user_id: str,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Raises `NotFound`."""
    return await admin_page(
        request,
        identity,
        services,
        "person.html",
        current="people",
        status=status,
        person=await services.people.person(user_id),
        own=user_id == identity.user_id,
        roles=list(Role),
        tiers=list(SubscriptionTier),
        errors=errors or {},
        done="done" in request.query_params,
    )
