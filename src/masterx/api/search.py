"""GET /api/v1/search: what the learner and the tutor said before."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import errors
from masterx.api.services import CurrentServices
from masterx.records.messages import MessageRole
from masterx.records.text import clean_text

router = APIRouter(prefix="/api/v1", tags=["sessions"])

MAX_QUERY_LENGTH = 500


class SearchResult(BaseModel):
    message_id: str
    session_id: str
    session_title: str | None
    role: MessageRole
    timestamp: datetime
    excerpt: str = Field(description="Plain text on one line, around the words that were looked for.")
    similarity: float = Field(description="In meaning, -1 to 1.")


class SearchResults(BaseModel):
    results: list[SearchResult] = Field(description="The best first; of your own messages and their answers alone.")


@router.get("/search", responses=errors(401, 422, 503))
async def search(
    identity: CurrentIdentity,
    services: CurrentServices,
    q: Annotated[str, Query(min_length=1, max_length=MAX_QUERY_LENGTH, description="Words, or what it was about.")],
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> SearchResults:
    """Find earlier messages by what they mean."""
    query = clean_text(q, field="q", max_length=MAX_QUERY_LENGTH)
    found = await services.search.search(identity.user_id, query, limit=limit)
    titles: dict[str, str | None] = {}
    for session_id in {one.recalled.message.session_id for one in found}:
        session = await services.store.session(session_id, identity.user_id)
        titles[session_id] = None if session is None else session.title
    return SearchResults(
        results=[
            SearchResult(
                message_id=one.recalled.message.id,
                session_id=one.recalled.message.session_id,
                session_title=titles[one.recalled.message.session_id],
                role=one.recalled.message.role,
                timestamp=one.recalled.message.timestamp,
                excerpt=one.excerpt,
                similarity=round(one.recalled.similarity, 4),
            )
            for one in found
        ]
    )
