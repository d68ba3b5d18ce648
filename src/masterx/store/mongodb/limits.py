"""`LimitStore`."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from masterx.records.limits import WindowCount
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, in_utc, not_before, time_text
from masterx.store.mongodb.tables import Tables

_LAST: Final = "~"
"""Behind every request of the same moment, in the order of text."""


class MongoLimits(Tables):
    async def hit_window(self, key: str, *, limit: int, window: timedelta, now: datetime) -> WindowCount:
        return await self._database.write(_hit, key, limit, window, now)

    async def forget_windows(self, before: datetime) -> None:
        await self._database.write(_forget, before)


async def _hit(access: Access, key: str, limit: int, window: timedelta, now: datetime) -> WindowCount:
    """One command: the server drops what is over, looks, and counts.

    A request is its time and a mark of its own, by which it finds itself, whoever counted in between.
    """
    mine = f"{time_text(now)} {secrets.token_hex(8)}"
    since = time_text(now - window) + _LAST
    kept = {"$filter": {"input": {"$ifNull": ["$times", []]}, "cond": {"$gt": ["$$this", since]}}}
    counted = {"$cond": [{"$lt": [{"$size": "$times"}, limit]}, {"$concatArrays": ["$times", [mine]]}, "$times"]}
    change: list[Row] = [
        {"$set": {"times": kept, "expires_at": not_before(now + window)}},
        {"$set": {"times": counted}},
    ]
    row = await access.upserted("request_windows", key, change)
    oldest = min((_time_of(each) for each in row["times"]), default=in_utc(now))
    return WindowCount(allowed=mine in row["times"], count=len(row["times"]), oldest=oldest)


async def _forget(access: Access, before: datetime) -> None:
    await access.delete("request_windows", {"expires_at": {"$lt": not_before(before)}})


def _time_of(request: str) -> datetime:
    return datetime.fromisoformat(request.partition(" ")[0])
