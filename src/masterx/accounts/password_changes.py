"""New passwords: changed by their owner, or set through a link that an administrator or a mail brought.

Each ends all sign-ins but the owner's present one, and all links that were waiting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from masterx.accounts.identities import Identities
from masterx.accounts.passwords import Passwords, checked_password
from masterx.accounts.sign_in_limits import SignInLimits
from masterx.accounts.tokens import Identity, hash_secret, new_secret
from masterx.clock import Clock, new_id
from masterx.errors import Conflict, Forbidden, NotFound, RateLimited, Unauthenticated
from masterx.records.users import LinkPurpose, OneTimeLink, User
from masterx.settings import AccountSettings
from masterx.store.account_ports import AccountStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetSecret:
    secret: str
    """Shown once; only its hash is stored."""
    expires_at: datetime


class PasswordChanges:
    """What takes a password may raise `RateLimited`, and `InvalidInput` for one that breaks the rule."""

    def __init__(
        self,
        settings: AccountSettings,
        store: AccountStore,
        passwords: Passwords,
        limits: SignInLimits,
        identities: Identities,
        clock: Clock,
    ) -> None:
        self._lifetime = timedelta(seconds=settings.one_time_link_seconds)
        self._store = store
        self._passwords = passwords
        self._limits = limits
        self._identities = identities
        self._clock = clock

    async def change(self, identity: Identity, *, current: str, new: str) -> None:
        """Other devices are signed out. Raises `Forbidden` when the current password is another one."""
        user = await self.confirm(identity, current)
        await self._set(user, new, keep_device=identity.device_id)

    async def confirm(self, identity: Identity, password: str) -> User:
        """That it is the owner who asks. Raises `Forbidden`, and `Conflict` for an account without a password."""
        user = await self._store.user(identity.user_id)
        if user is None:
            raise Unauthenticated("That account is gone.")
        if user.password_hash is None:
            raise Conflict("This account has no password yet.")
        attempt = await self._limits.confirm_password(identity.user_id, identity.device_id)
        try:
            matches = await self._passwords.verify(user.password_hash, password)
        except RateLimited:
            await attempt.withdraw()
            raise
        if not matches:
            raise Forbidden("That is not the password of this account.")
        await attempt.succeed()
        return user

    async def issue_reset(self, user_id: str) -> ResetSecret:
        """Works from any address. Raises `NotFound`."""
        now = self._clock.now()
        secret = new_secret()
        link = OneTimeLink(
            id=new_id(now),
            user_id=user_id,
            secret_hash=hash_secret(secret),
            created_at=now,
            expires_at=now + self._lifetime,
            purpose=LinkPurpose.RESET_PASSWORD,
            loopback_only=False,
        )
        await self._store.add_one_time_link(link)
        return ResetSecret(secret=secret, expires_at=link.expires_at)

    async def reset(self, secret: str, new: str) -> None:
        """Raises `Forbidden`, in the same words, for a link that is unknown, used or over.

        A password that breaks the rule leaves the link good.
        """
        secret_hash = hash_secret(secret)
        link = await self._store.one_time_link(secret_hash, LinkPurpose.RESET_PASSWORD, self._clock.now())
        user = None if link is None else await self._store.user(link.user_id)
        if user is None:
            raise _spent()
        password_hash = await self._passwords.hash(checked_password(new, user.email))
        if not await self._store.reset_password(secret_hash, password_hash, self._clock.now()):
            raise _spent()
        self._identities.forget(user.id)

    async def _set(self, user: User, new: str, *, keep_device: str) -> None:
        password_hash = await self._passwords.hash(checked_password(new, user.email))
        try:
            await self._store.change_password(user.id, password_hash, keep_device=keep_device)
        except NotFound as error:
            raise Unauthenticated("That account is gone.") from error
        self._identities.forget(user.id)


def _spent() -> Forbidden:
    return Forbidden("That link is not good, or not any more. Ask for a new one.")
