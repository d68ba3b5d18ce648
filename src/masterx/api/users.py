"""The account of whoever asks."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from masterx.api.identity import CurrentIdentity
from masterx.api.schemas import errors
from masterx.api.services import CurrentServices
from masterx.records.users import Role, SubscriptionTier, User

router = APIRouter(prefix="/api/v1/users", tags=["users"])


class LearningPreferencesBody(BaseModel):
    preferred_subjects: list[str] = Field(examples=[["mathematics"]])
    learning_style: str | None = Field(description="Null where nobody asked.")
    difficulty_preference: str = Field(examples=["adaptive"])


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
            ),
            total_sessions=user.total_sessions,
            last_active=user.last_active,
        )


@router.get("/me", responses=errors(401, 503))
async def me(identity: CurrentIdentity, services: CurrentServices) -> UserBody:
    """Your account."""
    return UserBody.of(await services.accounts.user(identity.user_id))
