from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from masterx.learner.ability import estimated, prior
from masterx.learner.difficulty import Condition
from masterx.learner.irt import ItemParameters, level
from masterx.learner.mastery import first_met, practised
from masterx.learner.performance import performance_of, performance_score
from masterx.learner.velocity import Answer

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ITEM = ItemParameters(1.2, 0.0)


def test_everything_that_is_stored() -> None:
    good = bad = first_met(prior())
    for _ in range(12):
        good, bad = practised(good, ITEM, 1.0), practised(bad, ITEM, 0.0)
    ability = estimated([(ITEM, 1.0), (ITEM, 0.0), (ITEM, 1.0)])
    answers = [Answer(NOW - timedelta(days=20 - day), ITEM, float(day > 8)) for day in range(20)]
    row = performance_of(
        ability, {"a": good, "b": bad}, answers, timedelta(hours=2), Condition(), whose=("1", "2", "algebra"), now=NOW
    )
    assert (row.id, row.user_id, row.subject, row.timestamp) == ("1", "2", "algebra", NOW)
    assert (row.mastery_topics, row.struggling_topics) == (("a",), ("b",))
    assert (row.learning_velocity, row.total_practice_time_hours) == (0.5, 2.0)
    assert row.ability_level == pytest.approx(level(ability.theta))
    assert (row.theta, row.theta_error) == (ability.theta, ability.standard_error)
    assert 0 < row.difficulty_preference < row.ability_level
    assert row.improvement_rate is not None
    assert row.improvement_rate > 0
    assert row.improvement_rate_error is not None


def test_nothing_yet() -> None:
    row = performance_of(prior(), {}, [], timedelta(0), Condition(), whose=("1", "2", "algebra"), now=NOW)
    assert (row.ability_level, row.learning_velocity, row.total_practice_time_hours) == (0.5, 0.0, 0.0)
    assert (row.improvement_rate, row.improvement_rate_error) == (None, None)


def test_a_session_without_items_has_no_score() -> None:
    assert performance_score([]) is None
    assert performance_score([1.0, 0.5]) == 0.75
