"""Sign-ins: token pairs, their rotation and their end.

Every refresh uses its token up and hands out the next of its family. A used token that comes back means that two
parties hold it, one of them perhaps a thief, so the whole family ends and both have to sign in again.

Except within `REUSE_GRACE` of its use: two tabs that renew at the same moment, or a client whose connection broke
before the answer came, are no thieves. They get the same successor as the first caller: it is derived from the used
token and the signing key, so it can be computed again though only its hash is stored. No second line of tokens
comes to be, and a thief who was quick shares one line with the owner, where the next reuse ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from masterx.accounts.tokens import encode_access_token, hash_secret, new_secret, successor_of
from masterx.clock import Clock, new_id
from masterx.errors import Unauthenticated
from masterx.records.users import RefreshToken, User
from masterx.settings import AccountSettings
from masterx.store.ports import CredentialStore, UserStore

REUSE_GRACE = timedelta(seconds=10)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds that the access token is good for."""
    refresh_expires_in: int
    """Seconds that the refresh token is good for, when it is not used."""


class SignIns:
    def __init__(
        self,
        settings: AccountSettings,
        signing_key: bytes,
        users: UserStore,
        credentials: CredentialStore,
        clock: Clock,
    ) -> None:
        self._users = users
        self._credentials = credentials
        self._settings = settings
        self._key = signing_key
        self._clock = clock

    async def begin(self, user: User) -> TokenPair:
        """A new family: one device that signs in."""
        now = self._clock.now()
        secret = new_secret()
        await self._credentials.add_refresh_token(self._refresh_token(secret, user.id, new_id(now), now))
        return self._pair(user, secret, now)

    async def renew(self, secret: str) -> TokenPair:
        """The next pair. Raises `Unauthenticated` for a token that is unknown, over, revoked or used too often."""
        now = self._clock.now()
        token = await self._valid(secret, now)
        following = await self._rotate(token, secret, now)
        user = await self._users.user(token.user_id)
        if user is None:
            raise _refused()
        return self._pair(user, following, now)

    async def end(self, secret: str) -> None:
        """Sign this device out; a token that nobody knows is signed out already."""
        token = await self._credentials.refresh_token(hash_secret(secret))
        if token is not None:
            await self._credentials.revoke_family(token.family_id, self._clock.now())

    async def _rotate(self, token: RefreshToken, secret: str, now: datetime) -> str:
        """Use a token up and return the one that follows it, also when somebody else did so just now."""
        if token.used_at is None:
            following = successor_of(secret, self._key)
            successor = self._refresh_token(following, token.user_id, token.family_id, now)
            if await self._credentials.rotate_refresh_token(token, successor, now):
                return following
        return await self._newest(secret, now)

    async def _newest(self, secret: str, now: datetime) -> str:
        """Follow used tokens to the one that is not."""
        token = await self._valid(secret, now)
        while token.used_at is not None:
            if now - token.used_at > REUSE_GRACE:
                await self._credentials.revoke_family(token.family_id, now)
                _log.warning("refresh_token_reused", user_id=token.user_id)
                raise _refused()
            secret = successor_of(secret, self._key)
            token = await self._valid(secret, now)
        return secret

    async def _valid(self, secret: str, now: datetime) -> RefreshToken:
        token = await self._credentials.refresh_token(hash_secret(secret))
        if token is None or token.revoked_at is not None or token.expires_at <= now:
            raise _refused()
        return token

    def _refresh_token(self, secret: str, user_id: str, family_id: str, now: datetime) -> RefreshToken:
        return RefreshToken(
            id=new_id(now),
            user_id=user_id,
            family_id=family_id,
            token_hash=hash_secret(secret),
            created_at=now,
            expires_at=now + timedelta(seconds=self._settings.refresh_token_seconds),
        )

    def _pair(self, user: User, refresh_token: str, now: datetime) -> TokenPair:
        lifetime = self._settings.access_token_seconds
        return TokenPair(
            access_token=encode_access_token(
                user, token_id=new_id(now), now=now, lifetime_seconds=lifetime, key=self._key
            ),
            refresh_token=refresh_token,
            expires_in=lifetime,
            refresh_expires_in=self._settings.refresh_token_seconds,
        )


def _refused() -> Unauthenticated:
    return Unauthenticated("Sign in again.")
