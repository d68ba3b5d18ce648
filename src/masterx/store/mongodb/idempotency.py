"""`IdempotencyStore`. A key without `message_id` is being worked on.

A claim and the account that it is for are not in one transaction: the claim is written first, then it is looked
whether the account is there. Erasing removes the account first, then the claims. One of the two sees the other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pymongo.errors import PyMongoError

from masterx.errors import IdempotencyMismatch, NotFound, RequestInProgress
from masterx.records.idempotency import CompletedRequest, IdempotencyClaim
from masterx.records.messages import Message
from masterx.store.mongodb.database import Access, Write
from masterx.store.mongodb.documents import Row, document, not_after, not_before
from masterx.store.mongodb.errors import is_duplicate
from masterx.store.mongodb.tables import Tables

REMEMBERED: Final = timedelta(hours=24)


class MongoIdempotency(Tables):
    async def claim_request(self, claim: IdempotencyClaim, now: datetime) -> CompletedRequest | None:
        async with self._database.lock(f"claim {claim.user_id}"):
            return await self._database.write(_claim, claim, now)

    async def renew_claim(self, claim: IdempotencyClaim) -> bool:
        change = {"$set": document(lease_until=claim.lease_until)}
        return await self._database.write(_update_held, claim, change) == 1

    async def release_claim(self, claim: IdempotencyClaim) -> None:
        await self._database.write(_release, claim)


async def _claim(access: Access, claim: IdempotencyClaim, now: datetime) -> CompletedRequest | None:
    try:
        known = await _claim_new(access, claim, now)
    except PyMongoError as error:
        if not is_duplicate(error):
            raise
    else:
        if not known:
            await _release(access, claim)
            raise NotFound("That account is gone.")
        return None
    return await _claim_again(access, claim, now)


async def _claim_new(access: Access, claim: IdempotencyClaim, now: datetime) -> bool:
    """Whether the learner is there. Raises the driver's word for a key that is in use."""
    # An update that changes nothing counts the account, in the same command.
    writes = [
        Write(collection="idempotency_keys", change=_row(claim, now)),
        Write(collection="users", where={"_id": claim.user_id}, change={"$min": {"total_sessions": 2**62}}),
    ]
    return (await access.batch(writes))["users"] == 1


async def _claim_again(access: Access, claim: IdempotencyClaim, now: datetime) -> CompletedRequest | None:
    """A key that was used before: free again when its lease lapsed, or when it is a day old."""
    lapsed = {"message_id": None, "lease_until": {"$lte": not_after(now)}, "request_hash": claim.request_hash}
    forgotten = {"last_used_at": {"$lt": not_before(now - REMEMBERED)}}
    taken = await access.change(
        "idempotency_keys",
        {"_id": key_id(claim.user_id, claim.key), "$or": [lapsed, forgotten]},
        {"$set": {name: value for name, value in _row(claim, now).items() if name != "_id"}},
    )
    if taken is not None:
        return None
    row = await access.one("idempotency_keys", {"_id": key_id(claim.user_id, claim.key)})
    if row is None:
        raise RequestInProgress  # removed in this very moment; the caller asks again
    if row["request_hash"] != claim.request_hash:
        raise IdempotencyMismatch
    if row["message_id"] is None:
        raise RequestInProgress
    await access.update("idempotency_keys", {"_id": row["_id"]}, {"$set": document(last_used_at=now)})
    return CompletedRequest(session_id=row["session_id"], message_id=row["message_id"])


async def _update_held(access: Access, claim: IdempotencyClaim, change: Row) -> int:
    return await access.update("idempotency_keys", held(claim), change)


async def _release(access: Access, claim: IdempotencyClaim) -> None:
    await access.delete("idempotency_keys", held(claim))


def key_id(user_id: str, key: str) -> str:
    """No key holds a space at its beginning, no id holds one at all: two pairs never look the same."""
    return f"{user_id} {key}"


def held(claim: IdempotencyClaim) -> Row:
    return {"_id": key_id(claim.user_id, claim.key), "holder": claim.holder, "message_id": None}


def completion(claim: IdempotencyClaim, answer: Message) -> Write:
    """Finds nothing when the claim is no longer this holder's."""
    done = document(session_id=answer.session_id, message_id=answer.id, last_used_at=answer.timestamp)
    return Write(collection="idempotency_keys", where=held(claim), change={"$set": done})


def _row(claim: IdempotencyClaim, now: datetime) -> Row:
    return document(
        id=key_id(claim.user_id, claim.key),
        user_id=claim.user_id,
        key=claim.key,
        request_hash=claim.request_hash,
        holder=claim.holder,
        lease_until=claim.lease_until,
        last_used_at=now,
        session_id=None,
        message_id=None,
    )
