from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterx.practice.facts import requested_facts, requests_in, requests_of, sentence_of, settled_here
from masterx.practice.grading.algebra import Algebra


@pytest.fixture(scope="module")
def algebra() -> Iterator[Algebra]:
    with Algebra() as algebra:
        yield algebra


@pytest.mark.parametrize(
    ("message", "results"),
    [
        ("What is 12*7+3?", ("87",)),
        ("17 * 23", ("391",)),
        ("whats 17 times 23", ("391",)),
        ("What is \\(\\frac{1}{2}+\\frac{1}{3}\\)?", ("5/6", "0.8333333333")),
        ("what is the square root of 144?", ("12",)),
        ("Please solve x^2 - 5x + 6 = 0", ("2", "3")),
        ("How do I solve 2x + 3 = 11 for x?", ("4",)),
        ("Can you differentiate x^3 + 2x?", ("3*x^2 + 2",)),
        ("solve x^2 + 1 = 0", ()),
        ("What is 15% of 80?", ("12",)),
        ("How do I solve the linear equation 2x + 3 = 11? I am stuck and annoyed", ("4",)),
        ("How can I solve the quadratic equation x^2 - 5x + 6 = 0 quickly?", ("2", "3")),
        ("I can't solve this equation: 5x - 3 = 12 but I tried", ("3",)),
        ("solve the following equation for y: 3y = 9", ("3",)),
        ("solve a + 2 = 5", ("3",)),
        ("Find the derivative of the function x^2 + 4x", ("2*x + 4",)),
        ("Evaluate the expression 3*(2+4)", ("18",)),
    ],
)
def test_what_is_asked_for_is_settled(algebra: Algebra, message: str, results: tuple[str, ...]) -> None:
    (fact,) = requested_facts(message, algebra)
    assert fact.results == results
    assert all(result in sentence_of(fact) for result in results)


@pytest.mark.parametrize(
    "message",
    [
        "What is the capital of France?",
        "what is 2",
        "what is 9**9**9**9?",
        "solve it",
        "solve the equation",
        "what is 3 + 4 dozen",
        "solve 2x = 3 million",
        "Anna has 3 boxes of 12 pens and gives away 7. How many are left?",
        "what is __import__('os').system('true')",
        "what is " + "9" * 10_000,
        "what is 400!",
    ],
)
def test_what_is_unclear_is_left_to_the_model(algebra: Algebra, message: str) -> None:
    assert requested_facts(message, algebra) == ()


@given(st.integers(0, 999), st.integers(0, 999))
def test_arithmetic_needs_no_other_process(first: int, second: int) -> None:
    (request,) = requests_of(f"What is {first} + {second}?")
    fact = settled_here(request)
    assert fact is not None
    assert fact.results == (str(first + second),)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_may_come(text: str) -> None:
    for request in requests_of(text):
        settled_here(request)


PIECES = st.sampled_from([
    "2", "12", "x", "y", " ", " ", "\n", "^", "²", "⁵", "√", " squared", " cubed", "sin", "cos(", "ln", "exp", "sqrt",
    "(", ")", "+", "-", "*", "/", "=", "what is ", "solve ", "derivative of ", "expand ", "factor ", "simplify ",
    "\\frac{", "}{", "}", "\\sqrt{", "\\(", "\\)", "**", "$", "?", "plus", " times ", "compute ", "integrate ",
    "explain ", "%", " of ",
])  # fmt: skip


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12))
def test_what_is_passed_over_at_once_asks_for_nothing(pieces: list[str]) -> None:
    message = "".join(pieces)
    assert requests_of(message) == requests_in(message)
