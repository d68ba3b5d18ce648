"""`RowSource` and `RowTarget` over a database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from pymongo import errors as driver
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection

from masterx.clock import Clock, new_id
from masterx.errors import BackupError
from masterx.store.mongodb.connection import Server, connect
from masterx.store.mongodb.database import MAJORITY, Access, Database
from masterx.store.mongodb.documents import Row as Document
from masterx.store.mongodb.documents import not_before, plain
from masterx.store.mongodb.errors import codes, translated
from masterx.store.mongodb.migrations import applied_version, migrate, refuse_newer
from masterx.store.mongodb.operations import release_lease, take_lease
from masterx.store.mongodb.row_documents import SUMS, added, document_of, key_of, row_of
from masterx.store.rows import BATCH_ROWS, LEFT_OUT, Fields, Key, Row
from masterx.store.schema import SCHEMA_VERSION
from masterx.store.sqlite.row_values import shapes_of_version

LEASE: Final = "copying"
LEASE_TIME: Final = timedelta(minutes=1)
"""Renewed with each batch and before the end; what a killed command held is free again after so long."""
ALIVE: Final = timedelta(seconds=60)
"""A server that was seen so long ago may still run."""
_COPIED: Final = "copied "
"""How far a collection is copied, by its name; kept among the leases until all is done."""
_SNAPSHOT_TOO_OLD: Final = frozenset({239, 246})
_DUPLICATE: Final = 11000
_SEVERAL: Final = 65
"""MultipleErrorsOccurred: stands over those of single rows."""
_REFUSED_FORM: Final = 121


class MongoRowSource:
    """A session with snapshot reads: all of it is of one moment, while others go on writing.

    The server keeps a moment for `minSnapshotHistoryWindowInSeconds`, five minutes unless set otherwise.
    """

    store: Final = "mongodb"

    def __init__(self, database: Database, session: AsyncClientSession | None, version: int, *, owned: bool) -> None:
        self._database = database
        self._session = session
        self._owned = owned
        self.schema_version = version
        shapes = shapes_of_version(version)
        self.fields: Mapping[str, Fields] = shapes.fields
        self.keys: Mapping[str, Sequence[str]] = shapes.keys

    @classmethod
    async def open(cls, url: str, clock: Clock, *, closed_to_writers: bool = False) -> MongoRowSource:
        """``closed_to_writers`` refuses where a server runs; it cannot keep one from being started.

        Raises `BackupError` for an empty database, and as `connect` does.
        """
        database, _ = await connect(url)
        session = database.client.start_session(snapshot=True)
        try:
            version = await database.read(applied_version)
            _require_known(version)
            if closed_to_writers:
                await database.read(_require_no_server, clock)
        except BaseException:
            await session.end_session()
            await database.close()
            raise
        return cls(database, session, version, owned=True)

    async def counts(self) -> Mapping[str, int]:
        """Sums in parts are counted by part."""
        with _translating():
            return {
                name: await self._collection(name).count_documents({}, session=self._session) for name in self.fields
            }

    async def batches(self, collection: str, *, after: Key | None = None) -> AsyncIterator[Sequence[Row]]:
        fields, keys = self.fields[collection], self.keys[collection]
        names = ["_id" if name == "id" or list(keys) == [name] else name for name in keys]
        where = {} if after is None else _behind(names, [plain(part) for part in after])
        rows: list[list[Any]] = []
        with _translating():
            cursor = self._collection(collection).find(
                where,
                session=self._session,
                sort=[(name, 1) for name in names],
                allow_disk_use=True,
                batch_size=BATCH_ROWS,
            )
            async for stored in cursor:
                row = row_of(fields, keys, stored)
                if collection in SUMS and rows and key_of(fields, keys, rows[-1]) == key_of(fields, keys, row):
                    rows[-1] = added(collection, fields, rows[-1], row)
                    continue
                if len(rows) == BATCH_ROWS:
                    yield rows
                    rows = []
                rows.append(row)
            if rows:
                yield rows

    async def close(self) -> None:
        if self._session is not None:
            await self._session.end_session()
        if self._owned:
            await self._database.close()

    def _collection(self, name: str) -> AsyncCollection[Document]:
        return self._database.client[self._database.name][name]


class MongoRowTarget:
    """An empty database, with its collections, validators and indexes."""

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self._database = database
        self._clock = clock
        self._holder = holder
        shapes = shapes_of_version(SCHEMA_VERSION)
        self._fields, self._keys = shapes.fields, shapes.keys
        self._finished = False

    @classmethod
    async def open(cls, url: str, schema_version: int, clock: Clock, *, replace: bool, resume: bool) -> MongoRowTarget:
        """Raises `BackupError` where servers or another copy are at work, and for rows that may not be replaced."""
        if schema_version != SCHEMA_VERSION:
            raise BackupError(
                f"That has schema version {schema_version}, MongoDB takes version {SCHEMA_VERSION} from this program: "
                "restore it into SQLite, which brings it forward, then `masterx migrate` from there."
            )
        database, server = await connect(url)
        target = cls(database, clock, new_id(clock.now()))
        try:
            await target._prepare(server, replace=replace, resume=resume)
        except BaseException:
            await target.pause()
            raise
        return target

    async def _prepare(self, server: Server, *, replace: bool, resume: bool) -> None:
        await self._database.read(_require_no_server, self._clock)
        version = await self._database.read(applied_version)
        refuse_newer(version)
        if version != SCHEMA_VERSION:
            await migrate(self._database, server, self._clock)
        await self._renew()
        with _translating():
            begun = await self._leases().find_one({"_id": {"$regex": f"^{_COPIED}"}}) is not None
            if resume and begun:
                return
            filled = [name for name in self._fields if await self._collection(name).find_one({}, ["_id"]) is not None]
            if filled and not replace:
                raise BackupError(
                    f"That MongoDB database has rows in it ({', '.join(filled)}). To put others in their place, "
                    "say --replace; they are then gone."
                )
            for name in filled:
                await self._collection(name).delete_many({})
            await self._leases().delete_many({"_id": {"$regex": f"^{_COPIED}"}})

    async def last_key(self, collection: str) -> Key | None:
        with _translating():
            progress = await self._leases().find_one({"_id": _COPIED + collection})
        return None if progress is None else tuple(progress["after"])

    async def count(self, collection: str) -> int:
        with _translating():
            return await self._collection(collection).count_documents({})

    async def add(self, collection: str, fields: Fields, rows: Sequence[Row]) -> None:
        if set(fields) != set(self._fields.get(collection, ())):
            raise BackupError(f"The rows of {collection!r} have other fields than this schema version.")
        keys = self._keys[collection]
        documents = [document_of(collection, fields, keys, row) for row in rows]
        with _translating():
            try:
                await self._collection(collection).insert_many(documents, ordered=False)
            except driver.BulkWriteError as error:
                # Rows that an attempt put in just before it was killed; the comparison at the end looks at each.
                if _REFUSED_FORM in codes(error):
                    raise BackupError(
                        f"MongoDB does not take a row of {collection!r}: its validator asks for another form."
                    ) from error
                if codes(error) - {_DUPLICATE, _SEVERAL}:
                    raise
            after = [plain(part) for part in key_of(fields, keys, rows[-1])]
            await self._leases().update_one({"_id": _COPIED + collection}, {"$set": {"after": after}}, upsert=True)
        await self._renew()

    async def written(self) -> MongoRowSource:
        return MongoRowSource(self._database, None, SCHEMA_VERSION, owned=False)

    async def finish(self) -> None:
        await self._renew()
        await self._database.read(_require_no_server, self._clock)
        with _translating():
            await self._leases().delete_many({"_id": {"$regex": f"^{_COPIED}"}})
        self._finished = True

    async def abandon(self) -> None:
        """The database was empty, or its rows were to be replaced: what came is taken out again."""
        if not self._finished:
            with _translating():
                for name in self._fields:
                    await self._collection(name).delete_many({})
                await self._leases().delete_many({"_id": {"$regex": f"^{_COPIED}"}})

    async def pause(self) -> None:
        """Leave what is there for another attempt, and let go."""
        try:
            await self._database.write(release_lease, LEASE, self._holder)
        finally:
            await self._database.close()

    async def _renew(self) -> None:
        now = self._clock.now()
        if not await self._database.write(take_lease, LEASE, self._holder, now + LEASE_TIME, now):
            raise BackupError(
                "Another restore or move is at work in that MongoDB database, or was killed less than a minute ago."
            )

    def _collection(self, name: str) -> AsyncCollection[Document]:
        return self._database.client[self._database.name].get_collection(name, write_concern=MAJORITY)

    def _leases(self) -> AsyncCollection[Document]:
        return self._collection("leases")


def _behind(names: Sequence[str], after: Sequence[Any]) -> Document:
    """Keys that follow: greater in one field, and alike in all before it."""
    return {
        "$or": [
            {**dict(zip(names[:place], after[:place], strict=True)), name: {"$gt": after[place]}}
            for place, name in enumerate(names)
        ]
    }


def _require_known(version: int) -> None:
    refuse_newer(version)
    if version == 0:
        raise BackupError("There is nothing of MasterX in that MongoDB database.")


async def _require_no_server(access: Access, clock: Clock) -> None:
    alive = {"last_seen": {"$gte": not_before(clock.now() - ALIVE)}}
    if await access.one("instances", alive, ["_id"]) is not None:
        raise BackupError(
            "A server works with that MongoDB database, or did a minute ago. Stop all of them, then try again."
        )


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except driver.PyMongoError as error:
        if codes(error) & _SNAPSHOT_TOO_OLD:
            raise BackupError(
                "MongoDB did not keep the moment for as long as copying took. Let it keep one for an hour: "
                "db.adminCommand({setParameter: 1, minSnapshotHistoryWindowInSeconds: 3600})."
            ) from error
        raise translated(error) from error


assert "leases" in LEFT_OUT  # noqa: S101 (progress is kept there)
