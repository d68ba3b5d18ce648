"""All that is told of a learner in a subject, put together as it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from masterx.learner.ability import Ability
from masterx.learner.difficulty import Condition, target_difficulty
from masterx.learner.irt import level
from masterx.learner.mastery import Concept, mastery_topics, struggling_topics
from masterx.learner.velocity import Answer, improvement_rate, learning_velocity
from masterx.records.performance import UserPerformance

TREND = timedelta(weeks=12)
"""The improvement rate is that of the newest answers, so far back."""


def performance_of(
    ability: Ability,
    concepts: Mapping[str, Concept],
    answers: Sequence[Answer],
    practice: timedelta,
    condition: Condition,
    *,
    whose: tuple[str, str, str],
    now: datetime,
) -> UserPerformance:
    """`whose` are the ids of the row and of the learner, and the subject; `practice` is the time spent in all.

    The difficulty that suits is where an item of average discrimination is answered right as often as the learner's
    condition asks for.
    """
    mastered = mastery_topics(concepts)
    rate = improvement_rate([each for each in answers if each.at >= now - TREND])
    return UserPerformance(
        id=whose[0],
        user_id=whose[1],
        subject=whose[2],
        timestamp=now,
        ability_level=ability.level,
        difficulty_preference=level(target_difficulty(ability.theta, condition)),
        learning_velocity=learning_velocity(len(mastered), practice).value,
        mastery_topics=mastered,
        struggling_topics=struggling_topics(concepts),
        total_practice_time_hours=max(practice / timedelta(hours=1), 0.0),
        improvement_rate=None if rate is None else rate.value,
        theta=ability.theta,
        theta_error=ability.standard_error,
        improvement_rate_error=None if rate is None else rate.error,
    )


def performance_score(scores: Sequence[float]) -> float | None:
    """Of a session: the mean score of its items, 0 to 1; None without items."""
    return sum(scores) / len(scores) if scores else None
