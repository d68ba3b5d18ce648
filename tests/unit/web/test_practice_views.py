"""Questions and verdicts in the words of the practice page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.learner.difficulty import Mover
from masterx.records.practice import PracticeMode
from masterx.tutor.practice_views import AbilityView, Answered, Question, SkillView
from masterx.web.practice_views import (
    MASTERED,
    NEARLY,
    NOT_STARTED,
    STARTED,
    Tone,
    answer_label,
    chance_words,
    gauge,
    has_symbols,
    level_of,
    nearest_share,
    rungs,
    said,
    standing,
    why_moved,
)

NOW = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)
ABILITY = AbilityView(level=0.62, low=0.57, high=0.67, sure=True, missing=0)
QUESTION = Question(
    id="q",
    subject="mathematics",
    subject_name="Mathematics",
    skill="expanding",
    skill_name="Multiplying out",
    mode=PracticeMode.PRACTICE,
    kind="expression",
    text="Expand (x + 1)².",
    program="",
    choices=(),
    unit=None,
    asked_at=NOW,
    hints=("First",),
    hint_steps=3,
)
RIGHT = Answered(
    question_id="q",
    verdict="accept",
    right=True,
    judged=True,
    nearly=False,
    feedback="Right.",
    score=1.0,
    solution="So.",
    reference="x^2 + 2x + 1",
    repeated=False,
    ability=ABILITY,
    mastered=(),
    placement_over=False,
)
NOT_YET = replace(RIGHT, verdict="reject", right=False, score=0.0, feedback="That is not it.")
SKILL = SkillView(id="s", name="S", state="learning", mastery=0.2, responses=3, needs=(), due_at=None)


@given(st.floats(0, 1))
def test_a_chance_is_said_as_the_fraction_of_everyday_talk_that_is_nearest(chance: float) -> None:
    share, of = nearest_share(chance)
    assert abs(share / of - chance) <= 0.1
    assert chance_words(chance) == f"About {share} in {of} for you"


@given(st.floats(0, 1))
def test_the_mark_stays_on_the_gauge_and_its_words_tell_on_which_side_of_the_zone_it_is(chance: float) -> None:
    shown = gauge(chance)
    assert 0 < shown.percent < 100
    side = "harder" if chance < 0.70 else "easier" if chance > 0.85 else "teaches most"
    assert side in shown.words


def test_why_the_chance_moved_is_said_on_the_side_to_which_it_moved() -> None:
    for mover in Mover:
        side = "harder" if mover in {Mover.FLOW, Mover.HARDER} else "easier"
        assert side in why_moved(replace(QUESTION, moved_by=mover.value))
    assert why_moved(QUESTION) == ""


@pytest.mark.parametrize(
    ("answered", "helped", "tone", "head", "text", "mark"),
    [
        (RIGHT, False, Tone.RIGHT, "Right, and without a hint.", "", "right"),
        (replace(RIGHT, mastered=("Roots",)), True, Tone.RIGHT, "Right, with a hint.", "Mastered now: Roots.", "hint"),
        (NOT_YET, False, Tone.NOT_YET, "Not yet.", "The solution below shows one way to it.", "not-yet"),
        (replace(NOT_YET, feedback="The minus turns the sign."), True, Tone.NOT_YET, "Not yet.",
         "The minus turns the sign.", "not-yet"),
        (replace(NOT_YET, score=0.3, feedback="The sign."), False, Tone.NOT_YET, "Nearly, and you are close.",
         "The sign.", "not-yet"),
        (replace(NOT_YET, judged=False, verdict="unit_missing", feedback="Give the unit as well."), False,
         Tone.NOT_COUNTED, "Which unit?", "Give the unit as well. This did not count as a try.", ""),
        (replace(NOT_YET, judged=False, verdict="unreadable", feedback="Write an answer first."), False,
         Tone.NOT_COUNTED, "That could not be read.", "Write an answer first. This did not count as a try.", ""),
        (replace(RIGHT, repeated=True), False, Tone.RIGHT, "Right, and without a hint.",
         "You answered this one before, and this is how it went.", "right"),
    ],
)  # fmt: skip
def test_each_verdict_has_its_words(
    answered: Answered, helped: bool, tone: Tone, head: str, text: str, mark: str
) -> None:
    shown = said(answered, helped=helped)
    assert (shown.tone, shown.head, shown.text, shown.mark) == (tone, head, text, mark)
    assert "wrong" not in f"{shown.head} {shown.text}".lower()
    assert "!" not in shown.head


def test_steps_that_were_not_taken_do_not_say_what_they_hold() -> None:
    first, second, last = rungs(QUESTION)
    assert (first.text, first.is_open) == ("First", True)
    assert (second.text, second.is_open) == ("A step further", False)
    assert (last.text, last.is_open) == ("The last step before the answer", False)
    assert [rung.text for rung in rungs(replace(QUESTION, hints=(), hint_steps=1))] == ["The idea behind it"]


@pytest.mark.parametrize(
    ("skill", "shown"),
    [
        (None, NOT_STARTED),
        (replace(SKILL, responses=0, state="locked"), NOT_STARTED),
        (SKILL, STARTED),
        (replace(SKILL, mastery=0.6), NEARLY),
        (replace(SKILL, mastery=0.6, state="struggling"), STARTED),
        (replace(SKILL, mastery=0.9, state="mastered"), MASTERED),
    ],
)
def test_a_ring_fills_with_what_is_known(skill: SkillView | None, shown: object) -> None:
    assert standing(skill) == shown


def test_ability_is_said_with_its_band_or_not_at_all() -> None:
    assert level_of(ABILITY).words == "62, between 57 and 67"
    assert level_of(replace(ABILITY, sure=False, missing=4)).words == "Not sure yet: 4 more answers"
    assert level_of(replace(ABILITY, sure=False, missing=0)).words == "Not sure yet: 1 more answer"


def test_the_box_says_what_belongs_into_it() -> None:
    assert answer_label(QUESTION) == "Your answer"
    assert answer_label(replace(QUESTION, kind="number", unit="m")) == "Your answer, with its unit"
    assert answer_label(replace(QUESTION, kind="output")) == "What it prints"
    assert has_symbols(QUESTION)
    assert not has_symbols(replace(QUESTION, kind="output"))
