"""A question, its hints and its verdict in the words of the practice page. Nothing here says "wrong"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from masterx.learner.difficulty import Mover
from masterx.practice.grading.grader import LATER
from masterx.practice.grading.verdicts import AnswerKind, Verdict, reject
from masterx.tutor.practice_views import AbilityView, Question, SkillView, SubjectProgress, SubjectView

_CHANCES = ((1, 10), (1, 5), (1, 4), (1, 3), (1, 2), (2, 3), (3, 4), (4, 5), (9, 10))
NEARLY_THERE = 0.5
"""How sure a skill must be mastered to the half for its ring to stand at three quarters."""
WITHOUT_A_REASON = reject().feedback
NOT_COUNTED = "This did not count as a try."


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a skill is: a ring that fills, and its word."""

    shape: str
    """none, quarter, three-quarters or full."""
    word: str


NOT_STARTED = Standing("none", "Not started")
STARTED = Standing("quarter", "Started")
NEARLY = Standing("three-quarters", "Nearly there")
MASTERED = Standing("full", "Mastered")


class Tone(StrEnum):
    """The colour of a message box. Brick is for failures, and an answer is never one."""

    RIGHT = "board"
    NOT_YET = "pencil"
    NOT_COUNTED = "sky"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What stands below an answer."""

    tone: Tone
    icon: str
    head: str
    text: str
    mark: str
    """For the row of this run: right, hint, not-yet; empty for what did not count."""


@dataclass(frozen=True, slots=True)
class Rung:
    number: int
    text: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Gauge:
    percent: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Ability from 0 to 100 with its band, or how many answers it still takes."""

    now: int
    low: int
    high: int
    missing: int
    """0 when it is sure enough to be said."""

    @property
    def words(self) -> str:
        if self.missing:
            return f"Not sure yet: {self.missing} more {'answer' if self.missing == 1 else 'answers'}"
        return f"{self.now}, between {self.low} and {self.high}"


def chance_words(chance: float) -> str:
    """Such as "About 4 in 5 for you"; `chance` is 0 to 1."""
    share, of = nearest_share(chance)
    return f"About {share} in {of} for you"


def nearest_share(chance: float) -> tuple[int, int]:
    """The fraction of those that people say which is nearest."""
    return min(_CHANCES, key=lambda each: abs(each[0] / each[1] - chance))


def gauge(chance: float, low: float = 0.70, high: float = 0.85) -> Gauge:
    """`low` and `high` bound the zone in which practice teaches most."""
    share, of = nearest_share(chance)
    expected = f"You should get about {share} in {of} of these."
    if chance < low:
        reason = "That is harder than most of your practice; hints are there for it."
    elif chance > high:
        reason = "That is easier than most of your practice: a quick one."
    else:
        reason = "That is where practice teaches most."
    return Gauge(round(100 * min(max(chance, 0.02), 0.98)), f"{expected} {reason}")


_MOVED = {
    Mover.MOOD: "Questions come a little easier for now: your last lesson sounded like hard going.",
    Mover.LOAD: "Questions come a little easier for now: the last ones asked a lot of you.",
    Mover.EASIER: "Questions come easier, as you asked in Settings.",
    Mover.FLOW: "Questions come a little harder for now: your last lesson sounded like it was flowing.",
    Mover.HARDER: "Questions come a little harder, as you asked in Settings.",
}


def why_moved(question: Question) -> str:
    """Why the chance that is aimed at is not the usual one; empty where it is."""
    return _MOVED[Mover(question.moved_by)] if question.moved_by else ""


def standing(skill: SkillView | None) -> Standing:
    if skill is None or (skill.responses == 0 and skill.state != "mastered"):
        return NOT_STARTED
    if skill.state == "mastered":
        return MASTERED
    return NEARLY if skill.state != "struggling" and skill.mastery >= NEARLY_THERE else STARTED


