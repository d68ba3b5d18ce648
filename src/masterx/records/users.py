"""A person, and what lets them in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    LEARNER = "learner"
    ADMIN = "admin"


class SubscriptionTier(StrEnum):
    FREE = "free"
    PRO = "pro"
    PREMIUM = "premium"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningPreferences:
    preferred_subjects: tuple[str, ...] = ()
    learning_style: str | None = None
    """visual, auditory or kinesthetic; None where nobody asked."""
    difficulty_preference: str = "adaptive"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionalProfile:
    """Learned slowly from history; each from 0 to 1."""

    baseline_engagement: float
    frustration_threshold: float
    celebration_responsiveness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: str
    email: str
    """As typed, in NFC; unique without regard to case (see ``normalised_email``)."""
    name: str
    created_at: datetime
    role: Role = Role.LEARNER
    password_hash: str | None = None
    """An argon2id hash in PHC form; None until a password is set (then only a link signs in)."""
    learning_preferences: LearningPreferences = field(default_factory=LearningPreferences)
    emotional_profile: EmotionalProfile | None = None
    subscription_tier: SubscriptionTier = SubscriptionTier.FREE
    total_sessions: int = 0
    last_active: datetime | None = None


def normalised_email(email: str) -> str:
    """The form that is compared: without outer spaces, case folded."""
    return email.strip().casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """One rotation of one sign-in. The token itself is never stored, only its SHA-256."""

    id: str
    user_id: str
    family_id: str
    """All rotations that come from the same sign-in share it; revoking the family signs that device out."""
    token_hash: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeLink:
    """A link that signs its bearer in once. Only the SHA-256 of its secret is stored."""

    id: str
    user_id: str
    secret_hash: str
    created_at: datetime
    expires_at: datetime
    loopback_only: bool = True
    used_at: datetime | None = None
