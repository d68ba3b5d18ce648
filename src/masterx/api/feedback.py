"""What a learner says of an answer."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from pydantic import Field, StrictBool, StrictInt, StrictStr

from masterx.api.bodies import StrictJsonRoute
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import MessageBody, RequestModel, Uuid, errors
from masterx.api.services import CurrentServices
from masterx.errors import NotFound
from masterx.records.messages import Feedback
from masterx.records.text import clean_text

router = APIRouter(prefix="/api/v1", tags=["sessions"], route_class=StrictJsonRoute)

MAX_FEEDBACK_LENGTH = 2_000


class FeedbackRequest(RequestModel):
    """A field that is left out stays as it was; null takes back what was said."""

    quality_rating: StrictInt | None = Field(default_factory=lambda: None, ge=1, le=5, examples=[4])
    helpful: StrictBool | None = Field(default_factory=lambda: None, examples=[True])
    feedback_text: StrictStr | None = Field(
        default_factory=lambda: None, max_length=MAX_FEEDBACK_LENGTH, examples=["The second example made it click."]
    )


@router.post("/messages/{message_id}/feedback", responses=errors(401, 404, 422, 503))
async def rate_message(
    message_id: Uuid, body: FeedbackRequest, identity: CurrentIdentity, services: CurrentServices
) -> MessageBody:
    """Rate an answer. The latest word counts; a field that is left out stays as it was, null clears it."""
    message = await services.store.message(message_id, identity.user_id)
    if message is None:
        raise NotFound
    said = Feedback(quality_rating=message.quality_rating, helpful=message.helpful, feedback_text=message.feedback_text)
    said = replace(said, **body.model_dump(exclude_unset=True))
    if said.feedback_text is not None:
        said = replace(said, feedback_text=_text_or_nothing(said.feedback_text))
    return MessageBody.of(await services.store.rate_message(message_id, identity.user_id, said))


def _text_or_nothing(text: str) -> str | None:
    """Blank text takes back what was said, as an emptied field of a form does."""
    return clean_text(text, field="feedback_text", max_length=MAX_FEEDBACK_LENGTH).strip() if text.strip() else None
