"""Sign-ins: token pairs, their rotation and their end.

Every refresh uses its token up and hands out the next one of its device. A used token that comes back means that two
parties hold it, one of them perhaps a thief, so the device is removed and both have to sign in again.

Except within `REUSE_GRACE` of its use: two tabs that renew at the same moment, or a client whose connection broke
before the answer came, are no thieves. They get the same successor as the first caller: it is derived from the used
token and the signing key, so it can be computed again though only its hash is stored. No second line of tokens
comes to be, and a thief who was quick shares one line with the owner, where the next reuse ends it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from masterx.accounts.identities import Identities
from masterx.accounts.tokens import encode_access_token, hash_secret, new_secret, successor_of
from masterx.clock import Clock, new_id
from masterx.errors import NotFound, Unauthenticated
from masterx.records.users import Device, RefreshToken, User
from masterx.settings import AccountSettings
from masterx.store.account_ports import CredentialStore

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
        credentials: CredentialStore,
        identities: Identities,
        clock: Clock,
    ) -> None:
        self._credentials = credentials
        self._identities = identities
        self._settings = settings
        self._key = signing_key
        self._clock = clock

    async def begin(self, user: User, label: str) -> TokenPair:
        """A new device. Raises `Unauthenticated` when the account or its password changed since `user` was read."""
        now = self._clock.now()
        secret, device_id = new_secret(), new_id(now)
        token = self._refresh_token(secret, user.id, device_id, now)
        device = Device(
            id=device_id,
            user_id=user.id,
            label=label,
            first_seen_at=now,
            last_seen_at=now,
            expires_at=token.expires_at,
        )
        if not await self._credentials.add_device(device, token, password_hash=user.password_hash):
            raise _refused()
        return self._pair(user.id, device_id, secret, now)

    async def renew(self, secret: str) -> TokenPair:
        """The next pair. Raises `Unauthenticated` for a token that is unknown, over, or used too often."""
        now = self._clock.now()
        token = await self._valid(secret, now)
        following = await self._rotate(token, secret, now)
        return self._pair(token.user_id, token.device_id, following, now)

    async def end(self, secret: str) -> None:
        """Sign this device out; a token that nobody knows is signed out already."""
        token = await self._credentials.refresh_token(hash_secret(secret))
        if token is not None:
            await self._remove(token)

    async def token(self, secret: str) -> RefreshToken | None:
        """What is stored of a token that is good or was until it was used; it is not used up by this."""
        try:
            return await self._valid(secret, self._clock.now())
        except Unauthenticated:
            return None

    async def _rotate(self, token: RefreshToken, secret: str, now: datetime) -> str:
        """Use a token up and return the one that follows it, also when somebody else did so just now."""
        if token.used_at is None:
            following = successor_of(secret, self._key)
            successor = self._refresh_token(following, token.user_id, token.device_id, now)
            if await self._credentials.rotate_refresh_token(token, successor, now):
                return following
        return await self._newest(secret, now)

    async def _newest(self, secret: str, now: datetime) -> str:
        """Follow used tokens to the one that is not."""
        token = await self._valid(secret, now)
        while token.used_at is not None:
            if now - token.used_at > REUSE_GRACE:
                await self._remove(token)
                _log.warning("refresh_token_reused", user_id=token.user_id)
                raise _refused()
            secret = successor_of(secret, self._key)
            token = await self._valid(secret, now)
        return secret

    async def _valid(self, secret: str, now: datetime) -> RefreshToken:
        token = await self._credentials.refresh_token(hash_secret(secret))
        if token is None or token.expires_at <= now:
            raise _refused()
        return token

    async def _remove(self, token: RefreshToken) -> None:
        with contextlib.suppress(NotFound):  # Two who sign out at once.
            await self._credentials.remove_device(token.device_id, token.user_id)
        self._identities.forget(token.user_id)

    def _refresh_token(self, secret: str, user_id: str, device_id: str, now: datetime) -> RefreshToken:
        return RefreshToken(
            id=new_id(now),
            user_id=user_id,
            device_id=device_id,
            token_hash=hash_secret(secret),
            created_at=now,
            expires_at=now + timedelta(seconds=self._settings.refresh_token_seconds),
        )

    def _pair(self, user_id: str, device_id: str, refresh_token: str, now: datetime) -> TokenPair:
        lifetime = self._settings.access_token_seconds
        return TokenPair(
            access_token=encode_access_token(
                user_id, device_id, token_id=new_id(now), now=now, lifetime_seconds=lifetime, key=self._key
            ),
            refresh_token=refresh_token,
            expires_in=lifetime,
            refresh_expires_in=self._settings.refresh_token_seconds,
        )


def _refused() -> Unauthenticated:
    return Unauthenticated("Sign in again.")
