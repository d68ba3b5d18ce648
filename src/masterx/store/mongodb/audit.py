"""`CostSumStore.audit`: the ledger against everything that is to follow it, as of one moment.

The ledger is read some days at a time; what spans days is compared in the end. All reads are of one snapshot, which the
server keeps for five minutes (`minSnapshotHistoryWindowInSeconds`): books that take longer need a larger figure there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from masterx.clock import Clock
from masterx.records.audits import Audit, BooksCheck, Mismatch
from masterx.records.money import NanoDollars
from masterx.store.mongodb.audit_pipelines import (
    AT_MOST,
    Comparison,
    budgets,
    messages,
    of_days,
    of_spans,
    sessions,
    totals_of,
    without_calls,
)
from masterx.store.mongodb.database import Access
from masterx.store.mongodb.documents import Row, document, in_utc, name_of_key, time_in, time_text
from masterx.store.mongodb.tables import Tables

SPENDING_CHECKED: Final = timedelta(days=1)
"""Sums of budgets whose window ended longer ago are on their way to being forgotten."""
KEPT_CHECKS: Final = 100

_DAY = timedelta(days=1)
_PARTS = 12
"""So many stretches of days, at least a day each: a page is told how far it is."""


class MongoAudit(Tables):
    async def audit(self, progress: Callable[[float], None] | None = None) -> Audit:
        return await self._database.snapshot(_audit, self._clock, progress or _quietly)

    async def note_books_check(self, check: BooksCheck) -> None:
        await self._database.write(_note, check)

    async def last_books_check(self) -> BooksCheck | None:
        return await self._database.read(_newest)


@dataclass(slots=True)
class _Reading:
    """What was added up so far."""

    calls: int = 0
    cost: int = 0
    chat: int = 0
    erased: int = 0
    stretches: list[tuple[str, str]] = field(default_factory=list)
    """First days, and those after the last."""
    mismatches: list[Mismatch] = field(default_factory=list)


def _quietly(_done: float) -> None:
    pass


async def _audit(access: Access, clock: Clock, progress: Callable[[float], None]) -> Audit:
    reading = _Reading()
    await _read_ledger(access, reading, progress)
    since = in_utc(clock.now() - SPENDING_CHECKED)
    for comparison in (*of_spans(), sessions(), messages(), budgets(since)):
        reading.mismatches += await _compared(access, comparison)
    for book, pipeline in without_calls(reading.stretches):
        for row in await access.aggregate(book, pipeline):
            reading.mismatches.append(Mismatch(book, row["place"], "calls", 0, row["calls"]))
    rows = await access.aggregate("sessions", [{"$group": {"_id": None, "cost": {"$sum": "$total_cost"}}}])
    lessons = rows[0]["cost"] if rows else 0
    if reading.chat != lessons + reading.erased:
        place = "all of them, and what was erased"
        reading.mismatches.append(Mismatch("sessions", place, "cost", reading.chat, lessons + reading.erased))
    progress(1.0)
    return Audit(
        calls=reading.calls,
        cost=NanoDollars(reading.cost),
        chat_cost=NanoDollars(reading.chat),
        lesson_cost=NanoDollars(lessons),
        erased_cost=NanoDollars(reading.erased),
        mismatches=tuple(reading.mismatches),
    )


async def _read_ledger(access: Access, reading: _Reading, progress: Callable[[float], None]) -> None:
    """Some days after the others; days without calls are passed over."""
    first, last = await _end_of_ledger(access, {}, 1), await _end_of_ledger(access, {}, -1)
    if first is None or last is None:
        return
    beginning, end = _day_of(first), _day_of(last) + _DAY
    step = max(_DAY, _DAY * ((end - beginning) // _DAY // _PARTS))
    since: datetime | None = beginning
    while since is not None:
        await _read_days(access, reading, since, since + step)
        progress(0.9 * min(1.0, (since + step - beginning) / (end - beginning)))
        following = await _end_of_ledger(access, {"timestamp": {"$gte": since + step}}, 1)
        since = None if following is None else _day_of(following)


async def _end_of_ledger(access: Access, where: Row, direction: int) -> datetime | None:
    rows = await access.all("cost_events", where, sort=[("timestamp", direction)], limit=1, fields=["timestamp"])
    return rows[0]["timestamp"] if rows else None


def _day_of(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


async def _read_days(access: Access, reading: _Reading, since: datetime, until: datetime) -> None:
    calls: Row = {"timestamp": {"$gte": since, "$lt": until}}
    (totals,) = await access.aggregate("cost_events", totals_of(calls))
    reading.calls += totals["calls"]
    reading.cost += totals["cost"]
    reading.chat += totals["chat"]
    reading.erased += totals["erased"]
    days = since.date().isoformat(), until.date().isoformat()
    reading.stretches.append(days)
    for comparison in of_days(calls, *days):
        reading.mismatches += await _compared(access, comparison)


async def _compared(access: Access, comparison: Comparison) -> list[Mismatch]:
    rows = await access.aggregate(comparison.start, [*comparison.pipeline, {"$limit": AT_MOST}])
    return [mismatch for row in rows for mismatch in _mismatches(comparison, row)]


def _mismatches(comparison: Comparison, row: Mapping[str, Any]) -> Iterator[Mismatch]:
    place = _place(row["_id"])
    for figure in comparison.figures:
        if row[figure] != row[f"book_{figure}"]:
            yield Mismatch(comparison.book, place, figure, row[figure], row[f"book_{figure}"])


def _place(key: Mapping[str, Any] | str) -> str:
    if isinstance(key, str):
        return key
    parts: Sequence[Any] = [name_of_key(part) if name == "key" else part for name, part in key.items()]
    return " ".join(str(part) for part in parts if part not in {None, ""})


async def _note(access: Access, check: BooksCheck) -> None:
    figures = document(checked_at=check.checked_at, calls=check.calls, cost=check.cost, mismatches=check.mismatches)
    await access.update("book_checks", {"_id": time_text(check.checked_at)}, {"$setOnInsert": figures}, upsert=True)
    beyond = await access.all("book_checks", {}, sort=[("checked_at", -1)], skip=KEPT_CHECKS, limit=1)
    if beyond:
        await access.delete("book_checks", {"checked_at": {"$lte": beyond[0]["checked_at"]}})


async def _newest(access: Access) -> BooksCheck | None:
    rows = await access.all("book_checks", {}, sort=[("checked_at", -1)], limit=1)
    if not rows:
        return None
    row = rows[0]
    return BooksCheck(
        checked_at=time_in(row, "checked_at"),
        calls=row["calls"],
        cost=NanoDollars(row["cost"]),
        mismatches=row["mismatches"],
    )
