"""A smaller `python -m benchmarks.books`."""

from __future__ import annotations

from benchmarks.books import measure


def test_the_books_are_true_after_faults_and_learners_who_left() -> None:
    outcome = measure(200)
    assert outcome.verified, outcome.report
    assert sum(outcome.ended.values()) == 200
    assert outcome.faults > 30
    assert outcome.ended["left"] > 10
    assert outcome.ledger_rows == outcome.calls
    assert outcome.ledger_tokens == outcome.tokens
    assert outcome.estimated_rows > 10
