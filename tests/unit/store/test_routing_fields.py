from __future__ import annotations

import json

from masterx.records.money import NanoDollars
from masterx.records.routing import FailedAttempt, Routing, WeighedCandidate
from masterx.store.routing_fields import routing_fields, routing_of

FULL = Routing(
    provider="a",
    model="m",
    reason="the best",
    candidates=("a", "b"),
    failed=(FailedAttempt(provider="b", model="n", code="provider_timeout", reason="too slow"),),
    category="math",
    mood="anxiety",
    difficulty=0.5,
    dial=0.5,
    explored=True,
    weighed=(
        WeighedCandidate(provider="a", model="m", score=80.0, error=2.0, price=NanoDollars(5), reason="the best"),
        WeighedCandidate(provider="b", model="n", score=None, error=None, price=None, reason="next"),
    ),
)


def test_every_field_comes_back_through_json() -> None:
    assert routing_of(json.loads(json.dumps(routing_fields(FULL)))) == FULL


def test_an_answer_from_before_reasons_were_kept_can_be_read() -> None:
    kept = {"provider": "a", "model": "m", "reason": "first", "candidates": ["a"], "demo": False, "failed": []}
    assert routing_of(kept) == Routing(provider="a", model="m", reason="first", candidates=("a",))
