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


class LearningStyle(StrEnum):
    VISUAL = "visual"
    AUDITORY = "auditory"
    KINESTHETIC = "kinesthetic"


class Difficulty(StrEnum):
    ADAPTIVE = "adaptive"
    EASIER = "easier"
    HARDER = "harder"


REVIEW_RETENTION = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningPreferences:
    preferred_subjects: tuple[str, ...] = ()
    """The learner's own words."""
    learning_style: LearningStyle | None = None
    difficulty_preference: Difficulty = Difficulty.ADAPTIVE
    review_retention: float = REVIEW_RETENTION
    """How likely a skill is still to be known when it comes up for review."""
    questions_in_lessons: bool = True
    """Whether a question may stand below an answer of the tutor."""


NO_PREFERENCES = LearningPreferences()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionalProfile:
    """Learned slowly from history; each from 0 to 1."""

    baseline_engagement: float
    frustration_threshold: float
    celebration_responsiveness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodPreferences:
    """What the learner allows to be read from their words."""

    read: bool = True
    """Off: nothing is computed and nothing stored."""
    shown: bool = True
    share_corrections: bool = False
    """Whether what they correct may be kept with its text as an example to learn from."""


DEFAULT_MOOD_PREFERENCES = MoodPreferences()


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
    mood_preferences: MoodPreferences = DEFAULT_MOOD_PREFERENCES
    subscription_tier: SubscriptionTier = SubscriptionTier.FREE
    total_sessions: int = 0
    last_active: datetime | None = None
    disabled_at: datetime | None = None
    """Since when an administrator lets this account in no more; None: it may."""


def normalised_email(email: str) -> str:
    """The form that is compared: without outer spaces, case folded."""
    return email.strip().casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One sign-in and all that was renewed from it. Removing it signs that device out."""

    id: str
    user_id: str
    label: str
    """Such as "Firefox on Linux", for people to tell their devices apart."""
    first_seen_at: datetime
    last_seen_at: datetime
    """When it signed in or last renewed its tokens, which a device in use does every few minutes."""
    expires_at: datetime
    """When its newest refresh token ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """One rotation of one sign-in. The token itself is never stored, only its SHA-256."""

    id: str
    user_id: str
    device_id: str
    """All rotations that come from the same sign-in share it."""
    token_hash: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class LinkPurpose(StrEnum):
    SIGN_IN = "sign_in"
    RESET_PASSWORD = "reset_password"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeLink:
    """A link that lets its bearer do one thing once. Only the SHA-256 of its secret is stored."""

    id: str
    user_id: str
    secret_hash: str
    created_at: datetime
    expires_at: datetime
    purpose: LinkPurpose = LinkPurpose.SIGN_IN
    loopback_only: bool = True
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Lets its bearer make one account with this role. Only the SHA-256 of its secret is stored."""

    id: str
    secret_hash: str
    role: Role
    created_at: datetime
    expires_at: datetime
    created_by: str | None = None
    """The administrator; None once that account is erased."""
    used_at: datetime | None = None
