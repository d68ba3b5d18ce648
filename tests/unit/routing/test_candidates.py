from __future__ import annotations

from tests.fakes.providers import FakeProvider

from masterx.routing.candidates import order_candidates

FIRST, SECOND, THIRD = (FakeProvider(name=name) for name in ("a", "b", "c"))


def names_and_reasons(assigned: str | None) -> list[tuple[str, str]]:
    return [
        (candidate.provider.name, candidate.reason) for candidate in order_candidates([FIRST, SECOND, THIRD], assigned)
    ]


def test_the_operators_order_holds() -> None:
    assert names_and_reasons(None) == [
        ("a", "first in the operator's order"),
        ("b", "next in the operator's order"),
        ("c", "next in the operator's order"),
    ]


def test_the_provider_of_the_session_comes_first() -> None:
    assert [name for name, _ in names_and_reasons("b")] == ["b", "a", "c"]
    assert names_and_reasons("b")[0][1] == "answered in this session before"


def test_a_provider_that_is_gone_is_passed_over() -> None:
    assert names_and_reasons("gone") == names_and_reasons(None)


def test_the_demo_model_says_why_it_answers() -> None:
    (candidate,) = order_candidates([FakeProvider(demo=True)])

    assert candidate.reason == "the built-in demo model: no other is configured"


def test_nobody_is_ready() -> None:
    assert order_candidates([]) == ()
