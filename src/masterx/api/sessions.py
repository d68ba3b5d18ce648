"""A learner's sessions and what was said in them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from masterx.api.bodies import StrictJsonRoute
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import (
    MAX_TITLE_LENGTH,
    MessageBody,
    MessageVersions,
    RenameRequest,
    SessionBody,
    SessionDetail,
    SessionList,
    Uuid,
    errors,
)
from masterx.api.services import CurrentServices
from masterx.errors import NotFound
from masterx.records.text import clean_text

router = APIRouter(prefix="/api/v1", tags=["sessions"], route_class=StrictJsonRoute)


@router.get("/sessions", responses=errors(401, 422, 503))
async def list_sessions(
    identity: CurrentIdentity,
    services: CurrentServices,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> SessionList:
    """Latest activity first."""
    page = await services.store.sessions(identity.user_id, limit=limit, cursor=cursor)
    return SessionList(sessions=[SessionBody.of(session) for session in page.sessions], next_cursor=page.next_cursor)


@router.get("/sessions/{session_id}", responses=errors(401, 404, 422, 503))
async def read_session(
    session_id: Uuid,
    identity: CurrentIdentity,
    services: CurrentServices,
    limit: Annotated[int, Query(ge=1, le=200)] = 80,
    before: Annotated[Uuid | None, Query(description="Read the messages before this one.")] = None,
) -> SessionDetail:
    """A session with its newest messages, or those before one of them."""
    lesson = await services.store.lesson(session_id, identity.user_id, limit=limit + 1, before=before)
    if lesson is None:
        raise NotFound
    session, messages = lesson
    return SessionDetail(
        session=SessionBody.of(session),
        messages=[MessageBody.of(message) for message in messages[-limit:]],
        has_earlier=len(messages) > limit,
    )


@router.patch("/sessions/{session_id}", responses=errors(401, 404, 422, 503))
async def rename_session(
    session_id: Uuid, body: RenameRequest, identity: CurrentIdentity, services: CurrentServices
) -> SessionBody:
    """Give a session a title."""
    title = clean_text(body.title, field="title", max_length=MAX_TITLE_LENGTH).strip()
    return SessionBody.of(await services.store.rename_session(session_id, identity.user_id, title))


@router.post("/sessions/{session_id}/end", responses=errors(401, 404, 503))
async def end_session(session_id: Uuid, identity: CurrentIdentity, services: CurrentServices) -> SessionBody:
    """Mark a session as completed; a later message opens it again."""
    return SessionBody.of(await services.store.end_session(session_id, identity.user_id, services.clock.now()))


@router.delete("/sessions/{session_id}", status_code=204, responses=errors(401, 404, 503))
async def delete_session(session_id: Uuid, identity: CurrentIdentity, services: CurrentServices) -> Response:
    """Delete a session with its messages. The ledger keeps what it cost."""
    await services.store.delete_session(session_id, identity.user_id)
    return Response(status_code=204)


@router.get("/messages/{message_id}/versions", responses=errors(401, 404, 503))
async def message_versions(message_id: Uuid, identity: CurrentIdentity, services: CurrentServices) -> MessageVersions:
    """What a retry or an edit put aside when this message of the learner took over."""
    if await services.store.message(message_id, identity.user_id) is None:
        raise NotFound
    versions = await services.store.versions(message_id, identity.user_id)
    return MessageVersions(messages=[MessageBody.of(message) for message in versions])
