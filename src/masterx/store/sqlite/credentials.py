"""`CredentialStore`."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from masterx.records.users import OneTimeLink, RefreshToken
from masterx.store.sqlite.columns import (
    optional_time_of,
    optional_time_text,
    placeholders,
    time_of,
    time_text,
)
from masterx.store.sqlite.tables import Tables

_TOKEN_COLUMNS = "id, user_id, family_id, token_hash, created_at, expires_at, used_at, revoked_at"
_INSERT_TOKEN = f"INSERT INTO refresh_tokens ({_TOKEN_COLUMNS}) VALUES ({placeholders(_TOKEN_COLUMNS)})"
_SELECT_TOKEN = f"SELECT {_TOKEN_COLUMNS} FROM refresh_tokens WHERE token_hash = ?"
_USE_TOKEN = """
    UPDATE refresh_tokens SET used_at = ? WHERE id = ? AND used_at IS NULL AND revoked_at IS NULL
"""
_REVOKE_FAMILY = "UPDATE refresh_tokens SET revoked_at = ? WHERE family_id = ? AND revoked_at IS NULL"
_FORGET_TOKENS = "DELETE FROM refresh_tokens WHERE user_id = ? AND expires_at <= ?"

_LINK_COLUMNS = "id, user_id, secret_hash, created_at, expires_at, loopback_only, used_at"
_INSERT_LINK = f"INSERT INTO one_time_links ({_LINK_COLUMNS}) VALUES ({placeholders(_LINK_COLUMNS)})"
_SELECT_LINK = f"""
    SELECT {_LINK_COLUMNS} FROM one_time_links WHERE secret_hash = ? AND used_at IS NULL AND expires_at > ?
"""
_USE_LINK = "UPDATE one_time_links SET used_at = ? WHERE id = ?"
_FORGET_LINKS = "DELETE FROM one_time_links WHERE expires_at <= ?"


class SQLiteCredentials(Tables):
    """Adding one forgets the expired ones, which let nobody in, so that neither table grows for ever."""

    async def add_refresh_token(self, token: RefreshToken) -> None:
        await self._writer.run(_insert_token, token)

    async def refresh_token(self, token_hash: str) -> RefreshToken | None:
        return await self._readers.run(_select_token, token_hash)

    async def rotate_refresh_token(self, used: RefreshToken, successor: RefreshToken, now: datetime) -> bool:
        return await self._writer.run(_rotate, used, successor, now)

    async def revoke_family(self, family_id: str, now: datetime) -> None:
        await self._writer.run(_revoke, family_id, now)

    async def add_one_time_link(self, link: OneTimeLink) -> None:
        await self._writer.run(_insert_link, link)

    async def redeem_one_time_link(self, secret_hash: str, now: datetime) -> OneTimeLink | None:
        return await self._writer.run(_redeem, secret_hash, now)


def _insert_token(connection: sqlite3.Connection, token: RefreshToken) -> None:
    created = time_text(token.created_at)
    connection.execute(_FORGET_TOKENS, (token.user_id, created))
    connection.execute(
        _INSERT_TOKEN,
        (
            token.id,
            token.user_id,
            token.family_id,
            token.token_hash,
            created,
            time_text(token.expires_at),
            optional_time_text(token.used_at),
            optional_time_text(token.revoked_at),
        ),
    )


def _select_token(connection: sqlite3.Connection, token_hash: str) -> RefreshToken | None:
    row = connection.execute(_SELECT_TOKEN, (token_hash,)).fetchone()
    return None if row is None else _token(row)


def _rotate(connection: sqlite3.Connection, used: RefreshToken, successor: RefreshToken, now: datetime) -> bool:
    if connection.execute(_USE_TOKEN, (time_text(now), used.id)).rowcount == 0:
        return False
    _insert_token(connection, successor)
    return True


def _revoke(connection: sqlite3.Connection, family_id: str, now: datetime) -> None:
    connection.execute(_REVOKE_FAMILY, (time_text(now), family_id))


def _insert_link(connection: sqlite3.Connection, link: OneTimeLink) -> None:
    created = time_text(link.created_at)
    connection.execute(_FORGET_LINKS, (created,))
    connection.execute(
        _INSERT_LINK,
        (
            link.id,
            link.user_id,
            link.secret_hash,
            created,
            time_text(link.expires_at),
            link.loopback_only,
            optional_time_text(link.used_at),
        ),
    )


def _redeem(connection: sqlite3.Connection, secret_hash: str, now: datetime) -> OneTimeLink | None:
    present = time_text(now)
    row = connection.execute(_SELECT_LINK, (secret_hash, present)).fetchone()
    if row is None:
        return None
    connection.execute(_USE_LINK, (present, row[0]))
    return _link(row)


def _token(row: tuple[Any, ...]) -> RefreshToken:
    return RefreshToken(
        id=row[0],
        user_id=row[1],
        family_id=row[2],
        token_hash=row[3],
        created_at=time_of(row[4]),
        expires_at=time_of(row[5]),
        used_at=optional_time_of(row[6]),
        revoked_at=optional_time_of(row[7]),
    )


def _link(row: tuple[Any, ...]) -> OneTimeLink:
    return OneTimeLink(
        id=row[0],
        user_id=row[1],
        secret_hash=row[2],
        created_at=time_of(row[3]),
        expires_at=time_of(row[4]),
        loopback_only=bool(row[5]),
        used_at=optional_time_of(row[6]),
    )
