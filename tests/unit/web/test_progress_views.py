"""What is known of a learner as the progress page says it: in a sentence, in figures, in columns."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from masterx.tutor.practice_views import AbilityView, DueReview, HistoryPoint, SkillView, SubjectProgress
from masterx.web.progress_views import (
    MOST_POINTS,
    columns,
    comes_back,
    coming_days,
    depths,
    drawn,
    figures,
    next_review,
    points,
    review_line,
    sentence,
    span,
    struggling,
)

NOW = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def skill(name: str, *needs: str, state: str = "open", due: datetime | None = None, responses: int = 0) -> SkillView:
    return SkillView(id=name, name=name.title(), state=state, mastery=0.9, responses=responses, needs=needs, due_at=due)


def point(days_ago: float, level: float) -> HistoryPoint:
    return HistoryPoint(at=NOW - days_ago * DAY, level=level, low=level - 0.1, high=level + 0.1)


SKILLS = (
    skill("integers", state="mastered", responses=9, due=NOW - DAY),
    skill("powers", "integers", state="struggling", responses=5, due=NOW + 3 * DAY),
    skill("roots", "powers"),
    skill("terms", "integers", "elsewhere"),
)
PROGRESS = SubjectProgress(
    subject="mathematics",
    name="Mathematics",
    answers=120,
    ability=AbilityView(level=0.62, low=0.57, high=0.67, sure=True, missing=0),
    history=(point(60, 0.46), point(30, 0.55), point(0, 0.62)),
    skills=SKILLS,
    velocity=0.94,
    improvement_rate=0.064,
    improvement_low=0.03,
    improvement_high=0.10,
    hours=14.2,
    days_practised=5,
    due=1,
    placement="none",
    load=0.1,
)


def test_growth_is_said_only_where_it_is_more_than_chance() -> None:
    assert sentence(PROGRESS, UTC) == "You have grown by 16 points since 13 January"
    unclear = replace(PROGRESS, improvement_low=-0.02)
    assert sentence(unclear, UTC) == "You are at 62 of 100, between 57 and 67"
    fell = replace(PROGRESS, improvement_rate=-0.1, improvement_low=-0.2, improvement_high=-0.01)
    assert sentence(fell, UTC) == "You are at 62 of 100; the last weeks were harder than those before"
    unsure = replace(PROGRESS, ability=replace(PROGRESS.ability, sure=False, missing=4))
    assert sentence(unsure, UTC) == "Not sure yet: 4 more answers"
    assert sentence(replace(PROGRESS, answers=0), UTC) == "Nothing practised in Mathematics yet"


def test_figures_come_with_their_doubt() -> None:
    said = {each.name: (each.value, each.doubt) for each in figures(PROGRESS)}
    assert said == {
        "Ability now": ("62", "57 to 67"),
        "Growth a week": ("+1.5", "± 0.8"),
        "Skills an hour": ("0.9", "mastered"),
        "Practice so far": ("14 h", "on 5 of the last 7 days"),
    }
    few = replace(PROGRESS, improvement_rate=None, hours=0.4, ability=replace(PROGRESS.ability, sure=False, missing=2))
    said = {each.name: (each.value, each.doubt) for each in figures(few)}
    assert said["Ability now"] == ("–", "Not sure yet: 2 more answers")
    assert said["Growth a week"] == ("–", "not clear yet")
    assert said["Practice so far"][0] == "24 min"


def test_skills_stand_in_the_order_in_which_they_build_on_each_other() -> None:
    shown = columns(PROGRESS, NOW)
    assert [(column.name, [line.name for line in column.skills]) for column in shown] == [
        ("Start here", ["Integers"]),
        ("Step 2", ["Powers", "Terms"]),
        ("Step 3", ["Roots"]),
    ]
    assert [column.mastered for column in shown] == [1, 0, 0]
    assert [(line.tag, line.builds_on) for column in shown for line in column.skills] == [
        ("due", ""),
        ("slipping", "Integers"),
        ("", "Integers"),
        ("", "Powers"),
    ]
    assert struggling(PROGRESS) == ("Powers",)


def test_skills_that_need_each_other_end_somewhere() -> None:
    assert set(depths((skill("a", "b"), skill("b", "a")))) == {"a", "b"}


def test_a_plot_has_every_answer_until_there_are_too_many_then_the_last_of_each_day() -> None:
    three = points(PROGRESS.history, UTC)
    assert [each.label for each in three] == ["13 January", "12 February", "14 March"]
    assert (three[0].level, three[0].low, three[0].high) == (46, 36, 56)
    assert json.loads(drawn(three))["level"] == [46, 55, 62]
    assert (json.loads(drawn(three))["goal"], json.loads(drawn(three, 70))["goal"]) == (None, 70)
    same_day = points((point(0.02, 0.5), point(0.01, 0.6)), UTC)
    assert [each.label for each in same_day] == ["14 March, 14:31", "14 March, 14:45"]
    many = [point((MOST_POINTS - number) / 100, number / 1000) for number in range(MOST_POINTS + 1)]
    assert [each.level for each in points(many, UTC)] == [4, 14, 20]


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (NOW + timedelta(hours=2), "today at 17:00"),
        (NOW + DAY, "tomorrow at 15:00"),
        (NOW + 4 * DAY, "on Wednesday"),
        (NOW + 20 * DAY, "on 3 April"),
        (NOW - DAY, ""),
    ],
)
def test_the_next_review_is_said_as_people_say_it(due: datetime, words: str) -> None:
    assert next_review([replace(PROGRESS, skills=(skill("a", due=due),))], UTC, NOW) == words


def test_coming_days_count_what_is_due_already_to_today() -> None:
    days = coming_days([PROGRESS], UTC, NOW)
    assert [(day.name, day.count) for day in days][:5] == [("Today", 1), ("Sun", 0), ("Mon", 0), ("Tue", 1), ("Wed", 0)]
    assert [day.height for day in days] == [100, 0, 0, 100, 0, 0, 0]


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=40), "1 minute"),
        (timedelta(minutes=10), "10 minutes"),
        (timedelta(minutes=70), "1 hour"),
        (timedelta(hours=30), "1 day"),
        (timedelta(days=5), "5 days"),
        (timedelta(days=19), "3 weeks"),
        (timedelta(days=60), "2 months"),
    ],
)
def test_times_are_told_in_the_largest_unit_that_fits(time: timedelta, words: str) -> None:
    assert span(time) == words


def due_review(**changes: Any) -> DueReview:
    fields: dict[str, Any] = {
        "subject": "mathematics",
        "subject_name": "Mathematics",
        "skill": "expanding",
        "skill_name": "Expanding brackets",
        "due_at": NOW,
        "last_review_at": NOW - timedelta(days=19),
        "stability": 16.0,
        "learned": True,
        "retrievability": 0.82,
        "reviews": 3,
    }
    return DueReview(**fields | changes)


def test_a_review_says_why_it_is_due() -> None:
    line = review_line(due_review(), NOW)
    assert (line.name, line.recall) == ("Expanding brackets", 82)
    assert line.why == (
        "Last seen 3 weeks ago; it holds for about 2 weeks. You still know it with a chance of about 4 in 5."
    )
    lapsed = review_line(due_review(learned=False, last_review_at=NOW - timedelta(minutes=12)), NOW)
    assert lapsed.why == "Last seen 12 minutes ago, and it was not there yet: a second look settles it."


def test_a_verdict_says_when_the_skill_comes_back() -> None:
    assert comes_back(NOW + timedelta(days=35), NOW) == "Comes back in 5 weeks."
    assert comes_back(None, NOW) == comes_back(NOW, NOW) == ""
