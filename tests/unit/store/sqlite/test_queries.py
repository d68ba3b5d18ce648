"""Every query on the path of a turn, a page or a job finds its rows through an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from tests.fakes.clock import START

from masterx.records.learners import LearnersQuery, LearnersSort
from masterx.store.sqlite import (
    benchmark_runs,
    benchmarks,
    budgets,
    costs,
    credentials,
    health,
    idempotency,
    learners,
    links,
    messages,
    operations,
    performance,
    sessions,
    turns,
    users,
)
from masterx.store.sqlite.store import SQLiteStore

MODULES = (
    benchmark_runs,
    benchmarks,
    budgets,
    costs,
    credentials,
    health,
    idempotency,
    links,
    messages,
    operations,
    performance,
    sessions,
    turns,
    users,
)
STATEMENTS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": text
    for module in MODULES
    for name, text in vars(module).items()
    if isinstance(text, str) and text.split(maxsplit=1)[:1] in (["SELECT"], ["UPDATE"], ["DELETE"], ["INSERT"])
}
HARMLESS_SCANS = ("USING INDEX", "json_each", "CONSTANT ROW", "SCAN scope", "SCAN window")
READS_ALL = {"budgets._ALL", "budgets._FORGET", "benchmarks._LATEST", "benchmark_runs._RUNS"}
"""A few rows, wanted together; what was spent in windows that are over is looked for once an hour, beside the turns."""
SORTS_A_FEW = {
    "benchmarks._SELECT_PROVIDER",
    "benchmarks._SELECT_RUN",
    "benchmarks._LATEST",
    "messages._VERSIONS",
    "costs._SELECT_DAYS",
}
"""By provider over all categories, the versions of one message, and some days of sums: small sets."""


def test_the_statements_were_found() -> None:
    assert {"messages._BRANCH", "turns._MOVE", "idempotency._CLAIM", "costs._ADD_TO_DAY"} <= set(STATEMENTS)


@pytest.mark.parametrize("name", STATEMENTS)
async def test_no_table_is_scanned_or_sorted(
    store: SQLiteStore, connect: Callable[[], sqlite3.Connection], name: str
) -> None:
    statement = STATEMENTS[name]
    connection = connect()
    plan = _plan(connection, statement)
    scans = [step for step in plan if step.startswith("SCAN") and not any(word in step for word in HARMLESS_SCANS)]
    # The right part of an order only tells rows of one moment apart.
    sorts = [step for step in plan if "TEMP B-TREE" in step and "RIGHT PART" not in step]
    assert scans == [] or name in READS_ALL
    assert sorts == [] or name in SORTS_A_FEW, plan


def _plan(connection: sqlite3.Connection, statement: str) -> list[str]:
    parameters = (None,) * _count_parameters(connection, statement)
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def _count_parameters(connection: sqlite3.Connection, statement: str) -> int:
    for count in range(60):
        try:
            connection.execute(f"EXPLAIN {statement}", (None,) * count)
        except sqlite3.ProgrammingError:
            continue
        return count
    raise AssertionError(statement)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("messages._BRANCH", "messages_session_time"),
        ("messages._BRANCH_BEFORE", "messages_session_time"),
        ("sessions._LATEST", "sessions_user_activity"),
        ("sessions._LATEST_AFTER", "sessions_user_activity"),
        ("sessions._ABANDON", "sessions_active_activity"),
        ("turns._SUPERSEDE", "messages_session_time"),
        ("users._BY_EMAIL", "users_email"),
        ("costs._SELECT_USER", "cost_events_user"),
    ],
)
async def test_hot_queries_use_the_index_made_for_them(
    store: SQLiteStore, connect: Callable[[], sqlite3.Connection], name: str, index: str
) -> None:
    plan = _plan(connect(), STATEMENTS[name])
    assert any(index in step for step in plan), plan


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        (LearnersSort.SUCCESS, "USING COVERING INDEX practice_responses_verdict (user_id=? AND answered_at>?)"),
        (LearnersSort.DUE, "USING PRIMARY KEY (user_id=?)"),
    ],
)
async def test_what_learners_are_sorted_by_is_read_of_each_through_an_index(
    store: SQLiteStore, connect: Callable[[], sqlite3.Connection], sort: LearnersSort, index: str
) -> None:
    asked: list[str] = []
    connection = connect()
    connection.set_trace_callback(asked.append)
    learners._learners(connection, LearnersQuery(now=START, sort=sort), None)
    connection.set_trace_callback(None)
    (statement,) = [text for text in asked if "ORDER BY standing." in text]
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert [step for step in plan if step.startswith("SCAN")] == ["SCAN learner_standings", "SCAN standing"], plan
    assert any(step.startswith("SEARCH re") and index in step for step in plan), plan
