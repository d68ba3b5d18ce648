"""What people and operators do with accounts: register, sign in and out, and the first administrator.

`devices`, `invitations` and `password_changes` hold the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from masterx.accounts.api_keys import ApiKeys
from masterx.accounts.attempts import MemoryAttempts
from masterx.accounts.clients import Client
from masterx.accounts.device_labels import device_label
from masterx.accounts.devices import Devices
from masterx.accounts.email import checked_email
from masterx.accounts.identities import Identities
from masterx.accounts.invitations import Invitations
from masterx.accounts.invitations import refused as invitation_refused
from masterx.accounts.mail import Mailer
from masterx.accounts.names import checked_name
from masterx.accounts.one_time_links import may_redeem, new_link_secret
from masterx.accounts.password_changes import PasswordChanges
from masterx.accounts.passwords import Passwords, checked_password
from masterx.accounts.people import People
from masterx.accounts.preferences import checked_subjects
from masterx.accounts.reset_mails import ResetMails
from masterx.accounts.sign_in_limits import SignInLimits
from masterx.accounts.sign_ins import SignIns, TokenPair
from masterx.accounts.tokens import Identity, hash_secret
from masterx.clock import Clock, new_id
from masterx.errors import (
    AlreadyRegistered,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    RateLimited,
    Unauthenticated,
)
from masterx.records.users import LearningPreferences, LinkPurpose, OneTimeLink, Role, User, normalised_email
from masterx.settings import AccountSettings
from masterx.store.account_ports import AccountStore

_log = structlog.get_logger(__name__)

NOWHERE = Client()
"""A caller that is no browser, such as a command."""
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
        store: AccountStore,
        clock: Clock,
        *,
        passwords: Passwords | None = None,
        mailer: Mailer | None = None,
        public_url: str | None = None,
    ) -> None:
        """`public_url` is needed with a mailer: links in mails never follow what a request says of its host."""
        self._store = store
        self._settings = settings
        self._clock = clock
        self._passwords = passwords or Passwords(threads=settings.password_threads)
        self._identities = Identities(signing_key, store, clock)
        self._sign_ins = SignIns(settings, signing_key, store, self._identities, clock)
        self._limits = SignInLimits(MemoryAttempts(clock))
        self.devices = Devices(store, self._identities, clock)
        self.invitations = Invitations(store, clock)
        self.api_keys = ApiKeys(store, clock, lambda: self._identities.changes)
        self.people = People(store, self._identities, clock)
        self.password_changes = PasswordChanges(settings, store, self._passwords, self._limits, self._identities, clock)
        self.reset_mails: ResetMails | None = None
        """None where the operator set up no mail."""
        if mailer is not None and public_url is not None:
            lifetime = timedelta(seconds=settings.one_time_link_seconds)
            self.reset_mails = ResetMails(mailer, public_url, lifetime, store, self.password_changes, self._limits)

    async def register(
        self, *, email: str, name: str, password: str, invitation: str | None = None, client: Client = NOWHERE
    ) -> User:
        """Raises `InvalidInput`, `AlreadyRegistered`, and `Forbidden` when the server takes nobody or not so.

        An invitation is used up by the account that it leads to, and by nothing else.
        """
        mode = self._settings.registration
        if mode == "closed":
            raise Forbidden("This server takes no new registrations. Ask its administrator for an account.")
        if mode == "invitation" and invitation is None:
            raise Forbidden("Registration is by invitation. Ask the administrator of this server for a link.")
        attempt = await self._limits.anonymous(client)
        role = Role.LEARNER if invitation is None else (await self.invitations.find(invitation)).role
        try:
            user = await self._new_user(email=email, name=name, password=password, role=role)
        except (InvalidInput, RateLimited):
            await attempt.withdraw()
            raise
        if invitation is None:
            await self._store.add_user(user)
        elif not await self._store.add_invited_user(user, hash_secret(invitation), self._clock.now()):
            raise invitation_refused()
        await attempt.withdraw()
        return user

    async def login(self, *, email: str, password: str, client: Client = NOWHERE) -> SignIn:
        """Raises `Unauthenticated`: the same words after the same work, whether or not the account exists.

        Whoever has the right password is told, by `Forbidden`, that the account is disabled.
        So are those of `RateLimited`, after many attempts; see `sign_in_limits` for whom they concern.
        """
        attempt = await self._limits.sign_in(email, client, await self._own_device(email, client))
        user = await self._user_by_email(email)
        stored = user.password_hash if user is not None else None
        try:
            matches = await self._passwords.verify(stored, password)
        except RateLimited:
            await attempt.withdraw()
            raise
        if not matches or user is None or stored is None:
            raise Unauthenticated("That e-mail and password do not match.")
        if user.disabled_at is not None:
            await attempt.withdraw()
            raise Forbidden("This account is disabled. Ask the administrator of this server.")
        await self._limits.signed_in(attempt, email, client)
        if self._passwords.needs_rehash(stored):
            renewed = await self._passwords.hash(password)
            if await self._store.renew_password_hash(user.id, stored, renewed):
                user = replace(user, password_hash=renewed)
        return SignIn(user=user, tokens=await self._sign_ins.begin(user, device_label(client.user_agent)))

    async def forgot_password(self, email: str, *, client: Client = NOWHERE) -> None:
        """Mail a link, if the address has an account; nobody learns whether. Raises `Forbidden` without mail."""
        if self.reset_mails is None:
            raise Forbidden("This server sends no mail. Ask its administrator for a link.")
        await self._limits.anonymous(client)
        self.reset_mails.ask(email)

    async def refresh(self, refresh_token: str) -> TokenPair:
        """Raises `Unauthenticated`; what happens to a token that comes back is told in `sign_ins`."""
        return await self._sign_ins.renew(refresh_token)

    async def logout(self, refresh_token: str) -> None:
        """Sign this device out."""
        await self._sign_ins.end(refresh_token)

    async def identify(self, access_token: str) -> Identity:
        """Raises `Unauthenticated`. Asks the store once in a while; see `identities`."""
        return await self._identities.identify(access_token)

    async def user(self, user_id: str) -> User:
        """The account behind an identity. Raises `Unauthenticated` when it is gone."""
        user = await self._store.user(user_id)
        if user is None:
            raise Unauthenticated("That account is gone.")
        return user

    async def update_profile(
        self, user_id: str, *, name: str | None = None, learning_preferences: LearningPreferences | None = None
    ) -> User:
        """Replaces what is given. Raises `InvalidInput`, and `Unauthenticated` when the account is gone."""
        if name is not None:
            name = checked_name(name)
        if learning_preferences is not None:
            subjects = checked_subjects(learning_preferences.preferred_subjects)
            learning_preferences = replace(learning_preferences, preferred_subjects=subjects)
        try:
            user = await self._store.update_profile(user_id, name=name, learning_preferences=learning_preferences)
        except NotFound as error:
            raise Unauthenticated("That account is gone.") from error
        self._identities.forget(user_id)
        return user

    def profile_changed(self, user_id: str) -> None:
        """Somebody else changed what identities carry of this account: the next request sees it."""
        self._identities.forget(user_id)

    async def erase(self, identity: Identity, *, password: str | None, email: str | None) -> None:
        """Everything that is kept of this person. They confirm it with their password; without one, by their address.

        Raises `Forbidden` for another password or address, `InvalidInput` without the one that is needed, and
        `Conflict` for the last administrator.
        """
        user = await self.user(identity.user_id)
        if user.password_hash is not None:
            if password is None:
                raise InvalidInput("Type your password to confirm.", details={"field": "password"})
            await self.password_changes.confirm(identity, password)
        elif email is None:
            raise InvalidInput("Type your e-mail address to confirm.", details={"field": "email"})
        elif normalised_email(email) != normalised_email(user.email):
            raise Forbidden("That is not the address of this account.", details={"field": "email"})
        try:
            await self._store.erase_user(user.id)
        except NotFound as error:
            raise Unauthenticated("That account is gone.") from error
        self._identities.forget(user.id)
        _log.info("account_erased")

    async def issue_one_time_link(self, user_id: str, *, loopback_only: bool) -> str:
        """The secret of a new link; it is shown once and only its hash is stored."""
        now = self._clock.now()
        secret = new_link_secret(loopback_only=loopback_only)
        await self._store.add_one_time_link(
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

    async def redeem_one_time_link(self, secret: str, *, client: Client) -> SignIn:
        """Raises `Unauthenticated`, in the same words, for a link that is unknown, used, expired or for elsewhere."""
        link = None
        if may_redeem(secret, client.host):
            now = self._clock.now()
            link = await self._store.redeem_one_time_link(hash_secret(secret), LinkPurpose.SIGN_IN, now)
        user = await self._store.user(link.user_id) if link is not None else None
        if user is None or user.disabled_at is not None:
            raise Unauthenticated("That link is not good, or not any more. Start the server again for a new one.")
        return SignIn(user=user, tokens=await self._sign_ins.begin(user, device_label(client.user_agent)))

    async def ensure_admin(self) -> User:
        """The oldest administrator; on a new server one without a password, whom only a link signs in."""
        admins = await self._store.users_with_role(Role.ADMIN)
        if not admins:
            try:
                return await self._add_user(
                    email=FIRST_ADMIN_EMAIL, name=FIRST_ADMIN_NAME, password=None, role=Role.ADMIN
                )
            except AlreadyRegistered:
                # Another process that starts at the same time was first.
                admins = await self._store.users_with_role(Role.ADMIN)
        admins = [admin for admin in admins if admin.disabled_at is None]
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
        user = await self._store.user(user_id)
        if user is None or user.role is not Role.ADMIN:
            raise NotFound
        if user.password_hash is not None:
            raise Conflict("This account is set up already.")
        email = checked_email(email)
        name = checked_name(name)
        password_hash = await self._passwords.hash(checked_password(password, email))
        completed = replace(user, email=email, name=name, password_hash=password_hash)
        await self._store.update_user(completed)
        return completed

    def close(self) -> None:
        """Stop the threads that hash passwords."""
        self._passwords.close()

    async def _user_by_email(self, text: str) -> User | None:
        try:
            email = checked_email(text)
        except InvalidInput:
            return None  # What is no address belongs to nobody.
        return await self._store.user_by_email(email)

    async def _own_device(self, email: str, client: Client) -> str | None:
        """The device that the browser belongs to, when it is one of this account."""
        if client.refresh_token is None:
            return None
        token = await self._sign_ins.token(client.refresh_token)
        owner = None if token is None else await self._store.user(token.user_id)
        if token is None or owner is None or normalised_email(owner.email) != normalised_email(email):
            return None
        return token.device_id

    async def _add_user(self, *, email: str, name: str, password: str | None, role: Role) -> User:
        user = await self._new_user(email=email, name=name, password=password, role=role)
        await self._store.add_user(user)
        return user

    async def _new_user(self, *, email: str, name: str, password: str | None, role: Role) -> User:
        email = checked_email(email)
        name = checked_name(name)
        password_hash = None
        if password is not None:
            password_hash = await self._passwords.hash(checked_password(password, email))
        now = self._clock.now()
        return User(id=new_id(now), email=email, name=name, created_at=now, role=role, password_hash=password_hash)
