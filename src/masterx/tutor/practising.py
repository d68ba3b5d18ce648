"""Practice as learners meet it: the next question, its hints, its grading, and what follows from an answer."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Final, Protocol

from masterx.clock import Clock, new_id
from masterx.errors import Conflict, InvalidInput, NotFound
from masterx.learner.ability import prior
from masterx.learner.difficulty import break_is_due
from masterx.learner.review import RETENTION, due, retrievability
from masterx.learner.selection import PLACEMENT_ERROR, placement_is_done
from masterx.practice.bank_files import Bank, own_bank
from masterx.practice.drawing import Item, draw
from masterx.practice.grading.algebra import Algebra
from masterx.practice.grading.grader import Grader
from masterx.practice.grading.verdicts import Grade, reject
from masterx.practice.hints import hint, score_after_hints
from masterx.practice.items import ItemTemplate
from masterx.practice.selection import choose_for_placement, choose_for_practice, parameters
from masterx.records.emotions import LearningState
from masterx.records.practice import OpenQuestion, PracticeMode, PracticeResponse
from masterx.store.ports import PerformanceStore, SessionStore, UserStore
from masterx.store.practice_ports import PracticeStore
from masterx.tutor.practice_learner import (
    LONGEST_SECONDS,
    MOOD_HOLDS,
    Difficulties,
    Learner,
    new_state,
    review_of,
)
from masterx.tutor.practice_progress import progress_of
from masterx.tutor.practice_views import (
    AbilityView,
    Answered,
    DueReview,
    HintView,
    PlacementResult,
    Question,
    SubjectProgress,
    SubjectView,
    ability_view,
    question_view,
    reference_of,
    subject_name,
)

ANSWERS_READ: Final = 400
"""Of a subject, the newest: what the improvement rate and the load are worked out from."""
TRIES: Final = 4
"""To write an answer while other answers of the same learner are written."""
LARGEST_SEED: Final = 2**31 - 1


class Store(PracticeStore, PerformanceStore, SessionStore, UserStore, Protocol):
    """What practice reads and writes."""


class Practice:
    """The algebra process is started by the first answer that needs one, and ended by `close`."""

    def __init__(
        self, store: Store, clock: Clock, rng: random.Random | None = None, *, retention: float = RETENTION
    ) -> None:
        self._store = store
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - which of two good items comes is no secret
        self._algebra = Algebra()
        self._grader = Grader(self._algebra)
        self._retention = retention

    def close(self) -> None:
        self._algebra.close()

    def subjects(self) -> tuple[SubjectView, ...]:
        bank = own_bank()
        return tuple(
            SubjectView(
                id=subject,
                name=subject_name(subject),
                skills=sum(skill.subject == subject for skill in bank.skills.values()),
                items=sum(bank.skills[item.skill].subject == subject for item in bank.items.values()),
            )
            for subject in bank.subjects()
        )

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
        bank = await asyncio.to_thread(own_bank)
        if mode is PracticeMode.REVIEW:
            skill, subject = await self._skill_to_review(bank, user_id, subject)
            if skill is None:
                return None
        subject = await self._subject(bank, user_id, subject, skill)
        if mode is PracticeMode.PLACEMENT:
            return await self.placement_next(user_id, subject, skip=skip)
        if session_id is not None and await self._store.session(session_id, user_id) is None:
            raise NotFound
        learner = await self._learner(bank, user_id, subject)
        mood = await self._mood(user_id)
        condition = learner.condition(mood)
        break_due = break_is_due(learner.since_break(self._clock.now()), condition)
        waiting = await self._waiting(bank, user_id, subject, mode)
        if waiting is not None and not skip and skill in {None, waiting.skill}:
            chance = learner.chance_of(waiting.item_id)
            return question_view(bank, waiting, _item(bank, waiting), break_due=break_due, chance=chance)
        recent = [each.item_id for each in reversed(learner.responses[:11])]
        template = choose_for_practice(
            bank,
            subject,
            learner.ability,
            self._rng,
            mastered=learner.known(),
            recent=[*recent, *([] if waiting is None else [waiting.item_id])],
            exposures=learner.difficulties.exposures,
            calibrated=learner.difficulties.calibrated,
            condition=condition,
            skill=skill,
        )
        if template is None:
            return None
        asked = await self._ask(user_id, subject, mode, template, session_id)
        chance = learner.chance_of(asked.item_id)
        return question_view(bank, asked, _item(bank, asked), break_due=break_due, chance=chance)

    async def question(self, user_id: str, question_id: str) -> Question:
        """An open one as it was asked. Raises `NotFound`."""
        bank = await asyncio.to_thread(own_bank)
        asked = await self._open(bank, user_id, question_id)
        return question_view(bank, asked, _item(bank, asked))

    async def hint(self, user_id: str, question_id: str) -> HintView | None:
        """The next step; None when all were taken. Raises `NotFound`, also once it is answered."""
        bank = await asyncio.to_thread(own_bank)
        asked = await self._open(bank, user_id, question_id)
        step = hint(_item(bank, asked), bank.skills[asked.skill], asked.hints_taken)
        if step is None:
            return None
        await self._store.note_hints(question_id, user_id, step.step)
        return HintView(text=step.text, step=step.step, steps=step.steps, is_last=step.is_last)

    async def solution(self, user_id: str, question_id: str) -> str:
        """Before an answer it counts as a wrong one. Raises `NotFound`."""
        bank = await asyncio.to_thread(own_bank)
        before = await self._store.response(question_id, user_id)
        if before is None:
            asked = await self._open(bank, user_id, question_id)
            before, _ = await self._record(bank, asked, "", reject("The solution was shown."), None)
        template = bank.items.get(before.item_id)
        if template is None:
            raise NotFound
        return draw(template, before.seed).solution

    async def answer(self, user_id: str, question_id: str, text: str, *, seconds: float | None = None) -> Answered:
        """Answered before: what became of the first answer. `seconds` is what the page measured.

        Raises `NotFound`.
        """
        bank = await asyncio.to_thread(own_bank)
        before = await self._store.response(question_id, user_id)
        if before is not None:
            return await self._answered(bank, before, (), repeated=True)
        asked = await self._open(bank, user_id, question_id)
        item = _item(bank, asked)
        grade = await asyncio.to_thread(self._grader.grade, item.task, text)
        if not grade.uses_a_try:
            learner = await self._learner(bank, user_id, asked.subject)
            return _not_judged(question_id, grade, ability_view(learner.ability))
        response, mastered = await self._record(bank, asked, text, grade, seconds)
        repeated = response.answer != text
        return await self._answered(bank, response, mastered, repeated=repeated, nearly=grade.nearly and not repeated)

    async def due_reviews(self, user_id: str) -> tuple[DueReview, ...]:
        """The most forgotten first."""
        bank = await asyncio.to_thread(own_bank)
        now = self._clock.now()
        rows = {row.concept: row for row in await self._store.concept_reviews(user_id) if row.concept in bank.skills}
        return tuple(
            DueReview(
                subject=rows[each.concept].subject,
                subject_name=subject_name(rows[each.concept].subject),
                skill=each.concept,
                skill_name=bank.skills[each.concept].name,
                due_at=each.due,
                retrievability=retrievability(each, now),
                reviews=each.reviews,
            )
            for each in due([review_of(row) for row in rows.values()], now)
        )

    async def placement_start(self, user_id: str, subject: str) -> Question | None:
        """Begins one, or goes on with the one that runs. What was known before counts for less than the answers."""
        bank = await asyncio.to_thread(own_bank)
        subject = await self._subject(bank, user_id, subject, None)
        for attempt in range(TRIES):
            learner = await self._learner(bank, user_id, subject)
            if learner.state.placement_started_at is not None:
                break
            now = self._clock.now()
            start = learner.ability if learner.state.answers == 0 else prior(learner.ability.theta)
            state = replace(learner.state, ability=start.to_text(), placement_started_at=now, updated_at=now)
            try:
                await self._store.put_learner_state(state)
                break
            except Conflict:
                if attempt == TRIES - 1:
                    raise
        return await self.placement_next(user_id, subject)

    async def placement_next(self, user_id: str, subject: str, *, skip: bool = False) -> Question | None:
        """None: none runs, or it has reached its stated error."""
        bank = await asyncio.to_thread(own_bank)
        subject = await self._subject(bank, user_id, subject, None)
        learner = await self._learner(bank, user_id, subject)
        started, answered = learner.state.placement_started_at, learner.placement_answers()
        if started is None or placement_is_done(learner.ability, answered):
            return None
        waiting = await self._waiting(bank, user_id, subject, PracticeMode.PLACEMENT)
        if waiting is not None and waiting.asked_at >= started and not skip:
            return question_view(bank, waiting, _item(bank, waiting), number=answered + 1)
        met = {each.item_id for each in learner.responses if each.asked_at >= started}
        template = choose_for_placement(
            bank,
            subject,
            learner.ability,
            self._rng,
            answered=met if waiting is None else met | {waiting.item_id},
            exposures=learner.difficulties.exposures,
            calibrated=learner.difficulties.calibrated,
        )
        if template is None:
            return None
        asked = await self._ask(user_id, subject, PracticeMode.PLACEMENT, template, None)
        return question_view(bank, asked, _item(bank, asked), number=answered + 1)

    async def placement_finish(self, user_id: str, subject: str) -> PlacementResult:
        """Also before the stated error is reached. Raises `NotFound` where none runs."""
        bank = await asyncio.to_thread(own_bank)
        subject = await self._subject(bank, user_id, subject, None)
        learner = await self._learner(bank, user_id, subject)
        if learner.state.placement_started_at is None:
            raise NotFound("No placement is running.")
        now = self._clock.now()
        await self._store.put_learner_state(
            replace(learner.state, placement_started_at=None, placed_at=now, updated_at=now)
        )
        error = learner.ability.standard_error
        return PlacementResult(
            subject=subject,
            subject_name=subject_name(subject),
            ability=ability_view(learner.ability),
            answered=learner.placement_answers(),
            stated_error=PLACEMENT_ERROR,
            error=error,
            reached=error <= PLACEMENT_ERROR,
        )

    async def progress(self, user_id: str) -> tuple[SubjectProgress, ...]:
        """Of all subjects, in the order of the bank."""
        bank = await asyncio.to_thread(own_bank)
        difficulties = Difficulties.of(await self._store.item_difficulties())
        reviews = {row.concept: row for row in await self._store.concept_reviews(user_id)}
        found = []
        for subject in bank.subjects():
            learner = await self._learner(bank, user_id, subject, difficulties)
            rows = await self._store.user_performance(user_id, subject, limit=ANSWERS_READ) if learner.responses else ()
            found.append(progress_of(learner, rows, reviews, self._clock.now()))
        return tuple(found)

    async def responses(self, user_id: str, *, before: PracticeResponse | None = None) -> list[PracticeResponse]:
        """A part of all answers, newest first; the part behind `before`."""
        place = None if before is None else (before.answered_at, before.id)
        return list(await self._store.responses(user_id, limit=500, before=place))

    async def _subject(self, bank: Bank, user_id: str, subject: str | None, skill: str | None) -> str:
        if skill is not None and (skill not in bank.skills or subject not in {None, bank.skills[skill].subject}):
            raise InvalidInput("That skill is not in the bank.")
        if skill is not None:
            return bank.skills[skill].subject
        if subject is None:
            latest = await self._store.responses(user_id, limit=1)
            subject = latest[0].subject if latest else bank.subjects()[0]
        if subject not in bank.subjects():
            raise InvalidInput("That subject is not in the bank.", details={"subjects": bank.subjects()})
        return subject

    async def _skill_to_review(
        self, bank: Bank, user_id: str, subject: str | None
    ) -> tuple[str, str] | tuple[None, str | None]:
        if subject is not None:
            await self._subject(bank, user_id, subject, None)
        for each in await self.due_reviews(user_id):
            if subject in {None, each.subject}:
                return each.skill, each.subject
        return None, subject

    async def _learner(
        self, bank: Bank, user_id: str, subject: str, difficulties: Difficulties | None = None
    ) -> Learner:
        state = await self._store.learner_state(user_id, subject)
        return Learner(
            bank,
            state or new_state(user_id, subject, self._clock.now()),
            await self._store.responses(user_id, subject=subject, limit=ANSWERS_READ) if state is not None else (),
            difficulties or Difficulties.of(await self._store.item_difficulties()),
        )

    async def _mood(self, user_id: str) -> LearningState | None:
        """What the newest lesson sounds like, where it is fresh and may be read."""
        page = await self._store.sessions(user_id, limit=1)
        if not page.sessions or not page.sessions[0].emotion_trajectory:
            return None
        session = page.sessions[0]
        user = await self._store.user(user_id)
        late = self._clock.now() - session.last_activity_at > MOOD_HOLDS
        if late or user is None or not user.mood_preferences.read:
            return None
        try:
            return LearningState(session.emotion_trajectory[-1])
        except ValueError:
            return None  # a state of another version's

    async def _waiting(self, bank: Bank, user_id: str, subject: str, mode: PracticeMode) -> OpenQuestion | None:
        for each in await self._store.open_questions(user_id):
            if (each.subject, each.mode) == (subject, mode) and each.item_id in bank.items:
                return each
        return None

    async def _open(self, bank: Bank, user_id: str, question_id: str) -> OpenQuestion:
        asked = await self._store.open_question(question_id, user_id)
        if asked is None or asked.item_id not in bank.items:
            raise NotFound
        return asked

    async def _ask(
        self, user_id: str, subject: str, mode: PracticeMode, template: ItemTemplate, session_id: str | None
    ) -> OpenQuestion:
        now = self._clock.now()
        asked = OpenQuestion(
            id=new_id(now),
            user_id=user_id,
            subject=subject,
            skill=template.skill,
            item_id=template.id,
            seed=self._rng.randrange(LARGEST_SEED),
            mode=mode,
            asked_at=now,
            session_id=session_id,
        )
        await self._store.ask(asked)
        return asked

    async def _record(
        self, bank: Bank, asked: OpenQuestion, text: str, grade: Grade, seconds: float | None
    ) -> tuple[PracticeResponse, tuple[str, ...]]:
        """The response that counts, and the names of skills that are mastered since."""
        reviews = {row.concept: row for row in await self._store.concept_reviews(asked.user_id)}
        condition_mood = await self._mood(asked.user_id)
        for attempt in range(TRIES):
            learner = await self._learner(bank, asked.user_id, asked.subject)
            response = self._response(learner, asked, text, grade, seconds)
            template = bank.items[asked.item_id]
            condition = learner.condition(condition_mood)
            record = learner.answered(response, template, reviews.get(asked.skill), condition, self._retention)
            try:
                kept = await self._store.record_answer(record)
            except Conflict:
                if attempt == TRIES - 1:
                    raise
                continue
            topics = () if record.performance is None else record.performance.mastery_topics
            was = {name for name, concept in learner.concepts().items() if concept.is_mastered}
            return kept, tuple(bank.skills[skill].name for skill in topics if skill not in was)
        raise Conflict

    def _response(
        self, learner: Learner, asked: OpenQuestion, text: str, grade: Grade, seconds: float | None
    ) -> PracticeResponse:
        now = self._clock.now()
        elapsed = min(max((now - asked.asked_at) / timedelta(seconds=1), 0.0), LONGEST_SECONDS)
        theta = learner.ability.theta
        return PracticeResponse(
            id=asked.id,
            user_id=asked.user_id,
            session_id=asked.session_id,
            subject=asked.subject,
            skill=asked.skill,
            item_id=asked.item_id,
            seed=asked.seed,
            mode=asked.mode,
            asked_at=asked.asked_at,
            answered_at=now,
            answer=text,
            verdict=grade.verdict.value,
            feedback=grade.feedback,
            score=score_after_hints(grade.score, asked.hints_taken),
            hints_taken=asked.hints_taken,
            seconds=elapsed if seconds is None else min(max(seconds, 0.0), elapsed),
            difficulty=parameters(learner.bank.items[asked.item_id], learner.difficulties.calibrated).difficulty,
            theta_before=theta,
            theta_after=theta,
        )

    async def _answered(
        self, bank: Bank, response: PracticeResponse, mastered: tuple[str, ...], *, repeated: bool, nearly: bool = False
    ) -> Answered:
        learner = await self._learner(bank, response.user_id, response.subject)
        template = bank.items.get(response.item_id)
        item = None if template is None else draw(template, response.seed)
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
            placement_over=runs and placement_is_done(learner.ability, learner.placement_answers()),
        )


def _item(bank: Bank, asked: OpenQuestion) -> Item:
    return draw(bank.items[asked.item_id], asked.seed)


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
