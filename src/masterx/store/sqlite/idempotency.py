"""`IdempotencyStore`. A key without `message_id` is being worked on."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from masterx.errors import IdempotencyMismatch, NotFound, RequestInProgress
from masterx.records.idempotency import CompletedRequest, IdempotencyClaim
from masterx.records.messages import Message
from masterx.store.sqlite.columns import time_text
from masterx.store.sqlite.tables import Tables

REMEMBERED = timedelta(hours=24)

_FORGET = "DELETE FROM idempotency_keys WHERE last_used_at < ?"
# Takes a free key, or one whose holder let the lease lapse; else touches nothing and returns nothing.
_CLAIM = """
    INSERT INTO idempotency_keys (user_id, key, request_hash, holder, lease_until, last_used_at)
    SELECT ?, ?, ?, ?, ?, ?6 WHERE EXISTS (SELECT 1 FROM users WHERE id = ?1)
    ON CONFLICT (user_id, key) DO UPDATE SET
        holder = excluded.holder, lease_until = excluded.lease_until, last_used_at = excluded.last_used_at
    WHERE message_id IS NULL AND lease_until <= ?6 AND request_hash = excluded.request_hash
    RETURNING 1
"""
_SELECT = "SELECT request_hash, session_id, message_id FROM idempotency_keys WHERE user_id = ? AND key = ?"
_TOUCH = "UPDATE idempotency_keys SET last_used_at = ? WHERE user_id = ? AND key = ?"
_HELD = "user_id = ? AND key = ? AND holder = ? AND message_id IS NULL"
_RENEW = f"UPDATE idempotency_keys SET lease_until = ? WHERE {_HELD}"
_RELEASE = f"DELETE FROM idempotency_keys WHERE {_HELD}"
_COMPLETE = f"UPDATE idempotency_keys SET session_id = ?, message_id = ?, last_used_at = ? WHERE {_HELD}"


class SQLiteIdempotency(Tables):
    async def claim_request(self, claim: IdempotencyClaim, now: datetime) -> CompletedRequest | None:
        return await self._writer.run(_claim, claim, now)

    async def renew_claim(self, claim: IdempotencyClaim) -> bool:
        return await self._writer.run(_renew, claim)

    async def release_claim(self, claim: IdempotencyClaim) -> None:
        await self._writer.run(_release, claim)


def _claim(connection: sqlite3.Connection, claim: IdempotencyClaim, now: datetime) -> CompletedRequest | None:
    present = time_text(now)
    connection.execute(_FORGET, (time_text(now - REMEMBERED),))
    asked = (claim.user_id, claim.key, claim.request_hash, claim.holder, time_text(claim.lease_until), present)
    if connection.execute(_CLAIM, asked).fetchone():
        return None
    row = connection.execute(_SELECT, (claim.user_id, claim.key)).fetchone()
    if row is None:
        raise NotFound("That account is gone.")
    request_hash, session_id, message_id = row
    if request_hash != claim.request_hash:
        raise IdempotencyMismatch
    if message_id is None:
        raise RequestInProgress
    connection.execute(_TOUCH, (present, claim.user_id, claim.key))
    return CompletedRequest(session_id=session_id, message_id=message_id)


def _renew(connection: sqlite3.Connection, claim: IdempotencyClaim) -> bool:
    lease = time_text(claim.lease_until)
    return connection.execute(_RENEW, (lease, claim.user_id, claim.key, claim.holder)).rowcount == 1


def _release(connection: sqlite3.Connection, claim: IdempotencyClaim) -> None:
    connection.execute(_RELEASE, (claim.user_id, claim.key, claim.holder))


def complete_claim(connection: sqlite3.Connection, claim: IdempotencyClaim, answer: Message) -> bool:
    """False when the claim is no longer this holder's."""
    row = (answer.session_id, answer.id, time_text(answer.timestamp), claim.user_id, claim.key, claim.holder)
    return connection.execute(_COMPLETE, row).rowcount == 1
