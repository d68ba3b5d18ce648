"""The account of whoever asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictBool

from masterx.accounts.preferences import MAX_SUBJECT_LENGTH, MAX_SUBJECTS
from masterx.api.bodies import StrictJsonRoute
from masterx.api.fields import Name, Password, Text
from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import RequestModel, Uuid, errors
from masterx.api.services import CurrentServices
from masterx.learner.review import RETENTIONS
from masterx.records.users import (
    REVIEW_RETENTION,
    Device,
    Difficulty,
    LearningStyle,
    Role,
    SubscriptionTier,
    User,
)

Subject = Annotated[Text, Field(min_length=1, max_length=MAX_SUBJECT_LENGTH)]

router = APIRouter(prefix="/api/v1/users", tags=["users"], route_class=StrictJsonRoute)


class LearningPreferencesBody(BaseModel):
    preferred_subjects: list[str] = Field(examples=[["mathematics"]])
    learning_style: LearningStyle | None = Field(description="Null where nobody asked.")
    difficulty_preference: Difficulty
    review_retention: float = Field(
        description="How likely a skill is still to be known when it comes up for review.", examples=[0.9]
    )
    questions_in_lessons: bool = Field(description="Whether a question may stand below an answer of the tutor.")


class LearningPreferencesRequest(RequestModel):
    """A field that is left out stays as it is."""

    preferred_subjects: Annotated[list[Subject], Field(max_length=MAX_SUBJECTS)] = Field(
        default_factory=list, examples=[["mathematics", "chess"]]
    )
    learning_style: LearningStyle | None = Field(default_factory=lambda: None, examples=["visual"])
    difficulty_preference: Difficulty = Field(default_factory=lambda: Difficulty.ADAPTIVE, examples=["harder"])
    review_retention: Annotated[float, Field(ge=RETENTIONS[0], le=RETENTIONS[1], allow_inf_nan=False)] = Field(
        default_factory=lambda: REVIEW_RETENTION, examples=[0.9]
    )
    questions_in_lessons: StrictBool = Field(default_factory=lambda: True, examples=[False])


class ProfileRequest(RequestModel):
    """A field that is left out stays as it is."""

    name: Name = Field(default_factory=str)
    learning_preferences: LearningPreferencesRequest = Field(default_factory=LearningPreferencesRequest)


class UserBody(BaseModel):
    id: str = Field(examples=["01a206ed-b958-774c-b02f-91a98b8e6139"])
    email: str = Field(examples=["ada@example.org"])
    name: str = Field(examples=["Ada"])
    role: Role
    subscription_tier: SubscriptionTier
    created_at: datetime
    learning_preferences: LearningPreferencesBody
    total_sessions: int
    last_active: datetime | None

    @classmethod
    def of(cls, user: User) -> UserBody:
        preferences = user.learning_preferences
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            role=user.role,
            subscription_tier=user.subscription_tier,
            created_at=user.created_at,
            learning_preferences=LearningPreferencesBody(
                preferred_subjects=list(preferences.preferred_subjects),
                learning_style=preferences.learning_style,
                difficulty_preference=preferences.difficulty_preference,
                review_retention=preferences.review_retention,
                questions_in_lessons=preferences.questions_in_lessons,
            ),
            total_sessions=user.total_sessions,
            last_active=user.last_active,
        )


@router.patch("/me", responses=errors(401, 422, 503))
async def update_me(body: ProfileRequest, identity: CurrentIdentity, services: CurrentServices) -> UserBody:
    """Change your name and how you like to learn. A field that is left out stays as it is."""
    preferences = None
    if "learning_preferences" in body.model_fields_set:
        user = await services.accounts.user(identity.user_id)
        preferences = replace(user.learning_preferences, **body.learning_preferences.model_dump(exclude_unset=True))
    name = body.name if "name" in body.model_fields_set else None
    return UserBody.of(
        await services.accounts.update_profile(identity.user_id, name=name, learning_preferences=preferences)
    )


class DeviceBody(BaseModel):
    id: str = Field(examples=["01a206ed-b958-774c-b02f-91a98b8e6139"])
    label: str = Field(examples=["Firefox on Linux"])
    first_seen_at: datetime
    last_seen_at: datetime = Field(description="When it signed in or last renewed its tokens.")
    current: bool = Field(description="The one that asks.")

    @classmethod
    def of(cls, device: Device, current_id: str) -> DeviceBody:
        return cls(
            id=device.id,
            label=device.label,
            first_seen_at=device.first_seen_at,
            last_seen_at=device.last_seen_at,
            current=device.id == current_id,
        )


class DeviceList(BaseModel):
    devices: list[DeviceBody] = Field(description="Signed in now; latest seen first.")


class PasswordRequest(RequestModel):
    current_password: Password
    new_password: Password


@router.get("/me", responses=errors(401, 503))
async def me(identity: CurrentIdentity, services: CurrentServices) -> UserBody:
    """Your account."""
    return UserBody.of(await services.accounts.user(identity.user_id))


@router.post("/me/password", status_code=204, responses=errors(401, 403, 409, 422, 429, 503))
async def change_password(body: PasswordRequest, identity: CurrentIdentity, services: CurrentServices) -> None:
    """Set a new password. Other devices are signed out, and links that were handed out for this account end."""
    await services.accounts.password_changes.change(identity, current=body.current_password, new=body.new_password)


@router.get("/me/devices", responses=errors(401, 503))
async def devices(identity: CurrentIdentity, services: CurrentServices) -> DeviceList:
    """Where you are signed in."""
    found = await services.accounts.devices.of(identity)
    return DeviceList(devices=[DeviceBody.of(device, identity.device_id) for device in found])


@router.delete("/me/devices/{device_id}", status_code=204, responses=errors(401, 404, 422, 503))
async def remove_device(device_id: Uuid, identity: CurrentIdentity, services: CurrentServices) -> None:
    """Sign a device out. Its access token stops working at once."""
    await services.accounts.devices.remove(identity, device_id)
