"""`CredentialStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from masterx.errors import NotFound
from masterx.records.users import Device, RefreshToken, User
from masterx.store.account_ports import MAX_DEVICES
from masterx.store.sqlite.columns import optional_time_of, optional_time_text, placeholders, time_of, time_text
from masterx.store.sqlite.tables import Tables
from masterx.store.sqlite.users import USER_COLUMNS, user_of

_DEVICE_COLUMNS = "id, user_id, label, first_seen_at, last_seen_at, expires_at"
_INSERT_DEVICE = f"INSERT INTO devices ({_DEVICE_COLUMNS}) VALUES ({placeholders(_DEVICE_COLUMNS)})"
_SELECT_DEVICES = f"""
    SELECT {_DEVICE_COLUMNS} FROM devices WHERE user_id = ? AND expires_at > ? ORDER BY last_seen_at DESC, id DESC
"""
_MOVE_DEVICE = "UPDATE devices SET last_seen_at = ?, expires_at = ? WHERE id = ?"
_USER_OF_DEVICE = f"""
    SELECT {USER_COLUMNS} FROM users WHERE id = (SELECT user_id FROM devices WHERE id = ?) AND disabled_at IS NULL
"""
_REMOVE_DEVICE = "DELETE FROM devices WHERE id = ? AND +user_id = ?"
_REMOVE_DEVICES = "DELETE FROM devices WHERE user_id = ? AND id IS NOT ?"
_REMOVE_UNUSED_DEVICES = f"""
    DELETE FROM devices WHERE user_id = ?1 AND id NOT IN
        (SELECT id FROM devices WHERE user_id = ?1 ORDER BY last_seen_at DESC, id DESC LIMIT {MAX_DEVICES})
