"""`ApiKeyStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from masterx.errors import NotFound
from masterx.records.api_keys import ApiKey, KeyScope
from masterx.records.users import User
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, document, not_after, optional_time_in, time_in
from masterx.store.mongodb.tables import Tables
from masterx.store.mongodb.users import touch_user, user_of


class MongoApiKeys(Tables):
    async def add_api_key(self, key: ApiKey) -> None:
        await self._database.transact(None, _add, key)

    async def api_keys(self) -> Sequence[ApiKey]:
        return await self._database.read(_all)

    async def usable_api_key(self, secret_hash: str, now: datetime) -> tuple[ApiKey, User] | None:
        return await self._database.read(_usable, secret_hash, now)

    async def note_api_key_use(self, key_id: str, at: datetime) -> None:
        await self._database.write(_note_use, key_id, at)

    async def revoke_api_key(self, key_id: str, now: datetime) -> ApiKey:
        return await self._database.write(_revoke, key_id, now)


async def _add(access: Access, key: ApiKey) -> None:
    if not await touch_user(access, key.user_id):
        raise NotFound
    await access.insert("api_keys", _row(key))


async def _all(access: Access) -> list[ApiKey]:
    return [_key_of(row) for row in await access.all("api_keys", {}, sort=[("created_at", -1), ("_id", -1)])]


async def _usable(access: Access, secret_hash: str, now: datetime) -> tuple[ApiKey, User] | None:
    alive: list[Row] = [{"expires_at": None}, {"expires_at": {"$gt": not_after(now)}}]
    row = await access.one("api_keys", {"secret_hash": secret_hash, "revoked_at": None, "$or": alive})
    if row is None:
        return None
    user = await access.one("users", {"_id": row["user_id"], "disabled_at": None})
    return None if user is None else (_key_of(row), user_of(user))


async def _note_use(access: Access, key_id: str, at: datetime) -> None:
    earlier: list[Row] = [{"last_used_at": None}, {"last_used_at": {"$lte": not_after(at)}}]
    await access.change("api_keys", {"_id": key_id, "$or": earlier}, {"$set": document(last_used_at=at)})


async def _revoke(access: Access, key_id: str, now: datetime) -> ApiKey:
    await access.change("api_keys", {"_id": key_id, "revoked_at": None}, {"$set": document(revoked_at=now)})
    row = await access.one("api_keys", {"_id": key_id})
    if row is None:
        raise NotFound
    return _key_of(row)


def _row(key: ApiKey) -> Row:
    return document(
        id=key.id,
        user_id=key.user_id,
        name=key.name,
        secret_hash=key.secret_hash,
        hint=key.hint,
        scopes=" ".join(key.scopes),
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


def _key_of(row: Mapping[str, Any]) -> ApiKey:
    return ApiKey(
        id=row["_id"],
        user_id=row["user_id"],
        name=row["name"],
        secret_hash=row["secret_hash"],
        hint=row["hint"],
        scopes=tuple(KeyScope(scope) for scope in row["scopes"].split()),
        created_at=time_in(row, "created_at"),
        last_used_at=optional_time_in(row, "last_used_at"),
        expires_at=optional_time_in(row, "expires_at"),
        revoked_at=optional_time_in(row, "revoked_at"),
    )
