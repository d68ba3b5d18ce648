"""Practice as learners meet it: the next question, its hints, its grading, and what follows from an answer."""

from __future__ import annotations

import random
from datetime import timedelta

import structlog

from masterx.clock import Clock
from masterx.errors import NotFound
from masterx.learner.difficulty import break_is_due
from masterx.learner.review import due, retrievability
from masterx.learner.selection import placement_is_done
from masterx.practice.bank_files import Bank
from masterx.practice.drawing import draw
from masterx.practice.grading.grader import ReferenceUnreadable
from masterx.practice.grading.reading_back import reading_of
from masterx.practice.grading.verdicts import Grade, reject, unreadable
from masterx.practice.hints import hint
from masterx.practice.selection import choose_for_practice
from masterx.practice.served_bank import ServedBank
from masterx.records.practice import PracticeMode, PracticeResponse
from masterx.tutor.grading_queue import GradingQueue
from masterx.tutor.placement import Placement
from masterx.tutor.practice_learner import Difficulties, review_of
from masterx.tutor.practice_progress import progress_of
from masterx.tutor.practice_records import ANSWERS_READ, PracticeRecords, Store, item_of
from masterx.tutor.practice_views import (
    AbilityView,
    Answered,
    DueReview,
    HintView,
    Question,
    SubjectProgress,
    SubjectView,
    ability_view,
    question_view,
    reference_of,
    subject_name,
)

logger = structlog.get_logger()


