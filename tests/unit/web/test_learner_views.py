from __future__ import annotations

from typing import Any

from tests.fakes.clock import START

from masterx.records.learners import LearnerRow, SubjectStanding
from masterx.web.learner_views import BAR_WIDTH, learner_views, told_of


def row(*, recent: tuple[int, int] = (0, 0), **changes: Any) -> LearnerRow:
    fields: dict[str, Any] = {
        "subject": "python-programming",
        "level": 0.6,
        "theta": 0.4,
        "theta_error": 0.3,
        "mastered": 2,
        "struggling": 1,
        "answers": 20,
        "practice_seconds": 5400.0,
        "last_answered_at": START,
    }
    return LearnerRow(
        user_id="1",
        name="Ada",
        email="ada@example.org",
        subjects=(SubjectStanding(**fields | changes),),
        due=0,
        recent_answers=recent[0],
        recent_right=recent[1],
    )


def test_ability_stands_with_its_band() -> None:
    (view,) = learner_views([row(recent=(20, 15))])
    (subject,) = view.subjects
    assert (subject.name, subject.ability) == ("Python programming", "60, 45 to 73")
    assert subject.at is not None
    assert 0 < subject.low < subject.at < subject.high < BAR_WIDTH
    assert (view.success, view.time) == ("75% of 20", "1.5 h")


def test_what_is_not_sure_is_no_number() -> None:
    for error in (0.9, None):
        (view,) = learner_views([row(theta_error=error)])
        assert [(each.ability, each.at) for each in view.subjects] == [("not sure yet", None)]
        assert view.success == "–"


def test_a_sentence_to_a_learner_is_told_of_them() -> None:
    assert told_of("Ada", "You are at 60 of 100, between 45 and 73") == "Ada is at 60 of 100, between 45 and 73"
    assert told_of("Ada", "You have grown by 3 points") == "Ada has grown by 3 points"
    assert told_of("Ada", "Nothing practised in statistics yet") == "Nothing practised in statistics yet"
