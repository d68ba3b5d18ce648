"""`OperationsStore`: leases, alerts, and what health is told by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import PyMongoError

from masterx.records.costs import CallOutcome
from masterx.records.money import NanoDollars
from masterx.records.operations import Alert, AlertKind, Delivery, ProviderTraffic
from masterx.store.mongodb.database import Access, Write
from masterx.store.mongodb.documents import Row, document, not_after, not_before, optional_time_in, time_in
from masterx.store.mongodb.errors import is_duplicate
from masterx.store.mongodb.tables import Tables

OPEN = "open"
"""True on an alert that is not resolved, else absent: a unique index holds one of a kind and subject."""


class MongoOperations(Tables):
    async def take_lease(self, name: str, holder: str, until: datetime, now: datetime) -> bool:
        return await self._database.write(take_lease, name, holder, until, now)

    async def release_lease(self, name: str, holder: str) -> None:
        await self._database.write(release_lease, name, holder)

    async def raise_alert(self, alert: Alert) -> bool:
        return await self._database.write(_raise, alert)

    async def resolve_alert(self, kind: AlertKind, subject: str, now: datetime) -> Alert | None:
        return await self._database.write(_resolve, kind, subject, now)

    async def alerts(self, *, limit: int) -> Sequence[Alert]:
        return await self._database.read(_list, {}, [("raised_at", -1), ("_id", -1)], limit)

    async def open_alerts(self) -> Sequence[Alert]:
        return await self._database.read(_list, {OPEN: True}, [], 0)

    async def due_alerts(self, now: datetime, *, limit: int) -> Sequence[Alert]:
        due = {"delivery": Delivery.PENDING.value, "next_try_at": {"$lte": not_after(now)}}
        return await self._database.read(_list, due, [("next_try_at", 1)], limit)

    async def note_delivery(self, alert: Alert) -> None:
        await self._database.write(_note, alert)

    async def forget_operations(self, before: datetime) -> None:
        await self._database.write(_forget, before)

    async def provider_traffic(self, since: datetime) -> Sequence[ProviderTraffic]:
        return await self._database.report(_traffic, since)

    async def spent_since(self, since: datetime) -> NanoDollars:
        return await self._database.report(_spent, since)


async def take_lease(access: Access, name: str, holder: str, until: datetime, now: datetime) -> bool:
    free = {"_id": name, "$or": [{"holder": holder}, {"until": {"$lte": not_after(now)}}]}
    change = {"$set": {"holder": holder} | document(until=until)}
    try:
        return await access.update("leases", free, change, upsert=True) == 1
    except PyMongoError as error:
        # There is a row of this name, and it is not free.
        if is_duplicate(error):
            return False
        raise


async def release_lease(access: Access, name: str, holder: str) -> None:
    await access.delete("leases", {"_id": name, "holder": holder})


async def _raise(access: Access, alert: Alert) -> bool:
    try:
        await access.insert("alerts", _row(alert))
    except PyMongoError as error:
        if is_duplicate(error):
            return False
        raise
    return True


async def _resolve(access: Access, kind: AlertKind, subject: str, now: datetime) -> Alert | None:
    moment, silent = not_after(now), {"$eq": ["$delivery", Delivery.NONE.value]}
    row = await access.change(
        "alerts",
        {"kind": kind.value, "subject": subject, OPEN: True},
        [
            {
                "$set": {
                    "resolved_at": moment,
                    "delivery": {"$cond": [silent, Delivery.NONE.value, Delivery.PENDING.value]},
                    "tries": {"$literal": document(tries=0)["tries"]},
                    "next_try_at": {"$cond": [silent, None, moment]},
                    "delivery_error": None,
                }
            },
            {"$unset": OPEN},
        ],
    )
    return None if row is None else _alert(row)


async def _list(access: Access, where: Row, sort: Sequence[tuple[str, int]], limit: int) -> list[Alert]:
    return [_alert(row) for row in await access.all("alerts", where, sort=sort, limit=limit)]


async def _note(access: Access, alert: Alert) -> None:
    resolved_at = None if alert.resolved_at is None else not_after(alert.resolved_at)
    news = document(
        delivery=alert.delivery,
        tries=alert.tries,
        next_try_at=None if alert.next_try_at is None else not_after(alert.next_try_at),
        delivery_error=alert.delivery_error,
    )
    await access.update("alerts", {"_id": alert.id, "resolved_at": resolved_at}, {"$set": news})


async def _forget(access: Access, before: datetime) -> None:
    limit = {"$lt": not_before(before)}
    await access.batch(
        [
            Write(collection="alerts", where={"raised_at": limit, "resolved_at": {"$ne": None}}),
            Write(collection="provider_health", where={"timestamp": limit}),
        ]
    )


def traffic_pipeline(since: datetime) -> list[Row]:
    def of(outcome: CallOutcome, value: Any, other: Any) -> Row:
        return {"$cond": [{"$eq": ["$outcome", outcome.value]}, value, other]}

    group = {
        "_id": "$provider",
        "requests": {"$sum": 1},
        "errors": {"$sum": of(CallOutcome.FAILED, 1, 0)},
        "successes": {"$sum": of(CallOutcome.SUCCEEDED, 1, 0)},
        "avg_ms": {"$avg": of(CallOutcome.SUCCEEDED, "$duration_ms", None)},
        "times": {"$push": of(CallOutcome.SUCCEEDED, "$duration_ms", "$$REMOVE")},
        "last_success": {"$max": of(CallOutcome.SUCCEEDED, "$timestamp", None)},
        "last_failure": {"$max": of(CallOutcome.FAILED, "$timestamp", None)},
    }
    place = {"$subtract": [{"$floor": {"$divide": [{"$add": [{"$multiply": ["$successes", 95]}, 99]}, 100]}}, 1]}
    slow = {"$arrayElemAt": [{"$sortArray": {"input": "$times", "sortBy": 1}}, {"$toInt": place}]}
    p95 = {"$cond": [{"$eq": ["$successes", 0]}, None, slow]}
    return [
        {"$match": {"timestamp": {"$gte": not_before(since)}}},
        {"$group": group},
        {"$set": {"p95_ms": p95}},
        {"$unset": "times"},
        {"$sort": {"_id": 1}},
    ]


async def _traffic(access: Access, since: datetime) -> list[ProviderTraffic]:
    return [
        ProviderTraffic(
            provider=row["_id"],
            requests=row["requests"],
            errors=row["errors"],
            successes=row["successes"],
            avg_ms=row["avg_ms"],
            p95_ms=row["p95_ms"],
            last_success=row["last_success"],
            last_failure=row["last_failure"],
        )
        for row in await access.aggregate("cost_events", traffic_pipeline(since))
    ]


async def _spent(access: Access, since: datetime) -> NanoDollars:
    pipeline: list[Row] = [
        {"$match": {"timestamp": {"$gte": not_before(since)}}},
        {"$group": {"_id": None, "cost": {"$sum": "$cost"}}},
    ]
    rows = await access.aggregate("cost_events", pipeline)
    return NanoDollars(rows[0]["cost"] if rows else 0)


def _row(alert: Alert) -> Row:
    row = document(
        id=alert.id,
        kind=alert.kind,
        subject=alert.subject,
        period=alert.period,
        value=float(alert.value),
        threshold=float(alert.threshold),
        raised_at=alert.raised_at,
        resolved_at=alert.resolved_at,
        delivery=alert.delivery,
        tries=alert.tries,
        next_try_at=alert.next_try_at,
        delivery_error=alert.delivery_error,
    )
    return row | {OPEN: True} if alert.resolved_at is None else row


def _alert(row: Mapping[str, Any]) -> Alert:
    return Alert(
        id=row["_id"],
        kind=AlertKind(row["kind"]),
        subject=row["subject"],
        period=row["period"],
        value=row["value"],
        threshold=row["threshold"],
        raised_at=time_in(row, "raised_at"),
        resolved_at=optional_time_in(row, "resolved_at"),
        delivery=Delivery(row["delivery"]),
        tries=row["tries"],
        next_try_at=optional_time_in(row, "next_try_at"),
        delivery_error=row["delivery_error"],
    )