"""

_TOKEN_COLUMNS = "id, user_id, device_id, token_hash, created_at, expires_at, used_at"
_INSERT_TOKEN = f"INSERT INTO refresh_tokens ({_TOKEN_COLUMNS}) VALUES ({placeholders(_TOKEN_COLUMNS)})"
_SELECT_TOKEN = f"SELECT {_TOKEN_COLUMNS} FROM refresh_tokens WHERE token_hash = ?"
_USE_TOKEN = "UPDATE refresh_tokens SET used_at = ? WHERE id = ? AND used_at IS NULL"

_PASSWORD = "SELECT password_hash FROM users WHERE id = ? AND disabled_at IS NULL"
_SET_PASSWORD = "UPDATE users SET password_hash = ? WHERE id = ?"
_RENEW_PASSWORD = "UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?"
_REMOVE_LINKS = "DELETE FROM one_time_links WHERE user_id = ?"

_PRUNE = (
    "DELETE FROM devices WHERE expires_at <= ?",
    "DELETE FROM refresh_tokens WHERE expires_at <= ?",
    "DELETE FROM one_time_links WHERE expires_at <= ?",
    "DELETE FROM invitations WHERE expires_at <= ?",
)


class SQLiteCredentials(Tables):
    async def add_device(self, device: Device, token: RefreshToken, *, password_hash: str | None) -> bool:
        return await self._writer.run(_add_device, device, token, password_hash)

    async def devices(self, user_id: str, now: datetime) -> Sequence[Device]:
        return await self._readers.run(_select_devices, user_id, now)

    async def device_user(self, device_id: str) -> User | None:
        return await self._readers.run(_select_device_user, device_id)

    async def remove_device(self, device_id: str, user_id: str) -> None:
        await self._writer.run(_remove_device, device_id, user_id)

    async def remove_devices(self, user_id: str, *, keep: str | None = None) -> None:
        await self._writer.run(_remove_devices, user_id, keep)

    async def refresh_token(self, token_hash: str) -> RefreshToken | None:
        return await self._readers.run(_select_token, token_hash)

    async def rotate_refresh_token(self, used: RefreshToken, successor: RefreshToken, now: datetime) -> bool:
        return await self._writer.run(_rotate, used, successor, now)

    async def change_password(self, user_id: str, password_hash: str, *, keep_device: str | None = None) -> None:
        await self._writer.run(change_password, user_id, password_hash, keep_device)

    async def renew_password_hash(self, user_id: str, former: str, password_hash: str) -> bool:
        return await self._writer.run(_renew_password, user_id, former, password_hash)

    async def prune_credentials(self, now: datetime) -> int:
        return await self._writer.run(_prune, now)


def _add_device(connection: sqlite3.Connection, device: Device, token: RefreshToken, password_hash: str | None) -> bool:
    row = connection.execute(_PASSWORD, (device.user_id,)).fetchone()
    if row is None or row[0] != password_hash:
        return False
    connection.execute(
        _INSERT_DEVICE,
        (
            device.id,
            device.user_id,
            device.label,
            time_text(device.first_seen_at),
            time_text(device.last_seen_at),
            time_text(device.expires_at),
        ),
    )
    connection.execute(_REMOVE_UNUSED_DEVICES, (device.user_id,))
    _insert_token(connection, token)
    return True


def _select_devices(connection: sqlite3.Connection, user_id: str, now: datetime) -> list[Device]:
    return [_device(row) for row in connection.execute(_SELECT_DEVICES, (user_id, time_text(now)))]


def _select_device_user(connection: sqlite3.Connection, device_id: str) -> User | None:
    row = connection.execute(_USER_OF_DEVICE, (device_id,)).fetchone()
    return None if row is None else user_of(row)


def _remove_device(connection: sqlite3.Connection, device_id: str, user_id: str) -> None:
    if connection.execute(_REMOVE_DEVICE, (device_id, user_id)).rowcount == 0:
        raise NotFound


def _remove_devices(connection: sqlite3.Connection, user_id: str, keep: str | None) -> None:
    connection.execute(_REMOVE_DEVICES, (user_id, keep))


def _insert_token(connection: sqlite3.Connection, token: RefreshToken) -> None:
    connection.execute(
        _INSERT_TOKEN,
        (
            token.id,
            token.user_id,
            token.device_id,
            token.token_hash,
            time_text(token.created_at),
            time_text(token.expires_at),
            optional_time_text(token.used_at),
        ),
    )


def _select_token(connection: sqlite3.Connection, token_hash: str) -> RefreshToken | None:
    row = connection.execute(_SELECT_TOKEN, (token_hash,)).fetchone()
    return None if row is None else _token(row)


def _rotate(connection: sqlite3.Connection, used: RefreshToken, successor: RefreshToken, now: datetime) -> bool:
    if connection.execute(_USE_TOKEN, (time_text(now), used.id)).rowcount == 0:
        return False
    _insert_token(connection, successor)
    connection.execute(_MOVE_DEVICE, (time_text(now), time_text(successor.expires_at), successor.device_id))
    return True


def change_password(connection: sqlite3.Connection, user_id: str, password_hash: str, keep_device: str | None) -> None:
    if connection.execute(_SET_PASSWORD, (password_hash, user_id)).rowcount == 0:
        raise NotFound
    remove_ways_in(connection, user_id, keep_device)


def remove_ways_in(connection: sqlite3.Connection, user_id: str, keep_device: str | None = None) -> None:
    """Devices with their tokens, and links."""
    _remove_devices(connection, user_id, keep_device)
    connection.execute(_REMOVE_LINKS, (user_id,))


def _renew_password(connection: sqlite3.Connection, user_id: str, former: str, password_hash: str) -> bool:
    return connection.execute(_RENEW_PASSWORD, (password_hash, user_id, former)).rowcount == 1


def _prune(connection: sqlite3.Connection, now: datetime) -> int:
    present = time_text(now)
    return sum(connection.execute(statement, (present,)).rowcount for statement in _PRUNE)


def _device(row: tuple[Any, ...]) -> Device:
    return Device(
        id=row[0],
        user_id=row[1],
        label=row[2],
        first_seen_at=time_of(row[3]),
        last_seen_at=time_of(row[4]),
        expires_at=time_of(row[5]),
    )


def _token(row: tuple[Any, ...]) -> RefreshToken:
    return RefreshToken(
        id=row[0],
        user_id=row[1],
        device_id=row[2],
        token_hash=row[3],
        created_at=time_of(row[4]),
        expires_at=time_of(row[5]),
        used_at=optional_time_of(row[6]),
    )
