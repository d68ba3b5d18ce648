from __future__ import annotations

import pytest

from masterx.routing.benchmarks.grading.checks import FactsCheck
from masterx.routing.benchmarks.grading.facts import FORBIDDEN_SHARE, grade_facts
from masterx.routing.benchmarks.grading.phrases import says
from masterx.routing.benchmarks.grading.words import sentences_of, without_echo


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("The **Moon** causes tides.", "moon causes tides"),
        ("It's the Moon’s gravity.", "moon"),
        ("Tilted axes make seasons", "tilt*"),
        ("It is not the Sun but the Moon that causes tides.", "moon"),
        ("It is not only the Moon, it is the Sun too.", "moon"),
        ("There is no doubt that the Moon causes tides.", "moon"),
        ("No, the Moon causes tides.", "moon causes tides"),
        ("It is not wrong to say that the Moon causes tides.", "moon causes tides"),
        ("It isn't false that the Moon causes tides.", "moon causes tides"),
        ("Not because of the wind, but because of the Moon.", "because of the moon"),
        ("The rule takes O(n log n) steps", "O(n log n)"),
        ("It holds 1,250 litres", "1250"),
        ("It does not grow and stays green", "~grow"),
        ("Is it the Moon? Yes, the Moon.", "moon"),
        ("water that is not drinkable", "not drinkable"),
        ("I would not say it is cold; the Moon is grey.", "moon"),
        ("So what? Calm down.", "^calm down"),
        ("The distance, people say, causes it.", "distance ... causes"),
    ],
)
def test_said(text: str, phrase: str) -> None:
    assert says(sentences_of(text), phrase)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("The Moon does not cause tides.", "cause tides"),
        ("It is not true that the Moon causes tides.", "moon causes tides"),
        ("That the Moon causes tides is not true.", "moon causes tides"),
        ("The Moon causes tides is a myth.", "moon causes tides"),
        ("It is a common misconception that the Moon causes tides.", "moon causes tides"),
        ("Tides are never caused by the Moon.", "caused by the moon"),
        ("Tides aren't caused by the Moon.", "caused by the moon"),
        ("Tides are caused by the wind rather than by the Moon.", "by the moon"),
        ("Is it the Moon?", "moon"),
        ("Honeymoon", "moon"),
        ("The Moon. Causes vary.", "moon causes"),
        ("O(n) steps", "O(n log n)"),
        ("It is neither the Moon nor the Sun.", "moon"),
        ("Without the Moon there would be none.", "moon"),
        ("The distance is not what causes it.", "distance ... causes"),
        ("Try to calm down.", "^calm down"),
        ("", "moon"),
    ],
)
def test_not_said(text: str, phrase: str) -> None:
    assert not says(sentences_of(text), phrase)


def test_a_gap_is_short_and_within_a_sentence() -> None:
    near, far = "because the Earth is closer", "because " + "very " * 9 + "closer"
    assert says(sentences_of(near), "because ... closer")
    assert not says(sentences_of(far), "because ... closer")
    assert not says(sentences_of("because. closer"), "because ... closer")


def test_facts_count_in_any_of_their_wordings() -> None:
    check = FactsCheck(kind="facts", required=(("control group", "placebo*"), ("random*",)), forbidden=("it works",))
    assert grade_facts(check, "A placebo, given at random.").share == 1
    missing = grade_facts(check, "A placebo.")
    assert (missing.share, missing.reason) == (0.5, "It does not say “random”.")
    wrong = grade_facts(check, "A placebo, given at random. It works.")
    assert wrong.share == FORBIDDEN_SHARE
    assert grade_facts(check, "A placebo, given at random. I doubt not that it works not.").share == 1


def test_fewer_facts_may_do() -> None:
    check = FactsCheck(kind="facts", required=(("red",), ("green",), ("blue",)), fewest=2)
    assert [grade_facts(check, text).share for text in ("red", "red, blue", "red, blue, green")] == [0.5, 1, 1]


def test_what_is_repeated_of_the_prompt_is_taken_away() -> None:
    prompt = "Which is right?\n\nA) the first option\nB) the second option"
    assert without_echo(f"{prompt}\nAnswer: B", prompt).strip() == "Answer: B"
    assert without_echo("> **A) the first option**\nAnswer: A", prompt).strip() == "Answer: A"
