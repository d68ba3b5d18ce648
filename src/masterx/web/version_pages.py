"""What a dialog of the lesson shows: the older versions of one message, to be read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import Uuid
from masterx.api.services import CurrentServices
from masterx.errors import NotFound
from masterx.web.lesson_views import turns
from masterx.web.rendering import page
from masterx.web.versions import earlier_versions

router = APIRouter(include_in_schema=False)


@router.get("/messages/{message_id}/versions")
async def versions(
    message_id: Uuid,
    request: Request,
    identity: CurrentIdentity,
    services: CurrentServices,
    answer_id: Annotated[Uuid | None, Query(alias="answer")] = None,
) -> HTMLResponse:
    """With `answer`, the present one: parts of it are no versions of their own."""
    question = await services.store.message(message_id, identity.user_id)
    if question is None:
        raise NotFound
    answer = await services.store.message(answer_id, identity.user_id) if answer_id else None
    found = await earlier_versions(services.store, question, answer)
    shown = [(turns(version.messages, for_admin=False), version.more) for version in found]
    return page(request, "fragments/versions.html", versions=shown, now=services.clock.now())
