"""A smaller `python -m benchmarks.budget`."""

from __future__ import annotations

from benchmarks.budget import WORTH, measure


def test_two_workers_never_pass_the_cap_and_refuse_little_that_would_fit() -> None:
    # A busy machine may take longer for all of them than one waits for another.
    outcome = measure(2, requests=70, delay_ms=40, coming_back=True)
    assert outcome.over_the_cap == 0
    assert outcome.others == {}
    assert outcome.calls == outcome.answered == outcome.requests - outcome.refused
    # With less left than a reservation, no call can be sure to fit: three of the fifty.
    assert WORTH - outcome.answered == 3
