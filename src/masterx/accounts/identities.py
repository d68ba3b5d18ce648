"""Who an access token stands for, and whether the device that it was given to is still signed in.

This is asked on every request, so answers are kept. What the token says is kept until it is over. What the store
says of its device is asked again every `RECHECK_SECONDS`: signing a device out, changing a role and erasing an account
take effect at once in this process, which is told, and within that time in others.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from masterx.accounts.tokens import AccessClaims, Identity, decode_access_token
from masterx.clock import Clock
from masterx.errors import Unauthenticated
from masterx.store.account_ports import CredentialStore

MAX_KEPT = 4_096
"""About a megabyte. Beyond it the token that was checked first is checked again."""

RECHECK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Seen:
    identity: Identity
    until: float
    """Monotonic seconds."""


class Identities:
    """Checking a token takes about 40 µs, finding it here about 2; the key is its hash, so no token is held."""

    def __init__(self, signing_key: bytes, credentials: CredentialStore, clock: Clock) -> None:
        self._key = signing_key
        self._credentials = credentials
        self._clock = clock
        self._claims: dict[bytes, AccessClaims] = {}
        self._seen: dict[str, _Seen] = {}
        self._changes = 0

    async def identify(self, access_token: str) -> Identity:
        """Raises `Unauthenticated`, and `DatabaseUnavailable` when it is time to ask the store."""
        claims = self._checked(access_token)
        seen = self._seen.get(claims.device_id)
        if seen is not None and self._clock.monotonic() < seen.until:
            return seen.identity
        return await self._ask(claims)

    @property
    def changes(self) -> int:
        """How many times something of an account changed in this process."""
        return self._changes

    def forget(self, user_id: str) -> None:
        """Something of this account changed: ask the store again at its next request."""
        self._changes += 1
        for device_id in [device_id for device_id, seen in self._seen.items() if seen.identity.user_id == user_id]:
            del self._seen[device_id]

    def _checked(self, access_token: str) -> AccessClaims:
        now = self._clock.now()
        digest = hashlib.sha256(access_token.encode(errors="surrogatepass")).digest()
        kept = self._claims.get(digest)
        if kept is not None and now.timestamp() < kept.expires_at:
            return kept
        claims = decode_access_token(access_token, now=now, key=self._key)
        if len(self._claims) >= MAX_KEPT:
            del self._claims[next(iter(self._claims))]
        self._claims[digest] = claims
        return claims

    async def _ask(self, claims: AccessClaims) -> Identity:
        changes = self._changes
        user = await self._credentials.device_user(claims.device_id)
        if user is None or user.id != claims.user_id:
            self._seen.pop(claims.device_id, None)
            raise Unauthenticated("This device was signed out.")
        identity = Identity(
            user_id=user.id,
            device_id=claims.device_id,
            role=user.role,
            tier=user.subscription_tier,
            learning_preferences=user.learning_preferences,
            mood_preferences=user.mood_preferences,
            emotional_profile=user.emotional_profile,
        )
        if changes == self._changes:  # Else the answer may be from before the change.
            if len(self._seen) >= MAX_KEPT:
                del self._seen[next(iter(self._seen))]
            self._seen[claims.device_id] = _Seen(identity, self._clock.monotonic() + RECHECK_SECONDS)
        return identity
