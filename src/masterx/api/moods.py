"""What the learner says of how they were read, and whether they want to be."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StrictBool

from masterx.api.bodies import StrictJsonRoute
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import MessageBody, RequestModel, Uuid, errors
from masterx.api.services import CurrentServices
from masterx.records.emotions import LearningState
from masterx.records.users import MoodPreferences

router = APIRouter(prefix="/api/v1", tags=["mood"], route_class=StrictJsonRoute)


class MoodRequest(RequestModel):
    state: LearningState = Field(description="What it was, in your own judgement.", examples=["curiosity"])


class MoodPreferencesBody(BaseModel):
    read: bool = Field(description="Whether your messages are read for mood at all.")
    shown: bool = Field(description="Whether you are shown what was read.")
    share_corrections: bool = Field(
        description="Whether messages whose mood you correct may be kept as examples to learn from."
    )
    help_text: str = Field(description="What this server's operator wants shown where the intervention is `care`.")

    @classmethod
    def of(cls, preferences: MoodPreferences, help_text: str) -> MoodPreferencesBody:
        return cls(
            read=preferences.read,
            shown=preferences.shown,
            share_corrections=preferences.share_corrections,
            help_text=help_text,
        )


class MoodPreferencesRequest(RequestModel):
    """A field that is left out stays as it is."""

    read: StrictBool = Field(default_factory=lambda: True)
    shown: StrictBool = Field(default_factory=lambda: True)
    share_corrections: StrictBool = Field(default_factory=lambda: False)


@router.put("/messages/{message_id}/mood", responses=errors(401, 404, 422, 503))
async def correct_mood(
    message_id: Uuid, body: MoodRequest, identity: CurrentIdentity, services: CurrentServices
) -> MessageBody:
    """Say how it was: your word takes the place of what was read, here and in what the tutor learns of you."""
    user = await services.accounts.user(identity.user_id)
    message = await services.moods.correct(message_id, user, body.state)
    services.accounts.profile_changed(identity.user_id)
    return MessageBody.of(message)


@router.delete("/messages/{message_id}/mood", responses=errors(401, 404, 422, 503))
async def undo_correction(message_id: Uuid, identity: CurrentIdentity, services: CurrentServices) -> MessageBody:
    """Take your word back: what was read stands again."""
    return MessageBody.of(await services.moods.undo(message_id, identity.user_id))


@router.get("/users/me/mood", responses=errors(401, 503))
async def mood_preferences(identity: CurrentIdentity, services: CurrentServices) -> MoodPreferencesBody:
    """What may be read from your words."""
    user = await services.accounts.user(identity.user_id)
    return MoodPreferencesBody.of(user.mood_preferences, services.settings.turn.help_text)


@router.patch("/users/me/mood", responses=errors(401, 422, 503))
async def prefer_mood(
    body: MoodPreferencesRequest, identity: CurrentIdentity, services: CurrentServices
) -> MoodPreferencesBody:
    """Switch reading or showing off and on. What was read before stays until you have it forgotten."""
    user = await services.accounts.user(identity.user_id)
    wanted = replace(user.mood_preferences, **body.model_dump(exclude_unset=True))
    user = await services.moods.prefer(identity.user_id, wanted)
    services.accounts.profile_changed(identity.user_id)
    return MoodPreferencesBody.of(user.mood_preferences, services.settings.turn.help_text)


@router.delete("/users/me/mood", status_code=204, responses=errors(401, 503))
async def forget_moods(identity: CurrentIdentity, services: CurrentServices) -> Response:
    """Forget everything that was ever read of your mood, and what you said of it."""
    await services.moods.forget(identity.user_id)
    services.accounts.profile_changed(identity.user_id)
    return Response(status_code=204)
