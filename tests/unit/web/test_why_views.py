from __future__ import annotations

from dataclasses import replace

from tests.fakes.records import make_answer, make_question, make_session, make_user

from masterx.records.money import NanoDollars
from masterx.records.routing import FailedAttempt, Routing, WeighedCandidate
from masterx.web.why_views import why_view

ANSWER = make_answer(make_question(make_session(make_user())))
BEST = WeighedCandidate(
    provider="groq", model="llama", score=98.0, error=4.0, price=NanoDollars(400_000), reason="best for math"
)
NEXT = WeighedCandidate(provider="openai", model="gpt", score=70.0, error=None, price=None, reason="next")
ROUTING = Routing(
    provider="groq",
    model="llama",
    reason="best for math",
    candidates=("groq", "openai"),
    category="math",
    difficulty=0.2,
    dial=0.6,
    mood="frustration",
    weighed=(BEST, NEXT),
)


def test_nothing_is_known_of_an_answer_without_its_routing() -> None:
    assert why_view(ANSWER) is None


def test_the_chosen_one_stands_with_the_others() -> None:
    found = why_view(replace(ANSWER, routing=ROUTING))
    assert found is not None
    first, second = found.candidates
    assert (first.name, first.chosen, first.score, first.price) == ("groq", True, "98 ± 4", "$0.0004")
    assert (first.low, first.at, first.high) == (94.0, 98.0, 100.0)
    assert (second.chosen, second.score, second.price) == (False, "70", "")
    assert dict(found.facts) == {
        "About": "Math",
        "Difficulty": "easy, 20 of 100",
        "Mood": "frustration: empathy counts too",
        "Quality before price": "60 of 100",
    }
    assert not found.explored


def test_who_failed_before_is_named() -> None:
    failed = FailedAttempt(provider="openai", model="gpt", code="provider_timeout", reason="x")
    found = why_view(replace(ANSWER, routing=replace(ROUTING, failed=(failed,), explored=True)))
    assert found is not None
    assert [each.failed for each in found.candidates] == ["", "timeout"]
    assert found.explored


def test_an_older_answer_shows_whom_it_knows() -> None:
    older = replace(ROUTING, weighed=(), category=None, difficulty=None, dial=None, mood=None)
    found = why_view(replace(ANSWER, routing=older, category="coding"))
    assert found is not None
    assert [(each.name, each.score, each.at) for each in found.candidates] == [("groq", "", None), ("openai", "", None)]
    assert found.facts == (("About", "Coding"),)
