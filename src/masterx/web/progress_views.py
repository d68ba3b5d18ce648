"""What a learner knows and how it came about, in words, figures and columns; every figure with its doubt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from masterx.tutor.practice_views import DueReview, HistoryPoint, SkillView, SubjectProgress
from masterx.web.practice_views import Standing, level_of, nearest_share, standing

MOST_POINTS = 200
"""Of a plot; of more, the last of each day is drawn."""
COMING_DAYS = 7
MINUTES_A_REVIEW = 2
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: str
    doubt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillLine:
    name: str
    standing: Standing
    tag: str
    """due, slipping, now or nothing."""
    builds_on: str


@dataclass(frozen=True, slots=True)
class Column:
    """Skills that need the same number of others, one after the other, before them."""

    name: str
    skills: tuple[SkillLine, ...]

    @property
    def mastered(self) -> int:
        return sum(skill.standing.shape == "full" for skill in self.skills)


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    count: int
    height: int
    """Of its bar, 0 to 100."""


@dataclass(frozen=True, slots=True)
class Point:
    label: str
    at: datetime
    level: int
    low: int
    high: int


def sentence(progress: SubjectProgress, zone: tzinfo) -> str:
    """First on the page: how far, and whether that is more than chance would explain."""
    level = level_of(progress.ability)
    if not progress.answers:
        return f"Nothing practised in {progress.name} yet"
    if level.missing:
        return level.words
    grown = _growth(progress)
    if progress.improvement_low is not None and progress.improvement_low > 0 and grown > 0:
        points = "1 point" if grown == 1 else f"{grown} points"
        return f"You have grown by {points} since {_date(progress.history[0].at, zone)}"
    if progress.improvement_high is not None and progress.improvement_high < 0:
        return f"You are at {level.now} of 100; the last weeks were harder than those before"
    return f"You are at {level.now} of 100, between {level.low} and {level.high}"


def _growth(progress: SubjectProgress) -> int:
    return round(100 * (progress.history[-1].level - progress.history[0].level)) if progress.history else 0


def figures(progress: SubjectProgress) -> tuple[Figure, ...]:
    level = level_of(progress.ability)
    now = (
        Figure("Ability now", "–", level.words)
        if level.missing
        else Figure("Ability now", str(level.now), f"{level.low} to {level.high}")
    )
    hours = progress.hours
    spent = f"{60 * hours:.0f} min" if hours < 1 else f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h"
    return (
        now,
        _growth_a_week(progress),
        Figure("Skills an hour", f"{progress.velocity:.1f}", "mastered"),
        Figure("Practice so far", spent, f"on {progress.days_practised} of the last 7 days"),
    )


def _growth_a_week(progress: SubjectProgress) -> Figure:
    """From theta to points of 100, by the slope of the scale where the learner stands."""
    rate, low, high = progress.improvement_rate, progress.improvement_low, progress.improvement_high
    if rate is None or low is None or high is None:
        return Figure("Growth a week", "–", "not clear yet")
    slope = 100 * progress.ability.level * (1 - progress.ability.level)
    return Figure("Growth a week", f"{rate * slope:+.1f}", f"± {(high - low) / 2 * slope:.1f}")


def points(history: Sequence[HistoryPoint], zone: tzinfo) -> tuple[Point, ...]:
    """In percent, oldest first; of long histories the last of each day."""
    if len(history) > MOST_POINTS:
        history = list({each.at.astimezone(zone).date(): each for each in history}.values())
    days = {each.at.astimezone(zone).date() for each in history}
    return tuple(
        Point(
            _date(each.at, zone) if len(days) == len(history) else f"{_date(each.at, zone)}, {_time(each.at, zone)}",
            each.at,
            *(round(100 * value) for value in (each.level, each.low, each.high)),
        )
        for each in history
    )


def drawn(shown: Sequence[Point], goal: int | None = None) -> str:
    """For the script that draws it: columns in JSON that may stand in a script element. `goal` is a level."""
    columns: dict[str, object] = {
        "at": [round(point.at.timestamp()) for point in shown],
        "level": [point.level for point in shown],
        "low": [point.low for point in shown],
        "high": [point.high for point in shown],
        "goal": goal,
    }
    return json.dumps(columns, separators=(",", ":")).replace("<", "\\u003c")


def depths(skills: Sequence[SkillView]) -> Mapping[str, int]:
    """How many skills come one after the other before each; needs outside of the subject count for nothing."""
    by_id = {skill.id: skill for skill in skills}
    found: dict[str, int] = {}

    def depth(name: str, path: frozenset[str]) -> int:
        if name not in found:
            needs = [need for need in by_id[name].needs if need in by_id and need not in path]
            found[name] = max((depth(need, path | {name}) + 1 for need in needs), default=0)
        return found[name]

    for skill in skills:
        depth(skill.id, frozenset())
    return found


def columns(progress: SubjectProgress, now: datetime) -> tuple[Column, ...]:
    """The map of the subject, in the order in which skills build on each other."""
    depth = depths(progress.skills)
    names = {skill.id: skill.name for skill in progress.skills}
    deepest = max(depth.values(), default=-1)
    return tuple(
        Column(
            "Start here" if level == 0 else f"Step {level + 1}",
            tuple(
                SkillLine(
                    name=skill.name,
                    standing=standing(skill),
                    tag=_tag(skill, now),
                    builds_on=", ".join(names[need] for need in skill.needs if need in names),
                )
                for skill in progress.skills
                if depth[skill.id] == level
            ),
        )
        for level in range(deepest + 1)
    )


def _tag(skill: SkillView, now: datetime) -> str:
    if skill.due_at is not None and skill.due_at <= now:
        return "due"
    return "slipping" if skill.state == "struggling" else ""


def struggling(progress: SubjectProgress) -> tuple[str, ...]:
    return tuple(skill.name for skill in progress.skills if skill.state == "struggling")


def coming_days(progress: Iterable[SubjectProgress], zone: tzinfo, now: datetime) -> tuple[Day, ...]:
    """How many skills come up on each of seven days; what has been due for longer belongs to today."""
    today = now.astimezone(zone).date()
    dates = [max(due.astimezone(zone).date(), today) for due in _dues(progress)]
    days = [today + timedelta(days=ahead) for ahead in range(COMING_DAYS)]
    counts = [dates.count(day) for day in days]
    most = max(counts, default=0)
    return tuple(
        Day("Today" if day == today else f"{day:%a}", count, round(100 * count / most) if most else 0)
        for day, count in zip(days, counts, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    name: str
    subject: str
    recall: int
    """In percent."""
    why: str


def review_line(review: DueReview, now: datetime) -> ReviewLine:
    """What is due, and why now: when it was seen, how long it holds, and how likely it is still there."""
    seen = f"Last seen {ago(now - review.last_review_at)}"
    why = f"{seen}, and it was not there yet: a second look settles it."
    if review.learned:
        share, of = nearest_share(review.retrievability)
        holds = span(timedelta(days=review.stability))
        why = f"{seen}; it holds for about {holds}. You still know it with a chance of about {share} in {of}."
    return ReviewLine(
        name=review.skill_name,
        subject=review.subject_name,
        recall=round(100 * review.retrievability),
        why=why,
    )


def ago(time: timedelta) -> str:
    return "just now" if time < timedelta(minutes=2) else f"{span(time)} ago"


def span(time: timedelta) -> str:
    """In the largest unit of which there are two, roughly: "3 weeks"."""
    minutes = time / timedelta(minutes=1)
    for name, long in (("month", 60 * 24 * 30.4), ("week", 60 * 24 * 7), ("day", 60 * 24), ("hour", 60)):
        if minutes >= 1.5 * long or (name in {"day", "hour"} and minutes >= long):
            count = round(minutes / long)
            return f"{count} {name}{'' if count == 1 else 's'}"
    count = max(round(minutes), 1)
    return f"{count} minute{'' if count == 1 else 's'}"


def comes_back(due_at: datetime | None, now: datetime) -> str:
    """Such as "Comes back in 5 days."; empty where no review is planned."""
    return f"Comes back in {span(due_at - now)}." if due_at is not None and due_at > now else ""


def next_review(progress: Iterable[SubjectProgress], zone: tzinfo, now: datetime) -> str:
    """Such as "on Wednesday"; empty where none is planned."""
    later = [due for due in _dues(progress) if due > now]
    if not later:
        return ""
    due = min(later)
    days = (due.astimezone(zone).date() - now.astimezone(zone).date()).days
    if days <= 1:
        return f"{'tomorrow' if days else 'today'} at {_time(due, zone)}"
    return f"on {due.astimezone(zone):%A}" if days < WEEK.days else f"on {_date(due, zone)}"


def _dues(progress: Iterable[SubjectProgress]) -> list[datetime]:
    return [skill.due_at for each in progress for skill in each.skills if skill.due_at is not None]


def _date(moment: datetime, zone: tzinfo) -> str:
    then = moment.astimezone(zone)
    return f"{then.day} {then:%B}"


def _time(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"
