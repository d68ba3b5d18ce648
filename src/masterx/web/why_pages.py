"""For administrators: why an answer of theirs came from where it came. Learners never see names of models."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import Uuid
from masterx.api.services import CurrentServices
from masterx.errors import NotFound
from masterx.web.rendering import page
from masterx.web.why_views import why_view

router = APIRouter(include_in_schema=False)


@router.get("/messages/{message_id}/why")
async def why(message_id: Uuid, request: Request, identity: CurrentIdentity, services: CurrentServices) -> HTMLResponse:
    """To stand below an answer that asks for it. Nobody reads of an answer to somebody else."""
    message = await services.store.message(message_id, identity.user_id)
    if message is None:
        raise NotFound
    return page(request, "fragments/why.html", why=why_view(message))
