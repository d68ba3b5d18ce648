"""A question below an answer, as its card shows it: open, or with what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from masterx.tutor.lesson_questions import LessonQuestion
from masterx.tutor.practice_views import Answered, Question
from masterx.web import practice_views as views
from masterx.web.figures import in_a_sentence
from masterx.web.progress_views import comes_back


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
    counted: str
    """What the answer that was just given came to."""

    @property
    def hints_left(self) -> bool:
        return len(self.question.hints) < self.question.hint_steps


def card_of(found: LessonQuestion, now: datetime, *, answered: Answered | None = None) -> Card:
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
        counted="" if answered is None or not answered.judged else _counted(question, answered, now),
    )


def _counted(question: Question, answered: Answered, now: datetime) -> str:
    """Where the learner stands since, and when the skill comes back."""
    level, subject = views.level_of(answered.ability), in_a_sentence(question.subject_name)
    answers = f"{level.missing} more {'answer' if level.missing == 1 else 'answers'}"
    told = f"After {answers} your ability in {subject} is shown." if level.missing else ""
    back = comes_back(answered.next_review_at, now)
    return f"{told or f'Ability in {subject}: {level.words}.'} {back}".strip()


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
