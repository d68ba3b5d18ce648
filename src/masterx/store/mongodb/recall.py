"""`RecallStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from masterx.records.messages import Message
from masterx.records.recall import MessageVector, Unread
from masterx.store.mongodb.database import Access, Write
from masterx.store.mongodb.documents import Row, not_after, not_before, vector_binary
from masterx.store.mongodb.messages import WITHOUT_VECTORS, message_of
from masterx.store.mongodb.tables import Tables
from masterx.store.mongodb.vector_index import FIELDS, MongoVectorIndex, message_vector

_OLDEST = [("timestamp", 1), ("_id", 1)]


class MongoRecall(Tables):
    @property
    def vector_index(self) -> MongoVectorIndex:
        return MongoVectorIndex(self._database)

    async def message_vectors(
        self, user_id: str, *, after: tuple[datetime, str] | None = None, limit: int
    ) -> Sequence[MessageVector]:
        return await self._database.read(_vectors, user_id, after, limit)

    async def messages_by_id(self, user_id: str, ids: Sequence[str]) -> Sequence[Message]:
        return await self._database.read(_by_id, user_id, ids)

    async def unread_messages(self, *, since: datetime, limit: int) -> Sequence[Unread]:
        return await self._database.read(_unread, since, limit)

    async def add_embeddings(self, embeddings: Mapping[str, tuple[float, ...]]) -> None:
        await self._database.write(_add, embeddings)


async def _vectors(access: Access, user_id: str, after: tuple[datetime, str] | None, limit: int) -> list[MessageVector]:
    where: Row = {"user_id": user_id, "embedding": {"$ne": None}, "superseded_by": None}
    if after is not None:
        moment = not_after(after[0])
        where["timestamp"] = {"$gte": moment}
        where["$or"] = [{"timestamp": {"$gt": moment}}, {"_id": {"$gt": after[1]}}]
    rows = await access.all("messages", where, sort=_OLDEST, limit=limit, fields=FIELDS)
    return [message_vector(row) for row in rows]


async def _by_id(access: Access, user_id: str, ids: Sequence[str]) -> list[Message]:
    where: Row = {"_id": {"$in": list(ids)}, "user_id": user_id, "superseded_by": None}
    rows = await access.all("messages", where, fields=WITHOUT_VECTORS) if ids else []
    found = {row["_id"]: message_of(row) for row in rows}
    return [found[message_id] for message_id in ids if message_id in found]


async def _unread(access: Access, since: datetime, limit: int) -> list[Unread]:
    where: Row = {"embedding": None, "timestamp": {"$gte": not_before(since)}}
    fields = ["user_id", "content"]
    rows = await access.all("messages", where, sort=[("timestamp", -1)], limit=limit, fields=fields)
    return [Unread(id=row["_id"], user_id=row["user_id"], content=row["content"]) for row in rows]


async def _add(access: Access, embeddings: Mapping[str, tuple[float, ...]]) -> None:
    writes = [
        Write(collection="messages", where={"_id": message_id}, change={"$set": {"embedding": vector_binary(vector)}})
        for message_id, vector in embeddings.items()
    ]
    if writes:
        await access.batch(writes)
