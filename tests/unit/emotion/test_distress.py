from __future__ import annotations

import pytest

from masterx.emotion.distress import shows_distress


@pytest.mark.parametrize(
    "text",
    [
        "i want to die",
        "I just want to kill myself",
        "i dont want to live anymore",
        "I really don’t want to wake up tomorrow",
        "im thinking about suicide",
        "nobody would miss me if i was gone",
        "I've been cutting myself again",
        "everyone would be better off without me",
        "my friend wants to kill herself",
        "i cant go on anymore",
        "there is no reason to live",
        "I wish I was dead",
        "i am suicidal",
        "I failed again.   I'm going to END MY LIFE",
        "i wish i had never been born",
        "i wanna kms",
        "i self harm",
    ],
)
def test_clear_signs_are_seen(text: str) -> None:
    assert shows_distress(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "this homework is killing me",
        "why did romeo kill himself",
        "my essay is about suicide in hamlet",
        "I have to write about why Hamlet wants to die",
        "how do i kill a process",
        "how to kill all child processes",
        "im dying to know",
        "how do i kill myself in minecraft to respawn",
        "i want to die laughing",
        "the cell will die",
        "i cut my finger",
        "i can't go on to the next exercise",
        "i dont want to be late",
        "my dog died and i feel so alone",
        "i give up, im a failure",
        "i could kill for a pizza",
        "what does 'memento mori' mean",
        "how long can bacteria live without oxygen",
    ],
)
def test_school_games_and_figures_of_speech_are_not(text: str) -> None:
    assert not shows_distress(text)


def test_an_endless_text_is_looked_through_at_once() -> None:
    assert not shows_distress("i really " * 20_000)
