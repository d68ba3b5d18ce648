"""`LinkStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from masterx.errors import NotFound
from masterx.records.users import Invitation, LinkPurpose, OneTimeLink, Role, User
from masterx.store.mongodb.credentials import change_password
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, document, not_after, optional_time_in, time_in
from masterx.store.mongodb.tables import Tables
from masterx.store.mongodb.users import insert_user, touch_user


class MongoLinks(Tables):
    async def add_one_time_link(self, link: OneTimeLink) -> None:
        await self._database.transact(None, _add_link, link)

    async def one_time_link(self, secret_hash: str, purpose: LinkPurpose, now: datetime) -> OneTimeLink | None:
        return await self._database.read(_find_link, secret_hash, purpose, now)

    async def redeem_one_time_link(self, secret_hash: str, purpose: LinkPurpose, now: datetime) -> OneTimeLink | None:
        return await self._database.write(_redeem, secret_hash, purpose, now)

    async def reset_password(self, secret_hash: str, password_hash: str, now: datetime) -> bool:
        return await self._database.transact(None, _reset_password, secret_hash, password_hash, now)

    async def add_invitation(self, invitation: Invitation) -> None:
        await self._database.transact(None, _add_invitation, invitation)

    async def invitations(self, now: datetime) -> Sequence[Invitation]:
        return await self._database.read(_invitations, now)

    async def invitation(self, secret_hash: str, now: datetime) -> Invitation | None:
        return await self._database.read(_find_invitation, secret_hash, now)

    async def remove_invitation(self, invitation_id: str) -> None:
        await self._database.write(_remove_invitation, invitation_id)

    async def add_invited_user(self, user: User, secret_hash: str, now: datetime) -> bool:
        return await self._database.transact(None, _add_invited, user, secret_hash, now)


async def _add_link(access: Access, link: OneTimeLink) -> None:
    if not await touch_user(access, link.user_id):
        raise NotFound
    await access.insert("one_time_links", _link_row(link))


def _usable(secret_hash: str, now: datetime) -> Row:
    return {"secret_hash": secret_hash, "used_at": None, "expires_at": {"$gt": not_after(now)}}


async def _find_link(access: Access, secret_hash: str, purpose: LinkPurpose, now: datetime) -> OneTimeLink | None:
    row = await access.one("one_time_links", _usable(secret_hash, now) | {"purpose": purpose.value})
    return None if row is None else _link_of(row)


async def _redeem(access: Access, secret_hash: str, purpose: LinkPurpose, now: datetime) -> OneTimeLink | None:
    where = _usable(secret_hash, now) | {"purpose": purpose.value}
    used = await access.change("one_time_links", where, {"$set": document(used_at=now)})
    return None if used is None else replace(_link_of(used), used_at=None)


async def _reset_password(access: Access, secret_hash: str, password_hash: str, now: datetime) -> bool:
    link = await _find_link(access, secret_hash, LinkPurpose.RESET_PASSWORD, now)
    if link is None:
        return False
    await change_password(access, link.user_id, password_hash, None)
    return True


async def _add_invitation(access: Access, invitation: Invitation) -> None:
    row = _invitation_row(invitation)
    if invitation.created_by is not None and not await touch_user(access, invitation.created_by):
        row["created_by"] = None
    await access.insert("invitations", row)


async def _invitations(access: Access, now: datetime) -> list[Invitation]:
    where = {"expires_at": {"$gt": not_after(now)}}
    rows = await access.all("invitations", where, sort=[("expires_at", 1), ("_id", 1)])
    return [_invitation_of(row) for row in rows]


async def _find_invitation(access: Access, secret_hash: str, now: datetime) -> Invitation | None:
    row = await access.one("invitations", _usable(secret_hash, now))
    return None if row is None else _invitation_of(row)


async def _remove_invitation(access: Access, invitation_id: str) -> None:
    if not await access.delete("invitations", {"_id": invitation_id}):
        raise NotFound


async def _add_invited(access: Access, user: User, secret_hash: str, now: datetime) -> bool:
    where = _usable(secret_hash, now) | {"role": Role(user.role).value}
    if not await access.update("invitations", where, {"$set": document(used_at=now)}):
        return False
    await insert_user(access, user)
    return True


def _link_row(link: OneTimeLink) -> Row:
    return document(
        id=link.id,
        user_id=link.user_id,
        secret_hash=link.secret_hash,
        created_at=link.created_at,
        expires_at=link.expires_at,
        purpose=link.purpose,
        loopback_only=link.loopback_only,
        used_at=link.used_at,
    )


def _link_of(row: Mapping[str, Any]) -> OneTimeLink:
    return OneTimeLink(
        id=row["_id"],
        user_id=row["user_id"],
        secret_hash=row["secret_hash"],
        created_at=time_in(row, "created_at"),
        expires_at=time_in(row, "expires_at"),
        purpose=LinkPurpose(row["purpose"]),
        loopback_only=row["loopback_only"],
        used_at=optional_time_in(row, "used_at"),
    )


def _invitation_row(invitation: Invitation) -> Row:
    return document(
        id=invitation.id,
        secret_hash=invitation.secret_hash,
        role=invitation.role,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        created_by=invitation.created_by,
        used_at=invitation.used_at,
    )


def _invitation_of(row: Mapping[str, Any]) -> Invitation:
    return Invitation(
        id=row["_id"],
        secret_hash=row["secret_hash"],
        role=Role(row["role"]),
        created_at=time_in(row, "created_at"),
        expires_at=time_in(row, "expires_at"),
        created_by=row["created_by"],
        used_at=optional_time_in(row, "used_at"),
    )
