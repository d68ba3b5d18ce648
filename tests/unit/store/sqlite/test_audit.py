from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.fakes.clock import START
from tests.fakes.records import make_call, make_session, make_turn, make_user

from masterx.errors import DatabaseUnavailable
from masterx.store.sqlite.store import SQLiteStore

DAY = timedelta(days=1)


@pytest.fixture
async def books(store: SQLiteStore) -> SQLiteStore:
    """Two days of calls, some of them in a lesson."""
    user = make_user(id="ada")
    await store.add_user(user)
    session = make_session(user)
    await store.record_turn(make_turn(session, opens_session=True))
    await store.record_turn(make_turn(session, at=START + timedelta(minutes=5)))
    await store.record_calls([make_call(at=START - DAY, user_id="ada", tier="free")])
    assert (await store.audit()).is_true
    return store


@pytest.mark.parametrize(
    ("change", "book", "figure"),
    [
        ("UPDATE cost_tracking SET total_cost = total_cost + 1 WHERE user_id IS NULL", "cost_tracking", "cost"),
        ("UPDATE cost_tracking SET total_requests = 9 WHERE user_id = 'ada'", "cost_tracking", "calls"),
        ("UPDATE cost_tracking SET date = '2026-01-01' WHERE date = '2026-03-13'", "cost_tracking", "calls"),
        ("UPDATE cost_tracking SET category_breakdown = '{\"general\": 1}'", "category_breakdown", "cost"),
        ("UPDATE cost_series SET tokens = 0 WHERE span = 'hour'", "cost_series", "tokens"),
        ("UPDATE cost_series SET failed = 1 WHERE span = 'day'", "cost_series", "failed"),
        ("UPDATE cost_series SET period = '2026-01-01T00' WHERE period = '2026-03-13T15'", "cost_series", "calls"),
        ("DELETE FROM cost_series WHERE span = 'day'", "cost_series", "calls"),
        ("UPDATE user_costs SET unpriced = 1 WHERE span = 'day'", "user_costs", "unpriced"),
        ("UPDATE user_costs SET cost = cost - 1 WHERE span = 'month'", "user_costs", "cost"),
        ("UPDATE user_costs SET period = '2026-01-01' WHERE period = '2026-03-13'", "user_costs", "calls"),
        ("UPDATE sessions SET total_tokens = 1", "sessions", "tokens"),
        ("UPDATE messages SET cost = 1 WHERE role = 'assistant'", "messages", "cost"),
        ("UPDATE cost_events SET message_id = NULL", "messages", "calls"),
        ("UPDATE cost_events SET message_id = (SELECT max(message_id) FROM cost_events)", "messages", "calls"),
        (
            "UPDATE budget_spending SET spent = 1 WHERE kind = 'system' AND length(period) = 10",
            "budget_spending",
            "charge",
        ),
        ("DELETE FROM budget_spending WHERE kind = 'user' AND length(period) = 7", "budget_spending", "charge"),
    ],
)
async def test_a_row_that_was_tampered_with_is_named(
    books: SQLiteStore, connect: Callable[[], sqlite3.Connection], change: str, book: str, figure: str
) -> None:
    assert connect().execute(change).rowcount > 0
    audit = await books.audit()
    assert not audit.is_true
    assert (book, figure) in {(mismatch.book, mismatch.figure) for mismatch in audit.mismatches}


async def test_the_ledger_without_its_books_is_no_match(
    books: SQLiteStore, connect: Callable[[], sqlite3.Connection]
) -> None:
    connect().execute("DELETE FROM cost_events")
    found = {mismatch.book for mismatch in (await books.audit()).mismatches}
    assert {"cost_tracking", "cost_series", "user_costs", "sessions", "messages", "budget_spending"} <= found


async def test_reads_go_on_as_before(books: SQLiteStore) -> None:
    for _ in range(4):  # Either of the readers.
        await books.audit()
    with pytest.raises(DatabaseUnavailable):
        await books._readers.run(lambda connection: connection.execute("DELETE FROM cost_events"))
    assert await books.cost_events(START - 2 * DAY, START + DAY)
