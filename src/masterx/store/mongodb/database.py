"""The one place that talks to the driver: single commands, batches, and transactions that are tried again."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakValueDictionary

import structlog
from bson.timestamp import Timestamp
from pymongo import AsyncMongoClient, DeleteMany, InsertOne, ReadPreference, ReturnDocument, UpdateMany, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import InvalidOperation, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import SecondaryPreferred
from pymongo.write_concern import WriteConcern

from masterx.errors import DatabaseUnavailable
from masterx.store.mongodb.documents import Row
from masterx.store.mongodb.errors import is_duplicate, is_transient, translated

Result = TypeVar("Result")
Args = ParamSpec("Args")
Pipeline = Sequence[Mapping[str, Any]]

MAJORITY = WriteConcern(w="majority", j=True, wtimeout=10_000)
"""What was acknowledged is on the disks of most nodes, so that no election loses it."""
SNAPSHOT = ReadConcern("snapshot")
REPORTS = SecondaryPreferred(max_staleness=90)
"""For the ledger's sums and lists, which grow with every call and can be seconds old."""
TRY_FOR_SECONDS = 20.0
"""How long a transaction that others got in the way of is tried again; an election takes about half as long."""
_FIRST_PAUSE_SECONDS = 0.004
_LONGEST_PAUSE_SECONDS = 0.06
"""Short: of two processes that write to one row, one would starve beside the other's turns, which follow each other."""
PARTS = 64
"""Into so many rows a running sum of everybody's calls may be split, so that transactions do not wait on one row."""
_PARTS_AT_ONCE = 4
"""Of these, what one process writes to; turns beyond wait here instead of failing there."""

_Attempt = Callable[[AsyncClientSession, float], Awaitable[Result]]
"""With a session, until a time of the loop."""

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One of a batch: an insert without `where`, a removal of all that match without `change`."""

    collection: str
    where: Row | None = None
    change: Row | None = None
    upsert: bool = False
    many: bool = False

    def model(self, namespace: str | None = None) -> InsertOne[Row] | UpdateOne | UpdateMany | DeleteMany:
        if self.where is None:
            return InsertOne(self.change or {}, namespace=namespace)
        if self.change is None:
            return DeleteMany(self.where, namespace=namespace)
        if self.many:
            return UpdateMany(self.where, self.change, namespace=namespace)
        return UpdateOne(self.where, self.change, upsert=self.upsert, namespace=namespace)


@dataclass(frozen=True, slots=True)
class Access:
    """The collections by name, in a transaction or outside of one. Errors are the driver's."""

    database: Database
    session: AsyncClientSession | None = None
    reports: bool = False
    """Read what may be a little old, where there is less to do."""

    def _collection(self, name: str) -> AsyncCollection[Row]:
        options: dict[str, Any] = {}
        if self.session is None or not self.session.in_transaction:
            if self.reports:
                options["read_preference"] = REPORTS
            options["write_concern"] = MAJORITY
        return self.database.client[self.database.name].get_collection(name, **options)

    async def one(self, collection: str, where: Row, fields: Sequence[str] | Row | None = None) -> Row | None:
        return await self._collection(collection).find_one(where, fields, session=self.session)

    async def all(
        self,
        collection: str,
        where: Row,
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
        skip: int = 0,
        fields: Sequence[str] | Row | None = None,
    ) -> list[Row]:
        """`limit` 0: without one."""
        cursor = self._collection(collection).find(where, fields, session=self.session, limit=limit, skip=skip)
        return await (cursor.sort(list(sort)) if sort else cursor).to_list()

    async def aggregate(self, collection: str, pipeline: Pipeline) -> list[Row]:
        cursor = await self._collection(collection).aggregate(pipeline, session=self.session, allowDiskUse=True)
        return await cursor.to_list()

    async def insert(self, collection: str, *rows: Row) -> None:
        if rows:
            await self._collection(collection).insert_many(rows, session=self.session)

    async def update(self, collection: str, where: Row, change: Row | Pipeline, *, upsert: bool = False) -> int:
        """One row; how many were found (or made)."""
        result = await self._collection(collection).update_one(where, change, upsert=upsert, session=self.session)
        return result.matched_count or int(result.did_upsert)

    async def update_all(self, collection: str, where: Row, change: Row) -> int:
        return (await self._collection(collection).update_many(where, change, session=self.session)).matched_count

    async def change(self, collection: str, where: Row, change: Row | Pipeline, *, upsert: bool = False) -> Row | None:
        """One row as it is after the change."""
        changed: Row | None = await self._collection(collection).find_one_and_update(
            where, change, upsert=upsert, return_document=ReturnDocument.AFTER, session=self.session
        )
        return changed

    async def upserted(self, collection: str, key: str, change: Row | Pipeline) -> Row:
        """The row of this id after the change, made where there was none."""
        while True:
            try:
                row = await self.change(collection, {"_id": key}, change, upsert=True)
            except PyMongoError as error:
                # Somebody else made it in between: now there is one.
                if not is_duplicate(error):
                    raise
            else:
                if row is not None:
                    return row

    async def delete(self, collection: str, where: Row) -> int:
        return (await self._collection(collection).delete_many(where, session=self.session)).deleted_count

    async def batch(self, writes: Sequence[Write]) -> Counter[str]:
        """In order; how many rows were found, made or removed, by collection.

        One command from MongoDB 8.0 on, one for each collection before. Outside of a transaction, what comes before
        a write that fails stays.
        """
        if self.database.batches:
            return await self._in_one_command(writes)
        found: Counter[str] = Counter()
        for collection in dict.fromkeys(write.collection for write in writes):
            theirs = [write.model() for write in writes if write.collection == collection]
            result = await self._collection(collection).bulk_write(theirs, session=self.session)
            found[collection] = (
                result.matched_count + result.upserted_count + result.inserted_count + result.deleted_count
            )
        return found

    async def _in_one_command(self, writes: Sequence[Write]) -> Counter[str]:
        result = await self.database.client.bulk_write(
            [write.model(f"{self.database.name}.{write.collection}") for write in writes],
            session=self.session,
            verbose_results=True,
            write_concern=None if self.session is not None and self.session.in_transaction else MAJORITY,
        )
        found: Counter[str] = Counter()
        for place, updated in result.update_results.items():
            found[writes[place].collection] += updated.matched_count or int(updated.did_upsert)
        for place in result.insert_results:
            found[writes[place].collection] += 1
        for place, deleted in result.delete_results.items():
            found[writes[place].collection] += deleted.deleted_count
        return found


