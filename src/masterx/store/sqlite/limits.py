"""`LimitStore`."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta

from masterx.records.limits import WindowCount
from masterx.store.sqlite.columns import time_of, time_text
from masterx.store.sqlite.tables import Tables

_SELECT = "SELECT times FROM request_windows WHERE id = ?"
_KEEP = "INSERT OR REPLACE INTO request_windows (id, times, expires_at) VALUES (?, ?, ?)"
_FORGET = "DELETE FROM request_windows WHERE expires_at <= ?"


class SQLiteLimits(Tables):
    async def hit_window(self, key: str, *, limit: int, window: timedelta, now: datetime) -> WindowCount:
        return await self._writer.run_lightly(_hit, key, limit, window, now)

    async def forget_windows(self, before: datetime) -> None:
        await self._writer.run_lightly(_forget, time_text(before))


def _hit(connection: sqlite3.Connection, key: str, limit: int, window: timedelta, now: datetime) -> WindowCount:
    row = connection.execute(_SELECT, (key,)).fetchone()
    since = time_text(now - window)
    times = [] if row is None else [each for each in json.loads(row[0]) if each > since]
    allowed = len(times) < limit
    if allowed:
        times.append(time_text(now))
        connection.execute(_KEEP, (key, json.dumps(times), time_text(now + window)))
    return WindowCount(allowed=allowed, count=len(times), oldest=min(map(time_of, times), default=now))


def _forget(connection: sqlite3.Connection, before: str) -> None:
    connection.execute(_FORGET, (before,))
