"""`LinkStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from masterx.errors import NotFound
from masterx.records.users import Invitation, LinkPurpose, OneTimeLink, Role, User
from masterx.store.sqlite.columns import optional_time_of, optional_time_text, placeholders, time_of, time_text
from masterx.store.sqlite.credentials import change_password
from masterx.store.sqlite.tables import Tables
from masterx.store.sqlite.users import insert_user

_LINK_COLUMNS = "id, user_id, secret_hash, created_at, expires_at, purpose, loopback_only, used_at"
_INSERT_LINK = f"INSERT INTO one_time_links ({_LINK_COLUMNS}) VALUES ({placeholders(_LINK_COLUMNS)})"
_SELECT_LINK = f"""
    SELECT {_LINK_COLUMNS} FROM one_time_links
    WHERE secret_hash = ? AND purpose = ? AND used_at IS NULL AND expires_at > ?
"""
_USE_LINK = "UPDATE one_time_links SET used_at = ? WHERE id = ?"

_INVITATION_COLUMNS = "id, secret_hash, role, created_at, expires_at, created_by, used_at"
_INSERT_INVITATION = f"""
    INSERT INTO invitations ({_INVITATION_COLUMNS}) VALUES (?, ?, ?, ?, ?, (SELECT id FROM users WHERE id = ?), ?)
"""
_SELECT_INVITATIONS = f"SELECT {_INVITATION_COLUMNS} FROM invitations WHERE expires_at > ? ORDER BY expires_at, id"
_SELECT_INVITATION = f"""
    SELECT {_INVITATION_COLUMNS} FROM invitations WHERE secret_hash = ? AND used_at IS NULL AND expires_at > ?
"""
_USE_INVITATION = """
    UPDATE invitations SET used_at = ? WHERE secret_hash = ? AND role = ? AND used_at IS NULL AND expires_at > ?1
"""
_REMOVE_INVITATION = "DELETE FROM invitations WHERE id = ?"


class SQLiteLinks(Tables):
    async def add_one_time_link(self, link: OneTimeLink) -> None:
        await self._writer.run(_insert_link, link)

    async def one_time_link(self, secret_hash: str, purpose: LinkPurpose, now: datetime) -> OneTimeLink | None:
        return await self._readers.run(_select_link, secret_hash, purpose, now)

    async def redeem_one_time_link(self, secret_hash: str, purpose: LinkPurpose, now: datetime) -> OneTimeLink | None:
        return await self._writer.run(_redeem, secret_hash, purpose, now)

    async def reset_password(self, secret_hash: str, password_hash: str, now: datetime) -> bool:
        return await self._writer.run(_reset_password, secret_hash, password_hash, now)

    async def add_invitation(self, invitation: Invitation) -> None:
        await self._writer.run(_insert_invitation, invitation)

    async def invitations(self, now: datetime) -> Sequence[Invitation]:
        return await self._readers.run(_select_invitations, now)

    async def invitation(self, secret_hash: str, now: datetime) -> Invitation | None:
        return await self._readers.run(_select_invitation, secret_hash, now)

    async def remove_invitation(self, invitation_id: str) -> None:
        await self._writer.run(_remove_invitation, invitation_id)

    async def add_invited_user(self, user: User, secret_hash: str, now: datetime) -> bool:
        return await self._writer.run(_add_invited, user, secret_hash, now)


def _insert_link(connection: sqlite3.Connection, link: OneTimeLink) -> None:
    connection.execute(
        _INSERT_LINK,
        (
            link.id,
            link.user_id,
            link.secret_hash,
            time_text(link.created_at),
            time_text(link.expires_at),
            link.purpose,
            link.loopback_only,
            optional_time_text(link.used_at),
        ),
    )


def _select_link(
    connection: sqlite3.Connection, secret_hash: str, purpose: LinkPurpose, now: datetime
) -> OneTimeLink | None:
    row = connection.execute(_SELECT_LINK, (secret_hash, purpose, time_text(now))).fetchone()
    return None if row is None else _link(row)


def _redeem(
    connection: sqlite3.Connection, secret_hash: str, purpose: LinkPurpose, now: datetime
) -> OneTimeLink | None:
    link = _select_link(connection, secret_hash, purpose, now)
    if link is not None:
        connection.execute(_USE_LINK, (time_text(now), link.id))
    return link


def _reset_password(connection: sqlite3.Connection, secret_hash: str, password_hash: str, now: datetime) -> bool:
    link = _select_link(connection, secret_hash, LinkPurpose.RESET_PASSWORD, now)
    if link is None:
        return False
    change_password(connection, link.user_id, password_hash, None)
    return True


def _insert_invitation(connection: sqlite3.Connection, invitation: Invitation) -> None:
    connection.execute(
        _INSERT_INVITATION,
        (
            invitation.id,
            invitation.secret_hash,
            invitation.role,
            time_text(invitation.created_at),
            time_text(invitation.expires_at),
            invitation.created_by,
            optional_time_text(invitation.used_at),
        ),
    )


def _select_invitations(connection: sqlite3.Connection, now: datetime) -> list[Invitation]:
    return [_invitation(row) for row in connection.execute(_SELECT_INVITATIONS, (time_text(now),))]


def _select_invitation(connection: sqlite3.Connection, secret_hash: str, now: datetime) -> Invitation | None:
    row = connection.execute(_SELECT_INVITATION, (secret_hash, time_text(now))).fetchone()
    return None if row is None else _invitation(row)


def _remove_invitation(connection: sqlite3.Connection, invitation_id: str) -> None:
    if connection.execute(_REMOVE_INVITATION, (invitation_id,)).rowcount == 0:
        raise NotFound


def _add_invited(connection: sqlite3.Connection, user: User, secret_hash: str, now: datetime) -> bool:
    if connection.execute(_USE_INVITATION, (time_text(now), secret_hash, user.role)).rowcount == 0:
        return False
    insert_user(connection, user)
    return True


def _link(row: tuple[Any, ...]) -> OneTimeLink:
    return OneTimeLink(
        id=row[0],
        user_id=row[1],
        secret_hash=row[2],
        created_at=time_of(row[3]),
        expires_at=time_of(row[4]),
        purpose=LinkPurpose(row[5]),
        loopback_only=bool(row[6]),
        used_at=optional_time_of(row[7]),
    )


def _invitation(row: tuple[Any, ...]) -> Invitation:
    return Invitation(
        id=row[0],
        secret_hash=row[1],
        role=Role(row[2]),
        created_at=time_of(row[3]),
        expires_at=time_of(row[4]),
        created_by=row[5],
        used_at=optional_time_of(row[6]),
    )
