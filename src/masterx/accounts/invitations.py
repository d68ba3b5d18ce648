"""Invitations: an administrator hands out the right to make one account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from masterx.accounts.tokens import hash_secret, new_secret
from masterx.clock import Clock, new_id
from masterx.errors import Forbidden
from masterx.records.users import Invitation, Role
from masterx.store.account_ports import LinkStore


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvitation:
    invitation: Invitation
    secret: str
    """Shown once; only its hash is stored."""


class Invitations:
    def __init__(self, links: LinkStore, clock: Clock) -> None:
        self._links = links
        self._clock = clock

    async def add(self, *, role: Role, lifetime: timedelta, created_by: str) -> NewInvitation:
        now = self._clock.now()
        secret = new_secret()
        invitation = Invitation(
            id=new_id(now),
            secret_hash=hash_secret(secret),
            role=role,
            created_at=now,
            expires_at=now + lifetime,
            created_by=created_by,
        )
        await self._links.add_invitation(invitation)
        return NewInvitation(invitation=invitation, secret=secret)

    async def all(self) -> Sequence[Invitation]:
        """Those that are not over, used ones too; the first to end comes first."""
        return await self._links.invitations(self._clock.now())

    async def remove(self, invitation_id: str) -> None:
        """Raises `NotFound`."""
        await self._links.remove_invitation(invitation_id)

    async def find(self, secret: str) -> Invitation:
        """One that is still good. Raises `Forbidden`."""
        invitation = await self._links.invitation(hash_secret(secret), self._clock.now())
        if invitation is None:
            raise refused()
        return invitation


def refused() -> Forbidden:
    return Forbidden("That invitation is not good, or not any more. Ask for a new one.")
