"""`BreakerStore` and `InstanceStore`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pymongo.errors import PyMongoError

from masterx.records.health import BreakerState, KeptBreaker
from masterx.records.operations import Instance, InstanceState, JobRun, RecentError
from masterx.store.mongodb.database import Access, Write
from masterx.store.mongodb.documents import document, not_before, optional_time_in, time_in
from masterx.store.mongodb.errors import is_duplicate
from masterx.store.mongodb.tables import Tables
from masterx.store.operations_ports import KEPT_ERRORS


class MongoInstances(Tables):
    async def breakers(self) -> Sequence[KeptBreaker]:
        return await self._database.read(_breakers)

    async def move_breaker(self, breaker: KeptBreaker) -> bool:
        return await self._database.write(_move, breaker)

    async def note_instance(self, instance: Instance) -> None:
        await self._database.write(_note, instance)

    async def remove_instance(self, instance_id: str) -> None:
        await self._database.write(_remove, instance_id)

    async def instances(self) -> Sequence[Instance]:
        return await self._database.read(_instances)

    async def forget_instances(self, before: datetime) -> None:
        await self._database.write(_forget, before)

    async def add_recent_errors(self, errors: Sequence[RecentError]) -> None:
        await self._database.write(_add_errors, errors)

    async def recent_errors(self, *, limit: int) -> Sequence[RecentError]:
        return await self._database.read(_errors, limit)

    async def count_recent_errors(self, since: datetime) -> int:
        return await self._database.read(_count, since)


async def _breakers(access: Access) -> list[KeptBreaker]:
    return [
        KeptBreaker(
            provider=row["_id"],
            revision=row["revision"],
            state=BreakerState(row["state"]),
            reason=row["reason"],
            openings=row["openings"],
            holds_seconds=row["holds_seconds"],
            changed_at=time_in(row, "changed_at"),
        )
        for row in await access.all("breakers", {}, sort=[("_id", 1)])
    ]


async def _move(access: Access, breaker: KeptBreaker) -> bool:
    row = document(
        id=breaker.provider,
        revision=breaker.revision,
        state=breaker.state,
        reason=breaker.reason,
        openings=breaker.openings,
        holds_seconds=float(breaker.holds_seconds),
        changed_at=breaker.changed_at,
    )
    if breaker.revision != 1:
        return (
            await access.update("breakers", {"_id": row["_id"], "revision": breaker.revision - 1}, {"$set": row}) == 1
        )
    try:
        await access.insert("breakers", row)
    except PyMongoError as error:
        if is_duplicate(error):
            return False
        raise
    return True


async def _note(access: Access, instance: Instance) -> None:
    row = document(
        id=instance.id,
        host=instance.host,
        process_id=instance.process_id,
        version=instance.version,
        started_at=instance.started_at,
        last_seen=instance.last_seen,
        state=instance.state,
        leads=instance.leads,
        jobs=[
            {"name": job.name, "last_error": job.last_error} | document(last_run=job.last_run) for job in instance.jobs
        ],
    )
    await access.update("instances", {"_id": instance.id}, {"$set": row}, upsert=True)


async def _remove(access: Access, instance_id: str) -> None:
    await access.delete("instances", {"_id": instance_id})


async def _instances(access: Access) -> list[Instance]:
    return [
        Instance(
            id=row["_id"],
            host=row["host"],
            process_id=row["process_id"],
            version=row["version"],
            started_at=time_in(row, "started_at"),
            last_seen=time_in(row, "last_seen"),
            state=InstanceState(row["state"]),
            leads=row["leads"],
            jobs=tuple(
                JobRun(name=job["name"], last_run=optional_time_in(job, "last_run"), last_error=job["last_error"])
                for job in row["jobs"]
            ),
        )
        for row in await access.all("instances", {}, sort=[("started_at", 1), ("_id", 1)])
    ]


async def _forget(access: Access, before: datetime) -> None:
    await access.delete("instances", {"last_seen": {"$lt": not_before(before)}})


async def _add_errors(access: Access, errors: Sequence[RecentError]) -> None:
    rows = [
        document(
            id=error.id,
            timestamp=error.timestamp,
            request_id=error.request_id,
            type=error.type,
            code=error.code,
            path=error.path,
            instance_id=error.instance_id,
        )
        for error in errors
    ]
    if rows:
        await access.batch(
            [
                Write(
                    collection="recent_errors", where={"_id": row.pop("_id")}, change={"$setOnInsert": row}, upsert=True
                )
                for row in rows
            ]
        )
    beyond = await access.all("recent_errors", {}, sort=[("_id", -1)], skip=KEPT_ERRORS, limit=1, fields=["_id"])
    if beyond:
        await access.delete("recent_errors", {"_id": {"$lte": beyond[0]["_id"]}})


async def _errors(access: Access, limit: int) -> list[RecentError]:
    return [
        RecentError(
            id=row["_id"],
            timestamp=time_in(row, "timestamp"),
            request_id=row["request_id"],
            type=row["type"],
            code=row["code"],
            path=row["path"],
            instance_id=row["instance_id"],
        )
        for row in await access.all("recent_errors", {}, sort=[("_id", -1)], limit=limit)
    ]


async def _count(access: Access, since: datetime) -> int:
    rows = await access.aggregate(
        "recent_errors", [{"$match": {"timestamp": {"$gte": not_before(since)}}}, {"$count": "count"}]
    )
    return int(rows[0]["count"]) if rows else 0
