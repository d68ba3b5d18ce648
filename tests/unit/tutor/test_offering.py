from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START

from masterx.records.emotions import Intervention, LearningReadiness, LearningState, Mood, Trend
from masterx.records.lesson_items import LessonItem
from masterx.records.messages import Message, MessageRole
from masterx.tutor.offering import PACE, PATIENCE, may_offer

CALM = Mood(
    state=LearningState.NEUTRAL,
    said=LearningState.NEUTRAL,
    certainty=0.9,
    valence=0.0,
    arousal=0.0,
    engagement=0.5,
    readiness=LearningReadiness.MODERATE,
    intervention=Intervention.NONE,
    trend=Trend.STEADY,
)
ITEM = LessonItem(subject="mathematics", skill="powers", item_id="powers.square", seed=1)


def message(role: MessageRole, name: str = "m", item: LessonItem | None = None) -> Message:
    return Message(id=name, session_id="s", user_id="u", role=role, content="", timestamp=START, item=item)


def turns(since: int) -> list[Message]:
    """A question below an answer, and so many whole turns after it."""
    history = [message(MessageRole.USER), message(MessageRole.ASSISTANT, "card", ITEM)]
    for _ in range(since):
        history += [message(MessageRole.USER), message(MessageRole.ASSISTANT)]
    return history


def test_the_first_explanation_may_have_one() -> None:
    assert may_offer([], (), CALM, "math", wanted=True)
    assert may_offer([], (), None, None, wanted=True)


@pytest.mark.parametrize(
    "mood",
    [
        replace(CALM, intervention=Intervention.CARE),
        replace(CALM, intervention=Intervention.STRONG),
        replace(CALM, state=LearningState.ANXIETY),
        replace(CALM, readiness=LearningReadiness.LOW),
    ],
)
def test_nobody_is_asked_while_they_need_quiet(mood: Mood) -> None:
    assert not may_offer([], (), mood, "math", wanted=True)


def test_who_is_frustrated_is_asked() -> None:
    """Something easier: see `learner.difficulty`."""
    assert may_offer([], (), replace(CALM, state=LearningState.FRUSTRATION), "math", wanted=True)


def test_talk_of_feelings_is_no_occasion() -> None:
    assert not may_offer([], (), CALM, "empathy", wanted=True)


@given(st.integers(0, 12), st.booleans(), st.booleans())
def test_there_is_time_between_two_questions(since: int, answered: bool, wanted: bool) -> None:
    ready = since + 1 >= (PACE if answered else PATIENCE)
    assert may_offer(turns(since), {"card"} if answered else (), CALM, "math", wanted=wanted) is (ready and wanted)