class Practice:
    """The algebra process is started by the first answer that needs one, and ended by `close`."""

    def __init__(
        self, store: Store, clock: Clock, rng: random.Random | None = None, *, items: ServedBank | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - which of two good items comes is no secret
        self._records = PracticeRecords(store, clock, self._rng, items or ServedBank())
        self.placement = Placement(store, clock, self._rng, self._records)
        self._grading = GradingQueue()

    def close(self) -> None:
        self._grading.close()

    async def subjects(self) -> tuple[SubjectView, ...]:
        bank = await self._records.bank()
        return tuple(
            SubjectView(
                id=subject,
                name=subject_name(subject),
                skills=sum(skill.subject == subject for skill in bank.skills.values()),
                items=sum(bank.skills[item.skill].subject == subject for item in bank.items.values()),
            )
            for subject in bank.subjects()
        )

    async def require_known(self, user_id: str, subject: str | None, skill: str | None = None) -> None:
        """Raises `InvalidInput` for a subject or skill that is not in the bank."""
        await self._records.subject(await self._records.bank(), user_id, subject, skill)

    async def next_question(
        self,
        user_id: str,
        subject: str | None,
        mode: PracticeMode = PracticeMode.PRACTICE,
        *,
        skill: str | None = None,
        skip: bool = False,
        session_id: str | None = None,
    ) -> Question | None:
        """The open question of this subject and mode until it is answered or skipped; None: there is nothing to ask.

        Raises `InvalidInput` for a subject or skill that is not in the bank, and `NotFound` for another's lesson.
        """
        bank = await self._records.bank()
        if mode is PracticeMode.REVIEW:
            skill, subject = await self._skill_to_review(bank, user_id, subject)
            if skill is None:
                return None
        subject = await self._records.subject(bank, user_id, subject, skill)
        if mode is PracticeMode.PLACEMENT:
            return await self.placement.next(user_id, subject, skip=skip)
        if session_id is not None and await self._store.session(session_id, user_id) is None:
            raise NotFound
        learner = await self._records.learner(bank, user_id, subject)
        condition, moved_by = await self._records.aim(user_id, learner)
        since = learner.since_break(self._clock.now())
        break_due, minutes = break_is_due(since, condition), int(since / timedelta(minutes=1))
        waiting = await self._records.waiting(bank, user_id, subject, mode, session_id)
        if waiting is not None and not skip and skill in {None, waiting.skill}:
            chance = learner.chance_of(waiting.item_id)
            item = item_of(bank, waiting)
            return question_view(
                bank, waiting, item, break_due=break_due, minutes=minutes, chance=chance, moved_by=moved_by
            )
        recent = [each.item_id for each in reversed(learner.responses[:11])]
        template = choose_for_practice(
            bank,
            subject,
            learner.ability,
            self._rng,
            mastered=learner.known(),
            passable=learner.passable(),
            recent=[*recent, *([] if waiting is None else [waiting.item_id])],
            exposures=learner.difficulties.exposures,
            calibrated=learner.difficulties.calibrated,
            condition=condition,
            skill=skill,
            shifts_of=learner.shifts_of,
        )
        if template is None:
            return None
        asked = await self._records.ask(user_id, subject, mode, template, session_id)
        chance = learner.chance_of(asked.item_id)
        item = item_of(bank, asked)
        return question_view(bank, asked, item, break_due=break_due, minutes=minutes, chance=chance, moved_by=moved_by)

    async def question(self, user_id: str, question_id: str) -> Question:
        """An open one as it was asked. Raises `NotFound`."""
        bank = await self._records.bank()
        asked = await self._records.open(bank, user_id, question_id)
        return question_view(bank, asked, item_of(bank, asked))

    async def reading(self, user_id: str, question_id: str, text: str) -> str:
        """How the text would be read as an answer, as TeX; empty where it cannot be. Raises `NotFound`."""
        asked = await self._records.open(await self._records.bank(), user_id, question_id)
        return reading_of(item_of(await self._records.bank(), asked).task, text)

    async def hint(self, user_id: str, question_id: str) -> HintView | None:
        """The next step; None when all were taken. Raises `NotFound`, also once it is answered."""
        bank = await self._records.bank()
        asked = await self._records.open(bank, user_id, question_id)
        step = hint(item_of(bank, asked), bank.skills[asked.skill], asked.hints_taken)
        if step is None:
            return None
        await self._store.note_hints(question_id, user_id, step.step)
        return HintView(text=step.text, step=step.step, steps=step.steps, is_last=step.is_last)

    async def solution(self, user_id: str, question_id: str) -> str:
        """Before an answer it counts as a wrong one. Raises `NotFound`."""
        bank = await self._records.bank()
        before = await self._store.response(question_id, user_id)
        if before is None:
            asked = await self._records.open(bank, user_id, question_id)
            before, _ = await self._records.record(bank, asked, "", reject("The solution was shown."), None)
        template = bank.items.get(before.item_id)
        if template is None:
            raise NotFound
        return draw(template, before.seed).solution

    async def answer(self, user_id: str, question_id: str, text: str, *, seconds: float | None = None) -> Answered:
        """Answered before: what became of the first answer. `seconds` is what the page measured.

        Raises `NotFound`.
        """
        bank = await self._records.bank()
        before = await self._store.response(question_id, user_id)
        if before is not None:
            return await self._answered(bank, before, (), repeated=True)
        asked = await self._records.open(bank, user_id, question_id)
        item = item_of(bank, asked)
        try:
            grade = await self._grading.grade(user_id, item.task, text)
        except ReferenceUnreadable:
            logger.warning("item_unreadable", item=item.id, seed=item.seed)
            grade = unreadable("This question is at fault, not you: skip it.")
        if not grade.uses_a_try:
            learner = await self._records.learner(bank, user_id, asked.subject)
            return _not_judged(question_id, grade, ability_view(learner.ability))
        response, mastered = await self._records.record(bank, asked, text, grade, seconds)
        repeated = response.answer != text
        return await self._answered(bank, response, mastered, repeated=repeated, nearly=grade.nearly and not repeated)

    async def due_reviews(self, user_id: str) -> tuple[DueReview, ...]:
        """The most forgotten first."""
        bank = await self._records.bank()
        now = self._clock.now()
        rows = await self._records.reviews(user_id)
        return tuple(
            DueReview(
                subject=rows[each.concept].subject,
                subject_name=subject_name(rows[each.concept].subject),
                skill=each.concept,
                skill_name=bank.skills[each.concept].name,
                due_at=each.due,
                last_review_at=each.last_review,
                stability=each.stability,
                learned=each.learned,
                retrievability=retrievability(each, now),
                reviews=each.reviews,
            )
            for each in due([review_of(row) for row in rows.values()], now)
        )

    async def progress(self, user_id: str) -> tuple[SubjectProgress, ...]:
        """Of all subjects, in the order of the bank."""
        bank = await self._records.bank()
        difficulties = Difficulties.of(await self._store.item_difficulties())
        reviews = await self._records.reviews(user_id)
        found = []
        for subject in bank.subjects():
            learner = await self._records.learner(bank, user_id, subject, difficulties)
            rows = await self._store.user_performance(user_id, subject, limit=ANSWERS_READ) if learner.responses else ()
            found.append(progress_of(learner, rows, reviews, self._clock.now()))
        return tuple(found)

    async def responses(self, user_id: str, *, before: PracticeResponse | None = None) -> list[PracticeResponse]:
        """A part of all answers, newest first; the part behind `before`."""
        place = None if before is None else (before.answered_at, before.id)
        return list(await self._store.responses(user_id, limit=500, before=place))

    async def _skill_to_review(
        self, bank: Bank, user_id: str, subject: str | None
    ) -> tuple[str, str] | tuple[None, str | None]:
        if subject is not None:
            await self._records.subject(bank, user_id, subject, None)
        for each in await self.due_reviews(user_id):
            if subject in {None, each.subject}:
                return each.skill, each.subject
        return None, subject

    async def _answered(
        self, bank: Bank, response: PracticeResponse, mastered: tuple[str, ...], *, repeated: bool, nearly: bool = False
    ) -> Answered:
        learner = await self._records.learner(bank, response.user_id, response.subject)
        template = bank.items.get(response.item_id)
        item = None if template is None else draw(template, response.seed)
        is_placement = response.mode is PracticeMode.PLACEMENT
        review = None if is_placement else (await self._records.reviews(response.user_id)).get(response.skill)
        runs = learner.state.placement_started_at is not None and response.mode is PracticeMode.PLACEMENT
        return Answered(
            question_id=response.id,
            verdict=response.verdict,
            right=response.verdict == "accept",
            judged=True,
            nearly=nearly,
            feedback=response.feedback,
            score=response.score,
            solution=None if item is None else item.solution,
            reference=None if item is None else reference_of(item),
            repeated=repeated,
            ability=ability_view(learner.ability),
            mastered=mastered,
            next_review_at=None if review is None else review.due_at,
            placement_over=runs and placement_is_done(learner.ability, learner.placement_answers()),
        )


def _not_judged(question_id: str, grade: Grade, ability: AbilityView) -> Answered:
    return Answered(
        question_id=question_id,
        verdict=grade.verdict.value,
        right=False,
        judged=False,
        nearly=False,
        feedback=grade.feedback,
        score=0.0,
        solution=None,
        reference=None,
        repeated=False,
        ability=ability,
        mastered=(),
        placement_over=False,
    )
