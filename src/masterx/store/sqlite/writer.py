"""The one thread that writes.

Operations that were queued while a commit ran share the next transaction, so that many callers pay for one
fsync. Each has its own savepoint: one that fails undoes itself alone. A caller hears of its success only after
the commit of its group; if that fails, all of the group fail.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar, TypeVarTuple

import structlog

from masterx.errors import DatabaseUnavailable
from masterx.store.sqlite.connection import DatabaseFile, FileIdentity
from masterx.store.sqlite.errors import breaks_connection, translated
from masterx.store.sqlite.jobs import Erasing, Job, Outcome, deliver

Result = TypeVar("Result")
Args = TypeVarTuple("Args")

LARGEST_GROUP = 256
REWRITE_RETRY_SECONDS = 60.0

_log = structlog.get_logger(__name__)


class Writer:
    def __init__(self, file: DatabaseFile, prepare: Callable[[sqlite3.Connection], None]) -> None:
        """`prepare` is run on every new connection: a file that was exchanged may have an older schema."""
        self._file = file
        self._prepare = prepare
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._closing = False
        self._connection: sqlite3.Connection | None = None
        self._identity: FileIdentity | None = None
        self._synced = True
        self._erased_text_in_wal = False
        self._rewrite_at: float | None = None
        self._thread = threading.Thread(target=self._work, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def run(self, operation: Callable[[sqlite3.Connection, *Args], Result], *args: *Args) -> Result:
        """The operation's result, once it is on disk. A caller cancelled before it began takes it back."""
        return await self._submit(operation, args, Erasing.NOTHING)

    async def run_lightly(self, operation: Callable[[sqlite3.Connection, *Args], Result], *args: *Args) -> Result:
        """As `run`, for what only the living need: it outlives this process, but perhaps not a power cut.

        It waits for no fsync of its own. The file stays whole either way, and the next `run` makes this last too.
        """
        return await self._submit(operation, args, Erasing.NOTHING, lasting=False)

    async def erase(self, operation: Callable[[sqlite3.Connection, *Args], Result], *args: *Args) -> Result:
        """As `run`, and what it deleted is then wiped from the write-ahead log too."""
        return await self._submit(operation, args, Erasing.LOG)

    async def erase_wholly(self, operation: Callable[[sqlite3.Connection, *Args], Result], *args: *Args) -> Result:
        """As `erase`, and the file is then written anew without what it deleted.

        That takes about a second for each 100 MB, during which other writes wait.
        """
        return await self._submit(operation, args, Erasing.FILE)

    async def _submit(
        self, operation: Callable[..., Result], args: tuple[Any, ...], erasing: Erasing, *, lasting: bool = True
    ) -> Result:
        if self._closing:
            raise DatabaseUnavailable("The store is closed.")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.put(Job(future, operation, args, erasing=erasing, lasting=lasting))
        return await future

    def stop(self) -> None:
        """Take nothing new, finish what is queued, close. Blocks; safe to call twice."""
        if not self._closing:
            self._closing = True
            self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        queue = self._queue
        while True:
            jobs: list[Job] = []
            job = queue.get()
            while job is not None:
                jobs.append(job)
                if len(jobs) == LARGEST_GROUP or queue.empty():
                    break
                job = queue.get()
            self._commit_group([job for job in jobs if not job.future.cancelled()])
            if job is None:
                break
        self._shut()

    def _commit_group(self, jobs: list[Job]) -> None:
        if not jobs:
            return
        outcomes: list[Outcome] = []
        try:
            connection = self._connected()
            self._sync_commits(connection, any(job.lasting for job in jobs))
            connection.execute("BEGIN IMMEDIATE")
            if len(jobs) == 1:
                outcomes.append((jobs[0].future, jobs[0].run(connection), None))
            else:
                for job in jobs:
                    outcomes.append(self._run_apart(connection, job))  # noqa: PERF401 (kept when a later one raises)
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 (edge of the thread: every error belongs to the waiting callers)
            self._roll_back(error)
            failed = {future: failure for future, _, failure in outcomes if failure is not None}
            outcomes = [(job.future, None, failed.get(job.future) or translated(error)) for job in jobs]
        else:
            self._clean_up(connection, max(job.erasing for job in jobs))
        deliver(outcomes)

    def _run_apart(self, connection: sqlite3.Connection, job: Job) -> Outcome:
        """One of a group. Raises only when the whole transaction is lost."""
        connection.execute("SAVEPOINT apart")
        try:
            value = job.run(connection)
        except Exception as error:
            if not connection.in_transaction or breaks_connection(error):
                raise
            connection.execute("ROLLBACK TO apart")
            connection.execute("RELEASE apart")
            return job.future, None, translated(error)
        connection.execute("RELEASE apart")
        return job.future, value, None

    def _sync_commits(self, connection: sqlite3.Connection, wanted: bool) -> None:
        """NORMAL leaves the fsync of the write-ahead log to the next commit with FULL, or the next checkpoint."""
        if wanted is not self._synced:
            connection.execute(f"PRAGMA synchronous = {'FULL' if wanted else 'NORMAL'}")
            self._synced = wanted

    def _connected(self) -> sqlite3.Connection:
        identity = self._file.identity()
        if self._connection is not None and identity != self._identity:
            self._disconnect()
        if self._connection is None:
            connection = self._file.connect(read_only=False)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection, self._identity, self._synced = connection, identity, True
        return self._connection

    def _roll_back(self, error: Exception) -> None:
        if self._connection is None:
            return
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            _log.warning("store_rollback_failed", error=type(second).__name__)
            self._disconnect()
        else:
            if breaks_connection(error):
                self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _clean_up(self, connection: sqlite3.Connection, erasing: Erasing) -> None:
        self._erased_text_in_wal |= erasing >= Erasing.LOG
        if erasing is Erasing.FILE:
            self._rewrite_at = time.monotonic()
        if self._rewrite_at is not None and time.monotonic() >= self._rewrite_at:
            self._rewrite(connection)
        if self._erased_text_in_wal:
            self._wipe_wal(connection)

    def _rewrite(self, connection: sqlite3.Connection) -> None:
        """Another process's lock or a full disk can prevent it; then a later group tries again."""
        try:
            connection.execute("VACUUM")
        except sqlite3.Error as error:
            _log.warning("store_rewrite_failed", error=type(error).__name__)
            self._rewrite_at = time.monotonic() + REWRITE_RETRY_SECONDS
        else:
            self._rewrite_at = None
            self._erased_text_in_wal = True

    def _wipe_wal(self, connection: sqlite3.Connection) -> None:
        """Readers at work can prevent it; then the next group tries again. It never waits for them."""
        try:
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.execute(f"PRAGMA busy_timeout = {int(self._file.busy_seconds * 1000)}")
        except sqlite3.Error as error:
            _log.warning("store_checkpoint_failed", error=type(error).__name__)
        else:
            self._erased_text_in_wal = bool(busy)

    def _shut(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.execute("PRAGMA analysis_limit = 400")
            self._connection.execute("PRAGMA optimize")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            _log.warning("store_checkpoint_failed", error=type(error).__name__)
        finally:
            self._disconnect()
