"""`ApiKeyStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from masterx.errors import NotFound
from masterx.records.api_keys import ApiKey, KeyScope
from masterx.records.users import User
from masterx.store.sqlite.columns import optional_time_of, optional_time_text, placeholders, time_of, time_text
from masterx.store.sqlite.tables import Tables
from masterx.store.sqlite.users import USER_COLUMNS, user_of

_COLUMNS = "id, user_id, name, secret_hash, hint, scopes, created_at, last_used_at, expires_at, revoked_at"
_INSERT = f"INSERT INTO api_keys ({_COLUMNS}) VALUES ({placeholders(_COLUMNS)})"
_ALL = f"SELECT {_COLUMNS} FROM api_keys ORDER BY created_at DESC, id DESC"
_USABLE = f"""
    SELECT {_COLUMNS} FROM api_keys
    WHERE secret_hash = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)
"""
_USER = f"SELECT {USER_COLUMNS} FROM users WHERE id = ?"
_NOTE_USE = "UPDATE api_keys SET last_used_at = max(ifnull(last_used_at, ''), ?2) WHERE id = ?1"
_REVOKE = f"UPDATE api_keys SET revoked_at = ifnull(revoked_at, ?2) WHERE id = ?1 RETURNING {_COLUMNS}"


class SQLiteApiKeys(Tables):
    async def add_api_key(self, key: ApiKey) -> None:
        await self._writer.run(_insert, key)

    async def api_keys(self) -> Sequence[ApiKey]:
        return await self._readers.run(_select_all)

    async def usable_api_key(self, secret_hash: str, now: datetime) -> tuple[ApiKey, User] | None:
        return await self._readers.run(_select_usable, secret_hash, now)

    async def note_api_key_use(self, key_id: str, at: datetime) -> None:
        await self._writer.run(_note_use, key_id, at)

    async def revoke_api_key(self, key_id: str, now: datetime) -> ApiKey:
        return await self._writer.run(_revoke, key_id, now)


def _insert(connection: sqlite3.Connection, key: ApiKey) -> None:
    if connection.execute(_USER, (key.user_id,)).fetchone() is None:
        raise NotFound
    connection.execute(
        _INSERT,
        (
            key.id,
            key.user_id,
            key.name,
            key.secret_hash,
            key.hint,
            " ".join(key.scopes),
            time_text(key.created_at),
            optional_time_text(key.last_used_at),
            optional_time_text(key.expires_at),
            optional_time_text(key.revoked_at),
        ),
    )


def _select_all(connection: sqlite3.Connection) -> list[ApiKey]:
    return [_key_of(row) for row in connection.execute(_ALL)]


def _select_usable(connection: sqlite3.Connection, secret_hash: str, now: datetime) -> tuple[ApiKey, User] | None:
    row = connection.execute(_USABLE, (secret_hash, time_text(now))).fetchone()
    if row is None:
        return None
    key = _key_of(row)
    user = user_of(connection.execute(_USER, (key.user_id,)).fetchone())
    return None if user.disabled_at is not None else (key, user)


def _note_use(connection: sqlite3.Connection, key_id: str, at: datetime) -> None:
    connection.execute(_NOTE_USE, (key_id, time_text(at)))


def _revoke(connection: sqlite3.Connection, key_id: str, now: datetime) -> ApiKey:
    rows = connection.execute(_REVOKE, (key_id, time_text(now))).fetchall()
    if not rows:
        raise NotFound
    return _key_of(rows[0])


def _key_of(row: tuple[Any, ...]) -> ApiKey:
    return ApiKey(
        id=row[0],
        user_id=row[1],
        name=row[2],
        secret_hash=row[3],
        hint=row[4],
        scopes=tuple(KeyScope(scope) for scope in row[5].split()),
        created_at=time_of(row[6]),
        last_used_at=optional_time_of(row[7]),
        expires_at=optional_time_of(row[8]),
        revoked_at=optional_time_of(row[9]),
    )
