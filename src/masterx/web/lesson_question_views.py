"""A question below an answer, as its card shows it: open, or with what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from masterx.tutor.lesson_questions import LessonQuestion
from masterx.tutor.practice_views import Answered, Question
from masterx.web import practice_views as views


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    question: Question
    label: str
    symbols: bool
    chance: str
    rungs: tuple[views.Rung, ...]
    judged: bool
    gave_up: bool
    answer: str
    """The learner's, once it is judged."""
    said: views.Said | None
    solution: str | None
    reference: str | None
    """The right answer, where the learner's was another one."""

    @property
    def hints_left(self) -> bool:
        return len(self.question.hints) < self.question.hint_steps


def card_of(found: LessonQuestion, answered: Answered | None = None) -> Card:
    """`answered` is what was just said of an answer; without it, what is kept."""
    question, kept = found.question, found.response
    said = None
    if kept is not None and not found.gave_up:
        judged = answered or _Kept(verdict=kept.verdict, feedback=kept.feedback, score=kept.score)
        said = views.said(judged, helped=kept.hints_taken > 0)
    elif answered is not None and kept is None:
        said = views.said(answered, helped=False)
    return Card(
        question=question,
        label=views.answer_label(question),
        symbols=views.has_symbols(question),
        chance="" if question.chance is None else views.chance_words(question.chance),
        rungs=views.rungs(question),
        judged=kept is not None,
        gave_up=found.gave_up,
        answer="" if kept is None else kept.answer,
        said=said,
        solution=found.solution,
        reference=None if kept is None or kept.verdict == "accept" else found.reference,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is said of an answer that was judged before."""

    verdict: str
    feedback: str
    score: float
    judged: bool = True
    nearly: bool = False
    repeated: bool = False
    mastered: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        return self.verdict == "accept"
