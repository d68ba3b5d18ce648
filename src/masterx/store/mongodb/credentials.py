"""`CredentialStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from masterx.errors import NotFound
from masterx.records.users import Device, RefreshToken, User
from masterx.store.account_ports import MAX_DEVICES
from masterx.store.mongodb.database import Access, Write
from masterx.store.mongodb.documents import Row, document, not_after, optional_time_in, time_in
from masterx.store.mongodb.tables import Tables
from masterx.store.mongodb.users import touch_user, user_of

_LATEST = [("last_seen_at", -1), ("_id", -1)]
_EXPIRING = ("devices", "refresh_tokens", "one_time_links", "invitations")


class MongoCredentials(Tables):
    async def add_device(self, device: Device, token: RefreshToken, *, password_hash: str | None) -> bool:
        return await self._database.transact(None, _add_device, device, token, password_hash)

    async def devices(self, user_id: str, now: datetime) -> Sequence[Device]:
        return await self._database.read(_devices, user_id, now)

    async def device_user(self, device_id: str) -> User | None:
        return await self._database.read(_device_user, device_id)

    async def remove_device(self, device_id: str, user_id: str) -> None:
        await self._database.transact(None, _remove_device, device_id, user_id)

    async def remove_devices(self, user_id: str, *, keep: str | None = None) -> None:
        await self._database.transact_writes(None, remove_devices, user_id, keep)

    async def refresh_token(self, token_hash: str) -> RefreshToken | None:
        return await self._database.read(_token, token_hash)

    async def rotate_refresh_token(self, used: RefreshToken, successor: RefreshToken, now: datetime) -> bool:
        return await self._database.transact(None, _rotate, used, successor, now)

    async def change_password(self, user_id: str, password_hash: str, *, keep_device: str | None = None) -> None:
        await self._database.transact(None, change_password, user_id, password_hash, keep_device)

    async def renew_password_hash(self, user_id: str, former: str, password_hash: str) -> bool:
        return await self._database.write(_renew_password, user_id, former, password_hash)

    async def prune_credentials(self, now: datetime) -> int:
        return await self._database.write(_prune, now)


async def _add_device(access: Access, device: Device, token: RefreshToken, password_hash: str | None) -> bool:
    # The write keeps a change of the password, or the person's erasure, from happening at the same time.
    if not await touch_user(access, device.user_id):
        return False
    user = await access.one("users", {"_id": device.user_id}, ["password_hash", "disabled_at"])
    if user is None or user.get("disabled_at") is not None or user["password_hash"] != password_hash:
        return False
    await access.insert("devices", _device_row(device))
    rows = await access.all("devices", {"user_id": device.user_id}, sort=_LATEST, fields=["_id"])
    unused = [row["_id"] for row in rows[MAX_DEVICES:]]
    if unused:
        await access.delete("devices", {"_id": {"$in": unused}})
        await access.delete("refresh_tokens", {"device_id": {"$in": unused}})
    await access.insert("refresh_tokens", _token_row(token))
    return True


async def _devices(access: Access, user_id: str, now: datetime) -> list[Device]:
    rows = await access.all("devices", {"user_id": user_id, "expires_at": {"$gt": not_after(now)}}, sort=_LATEST)
    return [_device(row) for row in rows]


async def _device_user(access: Access, device_id: str) -> User | None:
    rows = await access.aggregate("devices", device_user_pipeline(device_id))
    owners = rows[0]["owners"] if rows else []
    return user_of(owners[0]) if owners and owners[0].get("disabled_at") is None else None


def device_user_pipeline(device_id: str) -> list[Row]:
    """The device with its owner, in one command."""
    owners = {"from": "users", "localField": "user_id", "foreignField": "_id", "as": "owners"}
    return [{"$match": {"_id": device_id}}, {"$lookup": owners}]


async def _remove_device(access: Access, device_id: str, user_id: str) -> None:
    if not await access.delete("devices", {"_id": device_id, "user_id": user_id}):
        raise NotFound
    await access.delete("refresh_tokens", {"device_id": device_id})


async def remove_devices(access: Access, user_id: str, keep: str | None) -> None:
    """All but the one to keep, with their tokens. In a transaction."""
    await access.batch(
        [
            Write(collection="devices", where={"user_id": user_id, "_id": {"$ne": keep}}),
            Write(collection="refresh_tokens", where={"user_id": user_id, "device_id": {"$ne": keep}}),
        ]
    )


async def _token(access: Access, token_hash: str) -> RefreshToken | None:
    row = await access.one("refresh_tokens", {"token_hash": token_hash})
    return None if row is None else _token_of(row)


async def _rotate(access: Access, used: RefreshToken, successor: RefreshToken, now: datetime) -> bool:
    # Nothing is written before both are known: what returns False is committed too.
    if await access.one("devices", {"_id": successor.device_id}, ["_id"]) is None:
        return False
    if not await access.update("refresh_tokens", {"_id": used.id, "used_at": None}, {"$set": document(used_at=now)}):
        return False
    seen = document(last_seen_at=now, expires_at=successor.expires_at)
    await access.update("devices", {"_id": successor.device_id}, {"$set": seen})
    await access.insert("refresh_tokens", _token_row(successor))
    return True


async def change_password(access: Access, user_id: str, password_hash: str, keep_device: str | None) -> None:
    """In a transaction."""
    if not await access.update("users", {"_id": user_id}, {"$set": {"password_hash": password_hash}}):
        raise NotFound
    await remove_ways_in(access, user_id, keep_device)


async def remove_ways_in(access: Access, user_id: str, keep_device: str | None = None) -> None:
    """Devices with their tokens, and links. In a transaction."""
    await remove_devices(access, user_id, keep_device)
    await access.delete("one_time_links", {"user_id": user_id})


async def _renew_password(access: Access, user_id: str, former: str, password_hash: str) -> bool:
    change = {"$set": {"password_hash": password_hash}}
    return await access.update("users", {"_id": user_id, "password_hash": former}, change) == 1


async def _prune(access: Access, now: datetime) -> int:
    over: Row = {"expires_at": {"$lte": not_after(now)}}
    devices = [row["_id"] for row in await access.all("devices", over, fields=["_id"])]
    if devices:
        # They go with their devices, and are not counted for themselves.
        await access.delete("refresh_tokens", {"device_id": {"$in": devices}})
    return (await access.batch([Write(collection=name, where=over) for name in _EXPIRING])).total()


def _device_row(device: Device) -> Row:
    return document(
        id=device.id,
        user_id=device.user_id,
        label=device.label,
        first_seen_at=device.first_seen_at,
        last_seen_at=device.last_seen_at,
        expires_at=device.expires_at,
    )


def _device(row: Mapping[str, Any]) -> Device:
    return Device(
        id=row["_id"],
        user_id=row["user_id"],
        label=row["label"],
        first_seen_at=time_in(row, "first_seen_at"),
        last_seen_at=time_in(row, "last_seen_at"),
        expires_at=time_in(row, "expires_at"),
    )


def _token_row(token: RefreshToken) -> Row:
    return document(
        id=token.id,
        user_id=token.user_id,
        device_id=token.device_id,
        token_hash=token.token_hash,
        created_at=token.created_at,
        expires_at=token.expires_at,
        used_at=token.used_at,
    )


def _token_of(row: Mapping[str, Any]) -> RefreshToken:
    return RefreshToken(
        id=row["_id"],
        user_id=row["user_id"],
        device_id=row["device_id"],
        token_hash=row["token_hash"],
        created_at=time_in(row, "created_at"),
        expires_at=time_in(row, "expires_at"),
        used_at=optional_time_in(row, "used_at"),
    )
