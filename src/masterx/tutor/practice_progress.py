"""Where a learner stands in a subject, from what is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from masterx.learner.irt import level
from masterx.learner.mastery import Concept
from masterx.learner.velocity import IN_95_PERCENT
from masterx.practice.items import Skill
from masterx.records.performance import UserPerformance
from masterx.records.practice import ConceptReview
from masterx.tutor.practice_learner import Learner
from masterx.tutor.practice_views import HistoryPoint, SkillView, SubjectProgress, ability_view, subject_name

WEEK = 7
"""Days, today included."""


def progress_of(
    learner: Learner, rows: Sequence[UserPerformance], reviews: Mapping[str, ConceptReview], now: datetime
) -> SubjectProgress:
    """`rows` are newest first; `reviews` are by concept."""
    state = learner.state
    newest = rows[0] if rows else None
    rate, error = (None, None) if newest is None else (newest.improvement_rate, newest.improvement_rate_error)
    reach = None if rate is None or error is None else IN_95_PERCENT * error
    skills = [skill for skill in learner.bank.skills.values() if skill.subject == state.subject]
    known = learner.passable()
    placement = "running" if state.placement_started_at else "done" if state.placed_at else "none"
    return SubjectProgress(
        subject=state.subject,
        name=subject_name(state.subject),
        answers=state.answers,
        ability=ability_view(learner.ability),
        history=tuple(_point(row) for row in reversed(rows)),
        skills=tuple(_skill_view(learner, skill, known, reviews.get(skill.id)) for skill in skills),
        velocity=0.0 if newest is None else newest.learning_velocity,
        improvement_rate=rate,
        improvement_low=None if rate is None or reach is None else rate - reach,
        improvement_high=None if rate is None or reach is None else rate + reach,
        hours=state.practice_seconds / 3600,
        days_practised=_days(learner, now),
        due=sum(row.subject == state.subject and row.due_at <= now for row in reviews.values()),
        placement=placement,
        load=learner.load,
    )


def _point(row: UserPerformance) -> HistoryPoint:
    if row.theta is None or row.theta_error is None:
        return HistoryPoint(at=row.timestamp, level=row.ability_level, low=row.ability_level, high=row.ability_level)
    reach = IN_95_PERCENT * row.theta_error
    low, high = level(row.theta - reach), level(row.theta + reach)
    return HistoryPoint(at=row.timestamp, level=row.ability_level, low=low, high=high)


def _skill_view(learner: Learner, skill: Skill, known: set[str], review: ConceptReview | None) -> SkillView:
    concept = learner.concept(skill.id)
    return SkillView(
        id=skill.id,
        name=skill.name,
        state=_state(concept, skill, known),
        mastery=concept.mastery,
        responses=concept.responses,
        needs=skill.needs,
        due_at=None if review is None else review.due_at,
    )


def _state(concept: Concept, skill: Skill, known: set[str]) -> str:
    if concept.is_mastered:
        return "mastered"
    if concept.is_struggling:
        return "struggling"
    if concept.responses:
        return "learning"
    return "open" if all(needed in known for needed in skill.needs) else "locked"


def _days(learner: Learner, now: datetime) -> int:
    first = (now - timedelta(days=WEEK - 1)).date()
    return len({each.answered_at.date() for each in learner.responses if each.answered_at.date() >= first})