def level_of(ability: AbilityView) -> Level:
    missing = 0 if ability.sure else max(ability.missing, 1)
    now, low, high = (round(100 * value) for value in (ability.level, ability.low, ability.high))
    return Level(now=now, low=low, high=high, missing=missing)


class Judged(Protocol):
    """What became of an answer, now or earlier; as in `Answered`."""

    @property
    def verdict(self) -> str: ...
    @property
    def right(self) -> bool: ...
    @property
    def judged(self) -> bool: ...
    @property
    def nearly(self) -> bool: ...
    @property
    def feedback(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def repeated(self) -> bool: ...
    @property
    def mastered(self) -> tuple[str, ...]: ...


def said(answered: Judged, *, helped: bool) -> Said:
    """The verdict in the page's voice; the reason that the grader gives stands as it is. `helped`: hints were taken."""
    reason = "" if answered.feedback in ("Right.", WITHOUT_A_REASON) else answered.feedback.removeprefix("Right. ")
    if not answered.judged:
        head = _not_judged(answered)
        text = f"{reason} {NOT_COUNTED}".strip()
        return Said(tone=Tone.NOT_COUNTED, icon="info", head=head, text=text, mark="")
    repeated = "You answered this one before, and this is how it went." if answered.repeated else ""
    if answered.right:
        head = "Right, with a hint." if helped else "Right, and without a hint."
        text = " ".join(part for part in (reason, _mastered(answered.mastered), repeated) if part)
        return Said(tone=Tone.RIGHT, icon="circle-check", head=head, text=text, mark="hint" if helped else "right")
    is_near = answered.nearly or answered.score > 0
    head = "Nearly, and you are close." if is_near else "Not yet."
    text = " ".join(part for part in (reason or _what_now(is_near), repeated) if part)
    return Said(tone=Tone.NOT_YET, icon="footprints", head=head, text=text, mark="not-yet")


def _not_judged(answered: Judged) -> str:
    if answered.verdict == Verdict.UNIT_MISSING:
        return "Which unit?"
    return "Not checked yet." if answered.feedback == LATER else "That could not be read."


def _what_now(is_near: bool) -> str:
    return "The solution shows what is left." if is_near else "The solution below shows one way to it."


def _mastered(names: tuple[str, ...]) -> str:
    return f"Mastered now: {', '.join(names)}." if names else ""


def rungs(question: Question) -> tuple[Rung, ...]:
    """The ladder: those taken with their text, the others with what kind of step they are."""
    steps = range(1, question.hint_steps + 1)
    taken = len(question.hints)
    return tuple(
        Rung(step, question.hints[step - 1], True)
        if step <= taken
        else Rung(step, _kind_of_step(step, question.hint_steps), False)
        for step in steps
    )


def _kind_of_step(step: int, steps: int) -> str:
    if step == 1:
        return "The idea behind it"
    return "The last step before the answer" if step == steps else "A step further"


def answer_label(question: Question) -> str:
    """What the box is called."""
    if question.kind == AnswerKind.OUTPUT:
        return "What it prints"
    return "Your answer, with its unit" if question.unit else "Your answer"


def has_symbols(question: Question) -> bool:
    return question.kind in (AnswerKind.NUMBER, AnswerKind.EXPRESSION)


def skills_by_id(skills: tuple[SkillView, ...]) -> Mapping[str, SkillView]:
    return {skill.id: skill for skill in skills}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectCard:
    id: str
    name: str
    skills: int
    items: int
    answers: int
    level: Level
    placement: str


def subject_card(subject: SubjectView, progress: SubjectProgress | None) -> SubjectCard:
    """`progress` is None where nothing was practised yet."""
    return SubjectCard(
        id=subject.id,
        name=subject.name,
        skills=subject.skills,
        items=subject.items,
        answers=progress.answers if progress else 0,
        level=level_of(progress.ability) if progress else Level(now=50, low=0, high=100, missing=1),
        placement=progress.placement if progress else "none",
    )