class Database:
    """A client and the name of a database. All of its methods raise the errors of `masterx.errors` alone."""

    def __init__(
        self,
        client: AsyncMongoClient[Row],
        name: str,
        *,
        batches: bool,
        try_for_seconds: float = TRY_FOR_SECONDS,
    ) -> None:
        """`batches`: the server takes writes to several collections in one command."""
        self._try_for_seconds = try_for_seconds
        self.client = client
        self.name = name
        self.batches = batches
        self._closing = False
        self._running: set[asyncio.Task[Any]] = set()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        first = random.randrange(PARTS)  # noqa: S311 (spreads load, keeps no secret)
        self._parts: list[int] = [(first + number) % PARTS for number in range(_PARTS_AT_ONCE)]
        self._written_at: Timestamp | None = None
        self._free_parts = asyncio.Semaphore(_PARTS_AT_ONCE)

    async def read(
        self, operation: Callable[Concatenate[Access, Args], Awaitable[Result]], *args: Args.args, **kwargs: Args.kwargs
    ) -> Result:
        """From the primary."""
        return await self._guarded(operation(Access(self), *args, **kwargs))

    async def report(
        self, operation: Callable[Concatenate[Access, Args], Awaitable[Result]], *args: Args.args, **kwargs: Args.kwargs
    ) -> Result:
        """From a secondary where there is one; it waits until it has what this process wrote."""

        async def reading() -> Result:
            async with self.client.start_session(causal_consistency=True) as session:
                if self._written_at is not None:
                    session.advance_operation_time(self._written_at)
                return await operation(Access(self, session, reports=True), *args, **kwargs)

        return await self._guarded(reading())

    async def snapshot(
        self, operation: Callable[Concatenate[Access, Args], Awaitable[Result]], *args: Args.args, **kwargs: Args.kwargs
    ) -> Result:
        """All reads of the operation see one moment."""

        async def reading() -> Result:
            async with self.client.start_session(snapshot=True) as session:
                return await operation(Access(self, session), *args, **kwargs)

        return await self._guarded(reading())

    async def write(
        self, operation: Callable[Concatenate[Access, Args], Awaitable[Result]], *args: Args.args, **kwargs: Args.kwargs
    ) -> Result:
        """Single writes, each atomic for itself. Whoever asked may go away: they are finished."""

        async def writing() -> Result:
            async with self.client.start_session(causal_consistency=False) as session:
                try:
                    return await operation(Access(self, session), *args, **kwargs)
                finally:
                    self._note_time(session)

        return await self._finished(writing())

    async def transact(
        self,
        key: str | None,
        operation: Callable[Concatenate[Access, Args], Awaitable[Result]],
        *args: Args.args,
        **kwargs: Args.kwargs,
    ) -> Result:
        """All or nothing, tried again where others got in the way. Whoever asked may go away: it is finished.

        Of those with the same key, one at a time in this process. What the operation raises ends the transaction.
        All that it reads is of one moment.
        """
        attempt = partial(self._attempt, lambda access: operation(access, *args, **kwargs), SNAPSHOT)
        return await self._finished(self._one_at_a_time(key, attempt))

    async def transact_writes(
        self,
        key: str | None,
        operation: Callable[Concatenate[Access, Args], Awaitable[Result]],
        *args: Args.args,
        **kwargs: Args.kwargs,
    ) -> Result:
        """As `transact`, for an operation that reads nothing but what its own writes say that they found."""
        attempt = partial(self._attempt, lambda access: operation(access, *args, **kwargs), None)
        return await self._finished(self._one_at_a_time(key, attempt))

    def lock(self, key: str) -> asyncio.Lock:
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock

    @asynccontextmanager
    async def part(self) -> AsyncIterator[int]:
        """A number below `PARTS` that no other transaction of this process has at the moment."""
        async with self._free_parts:
            part = self._parts.pop()
            try:
                yield part
            finally:
                self._parts.append(part)

    async def close(self) -> None:
        """Finish what was asked before."""
        self._closing = True
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        await self.client.close()

    async def _one_at_a_time(self, key: str | None, attempt: _Attempt[Result]) -> Result:
        if key is None:
            return await self._attempts(attempt)
        async with self.lock(key):
            return await self._attempts(attempt)

    async def _attempts(self, attempt: _Attempt[Result]) -> Result:
        loop = asyncio.get_running_loop()
        give_up_at, pause = loop.time() + self._try_for_seconds, _FIRST_PAUSE_SECONDS
        while True:
            async with self.client.start_session(causal_consistency=False) as session:
                try:
                    return await attempt(session, give_up_at)
                except PyMongoError as error:
                    if not is_transient(error) or loop.time() + pause > give_up_at:
                        raise
            await asyncio.sleep(random.uniform(pause / 4, pause))  # noqa: S311 (jitter)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _attempt(
        self,
        operation: Callable[[Access], Awaitable[Result]],
        read_concern: ReadConcern | None,
        session: AsyncClientSession,
        give_up_at: float,
    ) -> Result:
        await session.start_transaction(
            read_concern=read_concern, write_concern=MAJORITY, read_preference=ReadPreference.PRIMARY
        )
        try:
            value = await operation(Access(self, session))
        except BaseException:
            if session.in_transaction:
                await session.abort_transaction()
            raise
        await self._commit(session, give_up_at)
        self._note_time(session)
        return value

    def _note_time(self, session: AsyncClientSession) -> None:
        at = session.operation_time
        if at is not None and (self._written_at is None or at > self._written_at):
            self._written_at = at

    async def _commit(self, session: AsyncClientSession, give_up_at: float) -> None:
        """The server knows the transaction by its number: a commit that is sent again does nothing twice."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                await session.commit_transaction()
            except PyMongoError as error:
                if not error.has_error_label("UnknownTransactionCommitResult"):
                    raise
                if loop.time() > give_up_at:
                    logger.warning("store_commit_unknown", error=type(error).__name__)
                    raise CommitUnknown from None
                await asyncio.sleep(_LONGEST_PAUSE_SECONDS)
            else:
                return

    async def _finished(self, operation: Awaitable[Result]) -> Result:
        task = asyncio.ensure_future(self._guarded(operation))
        if not task.done():
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _guarded(self, operation: Awaitable[Result]) -> Result:
        try:
            return await operation
        except (PyMongoError, InvalidOperation, UnicodeEncodeError, OverflowError, ValueError) as error:
            answer = translated(error)
            if answer is error:
                raise
            raise answer from answer.__cause__


class CommitUnknown(DatabaseUnavailable):
    """Whether the transaction is on disk could not be found out."""

    def __init__(self) -> None:
        super().__init__(details={"reason": "commit_unknown"}, retry_after=1)
