from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.clock import START

from masterx.learner.irt import level
from masterx.records.goals import Goal, GoalKind
from masterx.records.practice import PracticeMode, PracticeResponse
from masterx.tutor.goals import goal_line, goal_view
from masterx.tutor.practice_views import AbilityView, SubjectProgress
from masterx.web.goal_views import goal_card

GOAL = Goal(
    user_id="u",
    subject="mathematics",
    kind=GoalKind.ABILITY,
    target=0.75,
    until=(START + timedelta(weeks=12)).date(),
    start=0.5,
    created_at=START,
)


def progress(
    theta: float = 0.4, error: float = 0.2, rate: tuple[float, float] | None = (0.05, 0.15)
) -> SubjectProgress:
    low, high = (None, None) if rate is None else rate
    reach = 1.96 * error
    return SubjectProgress(
        subject="mathematics",
        name="Mathematics",
        answers=50,
        ability=AbilityView(
            level=level(theta), low=level(theta - reach), high=level(theta + reach), sure=error <= 0.7, missing=0
        ),
        history=(),
        skills=(),
        velocity=0.0,
        improvement_rate=None if low is None or high is None else (low + high) / 2,
        improvement_low=low,
        improvement_high=high,
        hours=2.0,
        days_practised=3,
        due=0,
        placement="none",
        load=0.1,
    )


def response(days_ago: float, subject: str = "mathematics", seconds: float = 60.0) -> PracticeResponse:
    at = START - timedelta(days=days_ago)
    return PracticeResponse(
        id="r", user_id="u", subject=subject, skill="powers", item_id="i", seed=1, mode=PracticeMode.PRACTICE,
        asked_at=at, answered_at=at, answer="1", verdict="accept", feedback="", score=1.0, seconds=seconds,
        difficulty=0.0, theta_before=0.0, theta_after=0.0,
    )  # fmt: skip


@given(st.floats(-3, 3), st.floats(0.05, 0.69), st.floats(0.01, 0.3), st.floats(0.0, 0.3))
def test_the_earliest_day_is_never_after_the_latest(theta: float, error: float, low: float, width: float) -> None:
    view = goal_view(GOAL, progress(theta, error, (low, low + width)), (), START)
    if view.earliest is not None and view.latest is not None:
        assert START.date() <= view.earliest <= view.latest
    assert 0.0 <= view.share <= 1.0
    assert view.reached is (view.now >= GOAL.target)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_more_ability_is_never_further_away(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert goal_view(GOAL, progress(low), (), START).share <= goal_view(GOAL, progress(high), (), START).share


def test_a_forecast_has_its_doubt_and_says_when_there_is_none() -> None:
    known = goal_view(GOAL, progress(), (), START)
    assert known.earliest is not None
    assert known.latest is not None
    assert known.earliest < known.latest
    assert known.forecast == "open"
    assert "between" in goal_card(known, START.date()).forecast
    assert goal_view(GOAL, progress(rate=None), (), START).forecast == "none"
    assert goal_view(GOAL, progress(error=0.9), (), START).forecast == "none"
    assert goal_view(GOAL, progress(rate=(-0.2, -0.1)), (), START).forecast == "unlikely"
    soon = goal_view(replace(GOAL, until=date(2030, 1, 1)), progress(), (), START)
    assert soon.forecast == "on_track"
    assert goal_view(GOAL, progress(theta=2.0), (), START).forecast == "reached"


def test_a_week_counts_its_own_answers() -> None:
    recent = [response(1), response(6.9, seconds=90_000), response(8), response(1, "python")]
    questions = goal_view(
        replace(GOAL, kind=GoalKind.QUESTIONS, target=10.0, until=None, start=0.0), progress(), recent, START
    )
    assert (questions.now, questions.share) == (2.0, 0.2)
    minutes = goal_view(
        replace(GOAL, kind=GoalKind.MINUTES, target=22.0, until=None, start=0.0), progress(), recent, START
    )
    assert minutes.now == 11.0
    assert goal_card(minutes, START.date()).sentence == "22 minutes of mathematics a week."


def test_the_prompt_knows_it_in_one_line() -> None:
    assert goal_line(GOAL) == f"to reach 75 of 100 in mathematics by {GOAL.until}"
    assert "\n" not in goal_line(replace(GOAL, kind=GoalKind.MINUTES, target=90.0))
