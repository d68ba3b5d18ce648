"""Accounts: people, how they sign in, the links that they are sent, and everything kept of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from masterx.records.users import (
    Device,
    Invitation,
    LearningPreferences,
    LinkPurpose,
    OneTimeLink,
    RefreshToken,
    Role,
    User,
)
from masterx.store.administration_ports import CostSumStore, PeopleStore
from masterx.store.api_key_ports import ApiKeyStore

MAX_DEVICES = 50
"""Of one account, signed in at once."""


class UserStore(Protocol):
    async def add_user(self, user: User) -> None:
        """Raises `AlreadyRegistered` when the e-mail is taken, compared by `normalised_email`."""
        ...

    async def user(self, user_id: str) -> User | None: ...

    async def user_by_email(self, email: str) -> User | None:
        """Compared by `normalised_email`."""
        ...

    async def update_user(self, user: User) -> None:
        """Replaces what a person or an operator can change: e-mail, name, role, tier, password, preferences.

        Counters (`total_sessions`, `last_active`) are left alone: turns move them. So is `disabled_at`.
        Raises `NotFound`, or `AlreadyRegistered` when the new e-mail is taken.
        """
        ...

    async def update_profile(
        self, user_id: str, *, name: str | None = None, learning_preferences: LearningPreferences | None = None
    ) -> User:
        """Replaces what is given and returns the account as it now is. Raises `NotFound`."""
        ...

    async def users(self, *, limit: int, after: str | None = None) -> Sequence[User]:
        """By id, which is oldest first; `after` is the id of the last one seen."""
        ...

    async def users_with_role(self, role: Role) -> Sequence[User]:
        """Oldest first."""
        ...


class CredentialStore(Protocol):
    async def add_device(self, device: Device, token: RefreshToken, *, password_hash: str | None) -> bool:
        """A sign-in: a device with its first token.

        False, and nothing written, when the user is gone, disabled, or has another password hash than this, the one
        that was checked. Beyond `MAX_DEVICES` the user's longest unseen device is removed.
        """
        ...

    async def devices(self, user_id: str, now: datetime) -> Sequence[Device]:
        """Those that are signed in, latest seen first."""
        ...

    async def device_user(self, device_id: str) -> User | None:
        """Whose device this is; None when it was removed, or its user erased or disabled."""
        ...

    async def remove_device(self, device_id: str, user_id: str) -> None:
        """With its tokens. Raises `NotFound`."""
        ...

    async def remove_devices(self, user_id: str, *, keep: str | None = None) -> None:
        """All but the one to keep, with their tokens."""
        ...

    async def refresh_token(self, token_hash: str) -> RefreshToken | None: ...

    async def rotate_refresh_token(self, used: RefreshToken, successor: RefreshToken, now: datetime) -> bool:
        """Mark one as used, add the next, and move the device's times.

        False, and nothing written, when it was used before or its device removed.
        """
        ...

    async def change_password(self, user_id: str, password_hash: str, *, keep_device: str | None = None) -> None:
        """Removes all other devices and all links of the user as well. Raises `NotFound`."""
        ...

    async def renew_password_hash(self, user_id: str, former: str, password_hash: str) -> bool:
        """The same password hashed anew; False, and nothing written, when the hash is not `former` any more."""
        ...

    async def prune_credentials(self, now: datetime) -> int:
        """Forget devices, tokens, links and invitations that are over; how many."""
        ...


class LinkStore(Protocol):
    async def add_one_time_link(self, link: OneTimeLink) -> None:
        """Raises `NotFound` without the user."""
        ...

    async def one_time_link(self, secret_hash: str, purpose: LinkPurpose, now: datetime) -> OneTimeLink | None:
        """None when unknown, for something else, used or expired."""
        ...

    async def redeem_one_time_link(self, secret_hash: str, purpose: LinkPurpose, now: datetime) -> OneTimeLink | None:
        """Use it up and return it as it was; None as above. Two callers: one wins."""
        ...

    async def reset_password(self, secret_hash: str, password_hash: str, now: datetime) -> bool:
        """Use up a link for this purpose: `change_password` for its user. False, and nothing written, without one."""
        ...

    async def add_invitation(self, invitation: Invitation) -> None:
        """Without a name when whoever made it is gone."""
        ...

    async def invitations(self, now: datetime) -> Sequence[Invitation]:
        """Those that are not over, used ones too; the first to end comes first."""
        ...

    async def invitation(self, secret_hash: str, now: datetime) -> Invitation | None:
        """None when unknown, used or expired."""
        ...

    async def remove_invitation(self, invitation_id: str) -> None:
        """Raises `NotFound`."""
        ...

    async def add_invited_user(self, user: User, secret_hash: str, now: datetime) -> bool:
        """Use an invitation for the user's role up and add the user.

        False, and nothing written, without such an invitation. Raises `AlreadyRegistered`; the invitation stays good.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalPage:
    rows: tuple[Mapping[str, Any], ...]
    """With the fields that `schema.PERSONAL_FIELDS` names. Times are text, money is nano-dollars."""
    next_cursor: str | None


class PersonalDataStore(Protocol):
    async def personal_rows(
        self, user_id: str, collection: str, *, limit: int, cursor: str | None = None
    ) -> PersonalPage:
        """What `collection`, one of `schema.PERSONAL_FIELDS`, holds of this person, newest first.

        Raises `InvalidInput` for a cursor that this store did not make.
        """
        ...

    async def erase_user(self, user_id: str) -> None:
        """Everything that is kept of this person, so that no file holds their id, address or text any more.

        The ledger keeps what their calls cost without a name, and the daily sums of the system stay; an invitation
        that they made stays without a name. What they still have under way is recorded without a name too.
        Raises `NotFound`, and `Conflict` for the last administrator.
        """
        ...


class AccountStore(
    UserStore, PeopleStore, CredentialStore, LinkStore, ApiKeyStore, PersonalDataStore, CostSumStore, Protocol
):
    """All that accounts are made of."""
