from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator

import pytest

from masterx.errors import Conflict, DatabaseUnavailable, MasterXError
from masterx.store.sqlite.connection import DatabaseFile, use_wal
from masterx.store.sqlite.writer import Writer

Connect = Callable[[], sqlite3.Connection]


def _prepare(connection: sqlite3.Connection) -> None:
    use_wal(connection)
    connection.execute("CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, parent TEXT REFERENCES notes (name))")


def _add(connection: sqlite3.Connection, name: str) -> str:
    connection.execute("INSERT INTO notes (name) VALUES (?)", (name,))
    return name


def _add_orphan(connection: sqlite3.Connection) -> None:
    """Accepted for now: the foreign key is checked by the COMMIT, which fails."""
    connection.execute("PRAGMA defer_foreign_keys = ON")
    connection.execute("INSERT INTO notes (name, parent) VALUES ('orphan', 'nobody')")


@pytest.fixture
def writer(file: DatabaseFile) -> Iterator[Writer]:
    file.create()
    writer = Writer(file, _prepare)
    yield writer
    writer.stop()


class Gate:
    """An operation that holds the writer, so that what comes after it is queued together."""

    def __init__(self, writer: Writer) -> None:
        self._entered, self.leave = threading.Event(), threading.Event()
        self._passing = asyncio.ensure_future(writer.run(self._hold))

    def _hold(self, connection: sqlite3.Connection) -> None:
        self._entered.set()
        assert self.leave.wait(timeout=30)

    async def reached(self) -> None:
        await asyncio.to_thread(self._entered.wait, 30)

    async def open(self) -> None:
        self.leave.set()
        await self._passing


def _names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM notes ORDER BY name")]


async def test_what_is_queued_during_a_commit_shares_the_next(writer: Writer, connect: Connect) -> None:
    statements: list[str] = []
    await writer.run(lambda connection: connection.set_trace_callback(statements.append))
    gate = Gate(writer)
    await gate.reached()
    adding = [asyncio.ensure_future(writer.run(_add, f"{number:03}")) for number in range(100)]
    await asyncio.sleep(0)
    await gate.open()
    assert await asyncio.gather(*adding) == [f"{number:03}" for number in range(100)]
    await writer.run(lambda connection: connection.set_trace_callback(None))
    commits_of_gate_and_group = 2
    assert statements.count("COMMIT") - 1 == commits_of_gate_and_group
    assert len(_names(connect())) == 100


async def test_one_that_fails_undoes_itself_alone(writer: Writer, connect: Connect) -> None:
    def add_two_and_fail(connection: sqlite3.Connection) -> None:
        _add(connection, "half")
        _add(connection, "a")

    gate = Gate(writer)
    await gate.reached()
    group = [
        asyncio.ensure_future(writer.run(_add, "a")),
        asyncio.ensure_future(writer.run(add_two_and_fail)),
        asyncio.ensure_future(writer.run(_add, "b")),
    ]
    await asyncio.sleep(0)
    await gate.open()
    first, failed, last = await asyncio.gather(*group, return_exceptions=True)
    assert (first, type(failed), last) == ("a", Conflict, "b")
    assert _names(connect()) == ["a", "b"]


async def test_a_commit_that_fails_fails_all_of_its_group(writer: Writer, connect: Connect) -> None:
    gate = Gate(writer)
    await gate.reached()
    group = [
        asyncio.ensure_future(writer.run(_add, "a")),
        asyncio.ensure_future(writer.run(_add_orphan)),
        asyncio.ensure_future(writer.run(_add, "b")),
    ]
    await asyncio.sleep(0)
    await gate.open()
    results = await asyncio.gather(*group, return_exceptions=True)
    assert all(isinstance(result, MasterXError) for result in results)
    assert len({id(result) for result in results}) == 3
    assert _names(connect()) == []
    assert await writer.run(_add, "c") == "c"


