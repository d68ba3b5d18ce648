"""Access tokens (JWT, HS256) and the opaque secrets of refresh tokens and one-time links. Time is passed in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from masterx.errors import Unauthenticated
from masterx.records.users import (
    DEFAULT_MOOD_PREFERENCES,
    EmotionalProfile,
    LearningPreferences,
    MoodPreferences,
    Role,
    SubscriptionTier,
)

ISSUER = "masterx"
AUDIENCE = "masterx"
LEEWAY_SECONDS = 5
"""How far the clocks of two hosts may be apart."""

_ALGORITHM = "HS256"
_MAX_LENGTH = 2_048
_REQUIRED = ["iss", "aud", "exp", "iat", "sub", "jti", "sid"]

# The signature is 256 bits in 43 characters, so the last one has two bits to spare, and the decoder ignores them as
# it ignores characters outside its alphabet. Only the one canonical spelling passes.
_CANONICAL = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")

# Time is checked here against the caller's clock; the rest is left to PyJWT.
_CHECKS = jwt.PyJWT(
    {
        "require": _REQUIRED,
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
        "strict_aud": True,
        "enforce_minimum_key_length": True,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who is asking and from which device, as the account is now, give or take `identities.RECHECK_SECONDS`."""

    user_id: str
    device_id: str
    role: Role
    tier: SubscriptionTier
    learning_preferences: LearningPreferences
    mood_preferences: MoodPreferences = DEFAULT_MOOD_PREFERENCES
    emotional_profile: EmotionalProfile | None = None


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a token says. Nothing that can change while it is good: the role is the store's to tell."""

    user_id: str
    device_id: str
    expires_at: int
    """Seconds since the epoch, without the leeway."""


def encode_access_token(
    user_id: str, device_id: str, *, token_id: str, now: datetime, lifetime_seconds: int, key: bytes
) -> str:
    issued_at = int(now.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": issued_at,
        "exp": issued_at + lifetime_seconds,
        "sub": user_id,
        "jti": token_id,
        "sid": device_id,
    }
    return _CHECKS.encode(claims, key, _ALGORITHM)


def decode_access_token(token: str, *, now: datetime, key: bytes) -> AccessClaims:
    """Raises `Unauthenticated` for whatever `encode_access_token` did not make with this key, and when it is over."""
    if len(token) > _MAX_LENGTH or not _CANONICAL.fullmatch(token):
        raise Unauthenticated("That token is not valid.")
    try:
        claims: dict[str, Any] = _CHECKS.decode(token, key, [_ALGORITHM], audience=AUDIENCE, issuer=ISSUER)
        user_id, device_id = claims["sub"], claims["sid"]
        issued_at, expires_at = int(claims["iat"]), int(claims["exp"])
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Unauthenticated("That token is not valid.") from error
    if not isinstance(device_id, str):
        raise Unauthenticated("That token is not valid.")
    seconds = now.timestamp()
    if issued_at > seconds + LEEWAY_SECONDS:
        raise Unauthenticated("That token is not valid.")
    if seconds >= expires_at + LEEWAY_SECONDS:
        raise Unauthenticated("That token has expired.")
    return AccessClaims(user_id, device_id, expires_at)


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """What is stored in its place. Plain SHA-256 is enough: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def successor_of(refresh_token: str, key: bytes) -> str:
    """The one refresh token that follows this one: nobody computes it without the key (see `accounts.refresh`)."""
    digest = hmac.digest(key, b"refresh token successor\0" + refresh_token.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
