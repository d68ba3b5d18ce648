from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.practice.facts import contradictions, requested_facts
from masterx.practice.grading.algebra import Algebra


@pytest.fixture(scope="module")
def algebra() -> Iterator[Algebra]:
    with Algebra() as algebra:
        yield algebra


@pytest.mark.parametrize(
    ("text", "correct"),
    [
        ("So 4! = 20 and 3 + 4 = 7.", "24"),
        ("12 × 7 = 82", "84"),
        ("1/2 + 1/3 = 2/5", "5/6"),
        ("15% of 80 = 13", "12"),
    ],
)
def test_a_false_claim_is_found(text: str, correct: str) -> None:
    assert [found.correct for found in contradictions(text)] == [correct]


@pytest.mark.parametrize(
    "text",
    [
        "x + 2*3 = 10", "2*3 = 6x", "7*3 = 1 mod 20", "10/3 = 3.33", "√2 ≈ 1.414", "22/7 = 3.14", "x = 3 and 2x = 6",
        "1,000 + 1 = 1,001", "3! = 6 ways", "90/60 = 1.5 h", "9**9**9**9 = 1", "x == 3", "0.1 + 0.2 = 0.3",
    ],
)  # fmt: skip
def test_nothing_is_said_where_nothing_is_wrong_or_unclear(text: str) -> None:
    assert contradictions(text) == ()


@given(st.integers(-99, 99), st.integers(0, 99), st.integers(-500, 500))
def test_sums_are_judged_exactly(first: int, second: int, claimed: int) -> None:
    assert bool(contradictions(f"{first} + {second} = {claimed}")) is (first + second != claimed)


@given(st.text(max_size=200))
def test_any_text_may_come(text: str) -> None:
    contradictions(text)


@pytest.mark.parametrize(
    ("message", "results"),
    [
        ("What is 12*7+3?", ("87",)),
        ("Please solve x^2 - 5x + 6 = 0", ("2", "3")),
        ("How do I solve 2x + 3 = 11 for x?", ("4",)),
        ("Can you differentiate x^3 + 2x?", ("3*x^2 + 2",)),
        ("solve x^2 + 1 = 0", ()),
        ("What is 15% of 80?", ("12",)),
    ],
)
def test_what_is_asked_for_is_settled(algebra: Algebra, message: str, results: tuple[str, ...]) -> None:
    (fact,) = requested_facts(message, algebra)
    assert fact.results == results


@pytest.mark.parametrize("message", ["What is the capital of France?", "what is 2", "what is 9**9**9**9?", "solve it"])
def test_what_is_unclear_is_left_to_the_model(algebra: Algebra, message: str) -> None:
    assert requested_facts(message, algebra) == ()
