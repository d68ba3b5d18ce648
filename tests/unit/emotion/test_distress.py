from __future__ import annotations

import pytest

from masterx.emotion.distress import SHOWN_FROM, shows_distress


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
        "i keep thinking about unaliving myself during class",
        "im sucidal and i have an exam tmrw lol",
        "been self harming since year 8",
        "I do not wish to live any longer",
        "I don't see a reason to keep living",
        "my best friend is suicidal",
        "my friend from chem is cutting herself",
        "my mom said she doesnt want to live anymore",
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
        "my brother keeps cutting class and my friend cut herself shaving",
        "my dad doesn't want to live in a city",
        "i dont want to wake up at 6 for this class",
        "how long can bacteria live without oxygen",
    ],
)
def test_school_games_and_figures_of_speech_are_not(text: str) -> None:
    assert not shows_distress(text)


@pytest.mark.parametrize("text", ["", "ive stockpiled my tablets", "how do i kill myself in minecraft"])
def test_what_the_encoder_is_sure_of_needs_no_fixed_form(text: str) -> None:
    assert shows_distress(text, probability=SHOWN_FROM)
    assert not shows_distress(text, probability=SHOWN_FROM - 0.01)


def test_a_fixed_form_holds_whatever_the_encoder_says() -> None:
    assert shows_distress("i want to die", probability=0.0)


def test_an_endless_text_is_looked_through_at_once() -> None:
    assert not shows_distress("i really " * 20_000)
