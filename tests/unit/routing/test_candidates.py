from __future__ import annotations

from tests.fakes.providers import FakeProvider

from masterx.records.money import NanoDollars
from masterx.routing.candidates import cheapest_first, order_candidates

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


def test_whom_the_operator_disabled_comes_last_and_says_so() -> None:
    candidates = order_candidates([FIRST, SECOND, THIRD], "a", disabled={"a"})
    assert [(candidate.provider.name, candidate.disabled) for candidate in candidates] == [
        ("b", False),
        ("c", False),
        ("a", True),
    ]
    assert candidates[-1].reason == "disabled by the operator"


def test_being_cheap_does_not_enable() -> None:
    candidates = cheapest_first(order_candidates([FIRST, SECOND], disabled={"a"}), lambda _: NanoDollars(0))
    assert [candidate.provider.name for candidate in candidates] == ["b", "a"]
    assert candidates[-1].reason == "disabled by the operator"
