"""The threads that read. Each has its own connection; with WAL they neither wait for the writer nor stop it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar, TypeVarTuple

from masterx.errors import DatabaseUnavailable
from masterx.store.sqlite.connection import DatabaseFile, FileIdentity
from masterx.store.sqlite.errors import breaks_connection, translated
from masterx.store.sqlite.jobs import Job, deliver

Result = TypeVar("Result")
Args = TypeVarTuple("Args")

READERS = 2
"""Python runs one thread at a time: more would not be faster, one would let a long read stop the others."""


class Readers:
    def __init__(self, file: DatabaseFile) -> None:
        self._file = file
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._closing = False
        self._threads = [
            threading.Thread(target=self._work, name=f"sqlite-reader-{number}", daemon=True)
            for number in range(READERS)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, operation: Callable[[sqlite3.Connection, *Args], Result], *args: *Args) -> Result:
        if self._closing:
            raise DatabaseUnavailable("The store is closed.")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.put(Job(future, operation, args))
        return await future

    def stop(self) -> None:
        """Take nothing new, finish what is queued, close. Blocks; safe to call twice."""
        if not self._closing:
            self._closing = True
            for _ in self._threads:
                self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        reader = _Reader(self._file)
        while (job := self._queue.get()) is not None:
            if job.future.cancelled():
                continue
            try:
                value = reader.read(job)
            except Exception as error:  # noqa: BLE001 (edge of the thread: the error belongs to the waiting caller)
                deliver([(job.future, None, translated(error))])
            else:
                deliver([(job.future, value, None)])
        reader.disconnect()


class _Reader:
    """One thread's connection, made anew after a failure or when the file is another one."""

    def __init__(self, file: DatabaseFile) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._identity: FileIdentity | None = None

    def read(self, job: Job) -> object:
        identity = self._file.identity()
        if identity != self._identity:
            self.disconnect()
        if self._connection is None:
            self._connection = self._file.connect(read_only=True)
            self._identity = identity
        try:
            return job.run(self._connection)
        except Exception as error:
            if breaks_connection(error):
                self.disconnect()
            raise

    def disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
