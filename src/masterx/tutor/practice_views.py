"""What a learner is shown of practice: questions, what became of their answers, and where they stand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from masterx.learner.ability import Ability
from masterx.learner.irt import level
from masterx.learner.velocity import IN_95_PERCENT
from masterx.practice.bank_files import Bank
from masterx.practice.drawing import Item
from masterx.practice.hints import ladder
from masterx.records.practice import OpenQuestion, PracticeMode

SURE_ERROR = 0.7
"""With a larger standard error no ability is shown: its band would be most of the scale. In practice the error settles
at about 0.6, as ability wanders."""
_INFORMATION = 0.188
"""Of an answer to a usual item: p (1 - p) at 0.75."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectView:
    id: str
    name: str
    skills: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    id: str
    subject: str
    subject_name: str
    skill: str
    skill_name: str
    mode: PracticeMode
    kind: str
    """number, expression, choice, short or output."""
    text: str
    program: str
    choices: tuple[str, ...]
    unit: str | None
    asked_at: datetime
    hints: tuple[str, ...]
    """Those that were taken already, in order."""
    hint_steps: int
    """In all."""
    source: str = ""
    """Who made it, and where it is from; empty for MasterX's own."""
    licence: str = ""
    break_due: bool = False
    minutes: int = 0
    """Of practice without a break until now."""
    number: int | None = None
    """Of a placement, from 1."""
    chance: float | None = None
    """Of a right answer, 0 to 1, as it looked when the question was given; None where that is not told."""
    moved_by: str = ""
    """What moves the chance that is aimed at now: mood, load or easier (a wish) up; flow or harder down. Empty where it
    is the usual one, and where a mood moved it that is not to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HintView:
    text: str
    step: int
    """From 1."""
    steps: int
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AbilityView:
    """From 0 to 1: the chance of a right answer to an average item."""

    level: float
    low: float
    high: float
    """The band that holds the truth 95 % of the time."""
    sure: bool
    missing: int
    """About so many more answers until it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    question_id: str
    verdict: str
    right: bool
    judged: bool
    """False: no try was used, and the question stays open."""
    nearly: bool
    feedback: str
    score: float
    """0 to 1, after what hints take away."""
    solution: str | None
    reference: str | None
    """The right answer."""
    repeated: bool
    """It was answered before; this is what became of that answer."""
    ability: AbilityView
    mastered: tuple[str, ...]
    """Names of skills that this answer made mastered."""
    placement_over: bool
    next_review_at: datetime | None = None
    """When the skill comes back; None where that is not planned, as in a placement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReview:
    subject: str
    subject_name: str
    skill: str
    skill_name: str
    due_at: datetime
    last_review_at: datetime
    stability: float
    """Days after it until the chance that it is still known is 90 %."""
    learned: bool
    """False while it is first learned, or learned anew, at short distances."""
    retrievability: float
    """The chance that it is still known."""
    reviews: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementResult:
    subject: str
    subject_name: str
    ability: AbilityView
    answered: int
    stated_error: float
    error: float
    """On the scale of theta, as the stated one."""
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPoint:
    at: datetime
    level: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillView:
    id: str
    name: str
    state: str
    """mastered, struggling, learning, open (not begun) or locked (something it needs is missing)."""
    mastery: float
    """How sure it is that three of four average items are answered right."""
    responses: int
    needs: tuple[str, ...]
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectProgress:
    subject: str
    name: str
    answers: int
    ability: AbilityView
    history: tuple[HistoryPoint, ...]
    """Oldest first."""
    skills: tuple[SkillView, ...]
    velocity: float
    """Concepts mastered per hour of practice."""
    improvement_rate: float | None
    """Of theta per week; None while the answers say too little."""
    improvement_low: float | None
    improvement_high: float | None
    hours: float
    days_practised: int
    """Of the last seven, today included, in UTC."""
    due: int
    placement: str
    """none, running or done."""
    load: float


def subject_name(subject: str) -> str:
    return subject.replace("-", " ").capitalize()


def ability_view(ability: Ability) -> AbilityView:
    theta, error = ability.theta, ability.standard_error
    sure = error <= SURE_ERROR
    lacking = SURE_ERROR**-2 - max(error, 1e-6) ** -2
    return AbilityView(
        level=level(theta),
        low=level(theta - IN_95_PERCENT * error),
        high=level(theta + IN_95_PERCENT * error),
        sure=sure,
        missing=0 if sure else max(math.ceil(lacking / _INFORMATION), 1),
    )


def question_view(
    bank: Bank,
    asked: OpenQuestion,
    item: Item,
    *,
    break_due: bool = False,
    minutes: int = 0,
    number: int | None = None,
    chance: float | None = None,
    moved_by: str = "",
) -> Question:
    skill, template = bank.skills[asked.skill], bank.items[asked.item_id]
    steps = ladder(item, skill)
    return Question(
        id=asked.id,
        subject=asked.subject,
        subject_name=subject_name(asked.subject),
        skill=asked.skill,
        skill_name=skill.name,
        mode=asked.mode,
        kind=item.task.kind.value,
        text=item.question,
        program=item.program,
        choices=item.task.choices,
        unit=item.task.unit,
        asked_at=asked.asked_at,
        hints=steps[: asked.hints_taken],
        hint_steps=len(steps),
        source=template.source,
        licence=template.licence,
        break_due=break_due,
        minutes=minutes,
        number=number,
        chance=chance,
        moved_by=moved_by,
    )


def reference_of(item: Item) -> str:
    """The right answer as a learner would write it: of several variants the first."""
    shown = item.task.reference.partition("|")[0].strip() if item.task.kind.value == "short" else item.task.reference
    unit = item.task.unit
    return f"{shown} {unit}" if unit and not shown.endswith(unit) else shown
