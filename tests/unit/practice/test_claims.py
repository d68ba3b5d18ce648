"""What an answer claims. The pairs were written before the program that judges them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterx.practice.claims import claims_of, contradictions, may_claim
from masterx.practice.facts import requested_facts
from masterx.practice.grading.algebra import Algebra

PAIRS = [json.loads(line) for line in (Path(__file__).parent / "checked_answers.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def algebra() -> Iterator[Algebra]:
    with Algebra() as algebra:
        yield algebra


def test_no_right_answer_is_flagged_and_nine_of_ten_wrong_ones_are(algebra: Algebra) -> None:
    assert len(PAIRS) >= 150
    found = {
        pair["answer"]: contradictions(pair["answer"], requested_facts(pair["question"], algebra), pair["question"])
        for pair in PAIRS
    }
    flagged_wrongly = [pair["answer"] for pair in PAIRS if not pair["wrong"] and found[pair["answer"]]]
    wrong = [pair["answer"] for pair in PAIRS if pair["wrong"]]
    assert flagged_wrongly == []
    assert sum(bool(found[answer]) for answer in wrong) >= 0.9 * len(wrong)


@pytest.mark.parametrize(
    ("text", "correct"),
    [
        ("So 4! = 20 and 3 + 4 = 7.", "4! = 24"),
        ("12 × 7 = 82", "12 × 7 = 84"),
        ("1/2 + 1/3 = 2/5", "1/2 + 1/3 = 5/6"),
        ("15% of 80 = 13", "15% × 80 = 12"),
    ],
)
def test_a_false_claim_is_found_with_what_is_right(text: str, correct: str) -> None:
    assert [found.correct for found in contradictions(text)] == [correct]


@pytest.mark.parametrize(
    "text",
    [
        "x + 2*3 = 10", "2*3 = 6x", "7*3 = 1 mod 20", "10/3 = 3.33", "√2 ≈ 1.414", "22/7 = 3.14", "x = 3 and 2x = 6",
        "1,000 + 1 = 1,001", "3! = 6 ways", "90/60 = 1.5 h", "9**9**9**9 = 1", "x == 3", "0.1 + 0.2 = 0.3",
        "```python\n2 + 2 = 5\n```",
    ],
)  # fmt: skip
def test_nothing_is_said_where_nothing_is_wrong_or_unclear(text: str) -> None:
    assert contradictions(text) == ()


def test_what_the_learner_wrote_is_no_claim_of_the_answer() -> None:
    assert contradictions("7 × 8 = 54 is near.", question="Is 7*8 = 54?") == ()


@settings(deadline=None)
@given(st.integers(-99, 99), st.integers(0, 99), st.integers(-500, 500))
def test_sums_are_judged_exactly(first: int, second: int, claimed: int) -> None:
    assert bool(contradictions(f"{first} + {second} = {claimed}")) is (first + second != claimed)


@settings(deadline=None)
@given(st.integers(1, 999), st.integers(2, 99), st.integers(1, 6))
def test_rounding_is_no_contradiction(first: int, second: int, places: int) -> None:
    assert contradictions(f"{first} / {second} = {first / second:.{places}f}") == ()


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_may_come(text: str) -> None:
    contradictions(text)


PIECES = st.sampled_from([
    "2", "5", "3.5", "12", "x", " ", " ", "\n", "is", " is ", "=", "≈", "equals", " about ", "gives you", "comes to",
    "**", "__", "$", "`", "```\n", "\\(", "\\)", "\\boxed{", "}", "\\approx", "\\text{", "(", ")", "- ", "+", " × ",
    "%", "are", "the answer ", "becomes", "1. ", "²", "plus", " times ", " is exactly ", ", ", ". ", "words", "-",
    "to", "⁵",
])  # fmt: skip


@settings(deadline=None)
@given(st.lists(PIECES, max_size=14))
def test_what_is_passed_over_at_once_claims_nothing(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert may_claim(text) or claims_of(text) == []


def test_every_answer_that_claims_something_is_read() -> None:
    assert [pair["answer"] for pair in PAIRS if claims_of(pair["answer"]) and not may_claim(pair["answer"])] == []
    assert not may_claim("A ring is a set with two operations. Which ones do you know of the 2 that we had?")
