from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.records import make_user

from masterx.records.emotions import LearningState
from masterx.records.messages import EmotionState
from masterx.records.users import MoodPreferences
from masterx.web.mood_views import CLEAR, OFFERED, WORDS, MoodNote, MoodView

FRUSTRATED = EmotionState(
    primary_emotion="frustration",
    arousal=0.3,
    valence=-0.6,
    learning_readiness="low_readiness",
    certainty=0.9,
    intervention="light",
)


def view(**preferences: bool) -> MoodView:
    return MoodView.of(make_user(mood_preferences=MoodPreferences(**preferences)), "Talk to somebody.")


def test_a_clear_reading_says_what_it_changes() -> None:
    assert view().note(FRUSTRATED) == MoodNote(
        state="frustration", word="frustrated", told=False, change="smaller steps, one thing at a time"
    )


@pytest.mark.parametrize(
    "state",
    [
        None,
        replace(FRUSTRATED, certainty=CLEAR - 0.01),
        replace(FRUSTRATED, certainty=None),
        replace(FRUSTRATED, primary_emotion="neutral"),
        replace(FRUSTRATED, primary_emotion="a state of a later version"),
    ],
)
def test_what_is_unclear_or_plain_is_not_shown(state: EmotionState | None) -> None:
    assert view().note(state) is None


def test_the_learners_own_word_is_shown_however_unclear_the_reading_was() -> None:
    told = replace(FRUSTRATED, primary_emotion="neutral", told=True, certainty=0.1)
    assert view().note(told) == MoodNote(state="neutral", word="none of these", told=True, change="")


@pytest.mark.parametrize("preferences", [{"read": False}, {"shown": False}])
def test_nothing_is_shown_to_whoever_switched_it_off(preferences: dict[str, bool]) -> None:
    assert view(**preferences).note(FRUSTRATED) is None
    assert view(**preferences).note(replace(FRUSTRATED, told=True)) is None


def test_where_to_find_help_is_shown_unless_nothing_may_be_read() -> None:
    care = replace(FRUSTRATED, intervention="care", certainty=0.2)
    assert view().help(care) == "Talk to somebody."
    assert view(shown=False).help(care) == "Talk to somebody.", "the answer speaks of it"
    assert view(read=False).help(care) == ""
    assert view().help(FRUSTRATED) == ""
    assert view().help(None) == ""


def test_an_answer_that_teaches_nothing_claims_no_other_way_of_teaching() -> None:
    note = view().note(replace(FRUSTRATED, intervention="care"))
    assert note is not None
    assert note.change == ""


def test_every_state_has_a_word_and_those_to_choose_from_are_few() -> None:
    assert set(WORDS) == set(LearningState)
    assert len(OFFERED) == 7
    assert OFFERED[-1] is LearningState.NEUTRAL