async def test_a_lone_operation_that_fails_leaves_nothing(writer: Writer, connect: Connect) -> None:
    def add_and_stumble(connection: sqlite3.Connection) -> None:
        _add(connection, "half")
        raise KeyError("a slip of the programmer")

    with pytest.raises(KeyError):
        await writer.run(add_and_stumble)
    assert await writer.run(_add, "a") == "a"
    assert _names(connect()) == ["a"]


async def test_a_slip_in_one_operation_of_a_group_is_its_callers_alone(writer: Writer, connect: Connect) -> None:
    def stumble(connection: sqlite3.Connection) -> None:
        raise KeyError("a slip of the programmer")

    gate = Gate(writer)
    await gate.reached()
    group = [asyncio.ensure_future(writer.run(stumble)), asyncio.ensure_future(writer.run(_add, "a"))]
    await asyncio.sleep(0)
    await gate.open()
    slipped, added = await asyncio.gather(*group, return_exceptions=True)
    assert (type(slipped), added) == (KeyError, "a")


async def test_cancelled_before_it_began_it_never_runs(writer: Writer, connect: Connect) -> None:
    gate = Gate(writer)
    await gate.reached()
    group = [asyncio.ensure_future(writer.run(_add, name)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    group[1].cancel()
    await asyncio.sleep(0)
    await gate.open()
    await asyncio.gather(*group, return_exceptions=True)
    assert _names(connect()) == ["a", "c"]


async def test_cancelled_while_it_runs_it_happens_all_the_same(writer: Writer, connect: Connect) -> None:
    entered, leave = threading.Event(), threading.Event()

    def add_slowly(connection: sqlite3.Connection) -> None:
        entered.set()
        assert leave.wait(timeout=30)
        _add(connection, "a")

    adding = asyncio.ensure_future(writer.run(add_slowly))
    await asyncio.to_thread(entered.wait, 30)
    adding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding
    leave.set()
    await writer.run(_add, "b")
    assert _names(connect()) == ["a", "b"]


async def test_stopping_drains_the_queue_and_refuses_what_comes_later(writer: Writer, connect: Connect) -> None:
    gate = Gate(writer)
    await gate.reached()
    adding = [asyncio.ensure_future(writer.run(_add, name)) for name in ("a", "b")]
    await asyncio.sleep(0)
    stopping = asyncio.ensure_future(asyncio.to_thread(writer.stop))
    await gate.open()
    await stopping
    assert await asyncio.gather(*adding) == ["a", "b"]
    with pytest.raises(DatabaseUnavailable):
        await writer.run(_add, "c")
    assert _names(connect()) == ["a", "b"]


def test_a_caller_whose_event_loop_is_gone_does_not_stop_the_thread(writer: Writer, connect: Connect) -> None:
    async def ask_and_leave() -> None:
        gate = Gate(writer)
        await gate.reached()
        abandoned.append(asyncio.ensure_future(writer.run(_add, "a")))
        gates.append(gate)

    abandoned: list[asyncio.Future[str]] = []
    gates: list[Gate] = []
    asyncio.run(ask_and_leave())
    gates[0].leave.set()
    assert asyncio.run(writer.run(_add, "b")) == "b"
    assert abandoned[0].cancelled()


async def test_only_what_has_to_last_waits_for_an_fsync(writer: Writer, connect: Connect) -> None:
    def level(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA synchronous").fetchone()[0])

    full, normal = 2, 1
    assert await writer.run(level) == full
    assert await writer.run_lightly(level) == normal
    assert await writer.run_lightly(_add, "seen by others at once") == "seen by others at once"
    assert _names(connect()) == ["seen by others at once"]
    gate = Gate(writer)
    await gate.reached()
    together = [asyncio.ensure_future(run(level)) for run in (writer.run_lightly, writer.run)]
    await asyncio.sleep(0)
    await gate.open()
    assert await asyncio.gather(*together) == [full, full]
