"""A goal in the words of the progress page: what it is, how far it is, and when it will be reached, with its doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from masterx.records.goals import GoalKind
from masterx.tutor.goals import GoalView
from masterx.web.figures import in_a_sentence

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalCard:
    subject: str
    kind: str
    target: int
    """As the form has it: ability from 0 to 100."""
    until: str
    """For a date field."""
    sentence: str
    now: str
    percent: int
    forecast: str


def goal_card(goal: GoalView, today: date) -> GoalCard:
    scale = 100 if goal.kind is GoalKind.ABILITY else 1
    return GoalCard(
        subject=goal.subject,
        kind=goal.kind.value,
        target=round(goal.target * scale),
        until="" if goal.until is None else goal.until.isoformat(),
        sentence=_sentence(goal, today),
        now=_now(goal),
        percent=round(100 * goal.share),
        forecast=forecast_words(goal, today),
    )


def day_words(day: date, today: date) -> str:
    """Such as "18 January", with the year where it is another one."""
    words = f"{day.day} {MONTHS[day.month - 1]}"
    return words if day.year == today.year else f"{words} {day.year}"


def forecast_words(goal: GoalView, today: date) -> str:
    """Never one date: the pace of the last weeks is not known that well."""
    if goal.reached:
        return "Reached. Set the next one, or keep this."
    if goal.kind.is_weekly:
        return "Counted over the last seven days."
    if goal.until is not None and goal.until < today:
        return "That day is over. Choose another one, or another goal."
    if goal.earliest is not None:
        return _between(goal.earliest, goal.latest, today)
    if goal.forecast == "unlikely":
        return "At the pace of the last weeks it does not come nearer. More time a week, or a later day, would help."
    return "A forecast comes once your answers span a few days." if goal.kind is GoalKind.ABILITY else ""


def _between(earliest: date, latest: date | None, today: date) -> str:
    first = day_words(earliest, today)
    if latest is None:
        return f"At this pace: not before {first}; how long after that cannot be said yet."
    return f"At this pace: between {first} and {day_words(latest, today)}."


def _sentence(goal: GoalView, today: date) -> str:
    subject = in_a_sentence(goal.subject_name)
    by = "" if goal.until is None else f" by {day_words(goal.until, today)}"
    number = round(goal.target)
    if goal.kind is GoalKind.ABILITY:
        return f"Reach {round(100 * goal.target)} in {subject}{by}."
    if goal.kind is GoalKind.SKILLS:
        return f"Master {number} {'skill' if number == 1 else 'skills'} in {subject}{by}."
    unit = goal.kind.value if number != 1 else goal.kind.value.removesuffix("s")
    return f"{number} {unit} of {subject} a week."


def _now(goal: GoalView) -> str:
    if goal.kind is GoalKind.ABILITY:
        return f"{round(100 * goal.now)} of {round(100 * goal.target)}"
    return f"{round(goal.now)} of {round(goal.target)}"
