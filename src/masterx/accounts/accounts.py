"""What people and operators do with accounts: register, sign in and out, and the first administrator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from masterx.accounts.email import checked_email
from masterx.accounts.identities import Identities
from masterx.accounts.names import checked_name
from masterx.accounts.one_time_links import may_redeem, new_link_secret
from masterx.accounts.passwords import Passwords, checked_password
from masterx.accounts.sign_ins import SignIns, TokenPair
from masterx.accounts.tokens import Identity, hash_secret
from masterx.clock import Clock, new_id
from masterx.errors import AlreadyRegistered, Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from masterx.records.users import OneTimeLink, Role, User
from masterx.settings import AccountSettings
from masterx.store.ports import CredentialStore, UserStore

FIRST_ADMIN_EMAIL = "admin@localhost"
FIRST_ADMIN_NAME = "Administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    user: User
    tokens: TokenPair


class Accounts:
    """Every method may raise `DatabaseUnavailable`; those that take a password also `RateLimited`."""

    def __init__(
        self,
        settings: AccountSettings,
        signing_key: bytes,
        users: UserStore,
        credentials: CredentialStore,
        clock: Clock,
        *,
        passwords: Passwords | None = None,
    ) -> None:
        self._users = users
        self._credentials = credentials
        self._settings = settings
        self._clock = clock
        self._passwords = passwords or Passwords(threads=settings.password_threads)
        self._identities = Identities(signing_key, clock)
        self._sign_ins = SignIns(settings, signing_key, users, credentials, clock)

    async def register(self, *, email: str, name: str, password: str) -> User:
        """Raises `Forbidden` when registration is closed, `InvalidInput`, `AlreadyRegistered`."""
        if self._settings.registration == "closed":
            raise Forbidden("This server takes no new registrations. Ask its administrator for an account.")
        return await self._add_user(email=email, name=name, password=password, role=Role.LEARNER)

    async def login(self, *, email: str, password: str) -> SignIn:
        """Raises `Unauthenticated`: the same words after the same work, whether or not the account exists."""
        user = await self._user_by_email(email)
        stored = user.password_hash if user is not None else None
        if not await self._passwords.verify(stored, password) or user is None or stored is None:
            raise Unauthenticated("That e-mail and password do not match.")
        if self._passwords.needs_rehash(stored):
            user = replace(user, password_hash=await self._passwords.hash(password))
            await self._users.update_user(user)
        return SignIn(user=user, tokens=await self._sign_ins.begin(user))

    async def refresh(self, refresh_token: str) -> TokenPair:
        """Raises `Unauthenticated`; what happens to a token that comes back is told in `sign_ins`."""
        return await self._sign_ins.renew(refresh_token)

    async def logout(self, refresh_token: str) -> None:
        """Sign this device out. Its access token stays good until it runs out, minutes later."""
        await self._sign_ins.end(refresh_token)

    def identify(self, access_token: str) -> Identity:
        """Raises `Unauthenticated`. Reads no database."""
        return self._identities.identify(access_token)

    async def user(self, user_id: str) -> User:
        """The account behind an identity. Raises `Unauthenticated` when it is gone."""
        user = await self._users.user(user_id)
        if user is None:
            raise Unauthenticated("That account is gone.")
        return user

    async def issue_one_time_link(self, user_id: str, *, loopback_only: bool) -> str:
        """The secret of a new link; it is shown once and only its hash is stored."""
        now = self._clock.now()
        secret = new_link_secret(loopback_only=loopback_only)
        await self._credentials.add_one_time_link(
            OneTimeLink(
                id=new_id(now),
                user_id=user_id,
                secret_hash=hash_secret(secret),
                created_at=now,
                expires_at=now + timedelta(seconds=self._settings.one_time_link_seconds),
                loopback_only=loopback_only,
            )
        )
        return secret

    async def redeem_one_time_link(self, secret: str, *, client_host: str | None) -> SignIn:
        """Raises `Unauthenticated`, in the same words, for a link that is unknown, used, expired or for elsewhere."""
        link = None
        if may_redeem(secret, client_host):
            link = await self._credentials.redeem_one_time_link(hash_secret(secret), self._clock.now())
        user = await self._users.user(link.user_id) if link is not None else None
        if user is None:
            raise Unauthenticated("That link is not good, or not any more. Start the server again for a new one.")
        return SignIn(user=user, tokens=await self._sign_ins.begin(user))

    async def ensure_admin(self) -> User:
        """The oldest administrator; on a new server one without a password, whom only a link signs in."""
        admins = await self._users.users_with_role(Role.ADMIN)
        if not admins:
            try:
                return await self._add_user(
                    email=FIRST_ADMIN_EMAIL, name=FIRST_ADMIN_NAME, password=None, role=Role.ADMIN
                )
            except AlreadyRegistered:
                # Another process that starts at the same time was first.
                admins = await self._users.users_with_role(Role.ADMIN)
        if not admins:
            raise Conflict("A learner holds the first administrator's address: run masterx user create-admin.")
        return admins[0]

    async def create_admin(self, *, email: str, name: str, password: str | None) -> User:
        """Raises `InvalidInput`, `AlreadyRegistered`. Without a password only a link signs in."""
        return await self._add_user(email=email, name=name, password=password, role=Role.ADMIN)

    async def complete_admin(self, user_id: str, *, email: str, name: str, password: str) -> User:
        """Give an administrator who came by the first link an address and a password of their own.

        Raises `InvalidInput`, `AlreadyRegistered`, `NotFound`, and `Conflict` when a password is set already.
        """
        user = await self._users.user(user_id)
        if user is None or user.role is not Role.ADMIN:
            raise NotFound
        if user.password_hash is not None:
            raise Conflict("This account is set up already.")
        email = checked_email(email)
        name = checked_name(name)
        password_hash = await self._passwords.hash(checked_password(password, email))
        completed = replace(user, email=email, name=name, password_hash=password_hash)
        await self._users.update_user(completed)
        return completed

    def close(self) -> None:
        """Stop the threads that hash passwords."""
        self._passwords.close()

    async def _user_by_email(self, text: str) -> User | None:
        try:
            email = checked_email(text)
        except InvalidInput:
            return None  # What is no address belongs to nobody.
        return await self._users.user_by_email(email)

    async def _add_user(self, *, email: str, name: str, password: str | None, role: Role) -> User:
        email = checked_email(email)
        name = checked_name(name)
        password_hash = None
        if password is not None:
            password_hash = await self._passwords.hash(checked_password(password, email))
        now = self._clock.now()
        user = User(id=new_id(now), email=email, name=name, created_at=now, role=role, password_hash=password_hash)
        await self._users.add_user(user)
        return user
