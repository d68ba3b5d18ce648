"""What practice reads and writes of one learner: where they stand, what waits for an answer, and an answer with all
that follows from it.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, Protocol

from masterx.clock import Clock, new_id
from masterx.errors import Conflict, InvalidInput, NotFound
from masterx.learner.difficulty import Condition, Mover, moved_by
from masterx.learner.review import replanned
from masterx.practice.bank_files import Bank
from masterx.practice.drawing import Item, draw
from masterx.practice.grading.verdicts import Grade
from masterx.practice.hints import score_after_hints
from masterx.practice.items import ItemTemplate
from masterx.practice.selection import parameters
from masterx.practice.served_bank import ServedBank
from masterx.records.emotions import LearningState
from masterx.records.practice import ConceptReview, OpenQuestion, PracticeMode, PracticeResponse
from masterx.records.users import REVIEW_RETENTION, Difficulty, User
from masterx.store.account_ports import UserStore
from masterx.store.ports import MessageStore, PerformanceStore, SessionStore
from masterx.store.practice_ports import PracticeStore
from masterx.tutor.lesson_questions import question_of
from masterx.tutor.practice_learner import LONGEST_SECONDS, MOOD_HOLDS, Difficulties, Learner, new_state, review_of

ANSWERS_READ: Final = 400
"""Of a subject, the newest: what the improvement rate and the load are worked out from."""
TRIES: Final = 4
"""To write an answer while other answers of the same learner are written."""
LARGEST_SEED: Final = 2**31 - 1
_WISHES: Final[Mapping[Difficulty, float]] = {Difficulty.EASIER: -1.0, Difficulty.HARDER: 1.0}


class Store(PracticeStore, PerformanceStore, MessageStore, SessionStore, UserStore, Protocol):
    """What practice reads and writes."""


class PracticeRecords:
    def __init__(self, store: Store, clock: Clock, rng: random.Random, items: ServedBank) -> None:
        self._store = store
        self._clock = clock
        self._rng = rng
        self._items = items

    async def bank(self) -> Bank:
        return await self._items.bank()

    async def subject(self, bank: Bank, user_id: str, subject: str | None, skill: str | None) -> str:
        if skill is not None and (skill not in bank.skills or subject not in {None, bank.skills[skill].subject}):
            raise InvalidInput("That skill is not in the bank.")
        if skill is not None:
            return bank.skills[skill].subject
        if subject is None:
            latest = await self._store.responses(user_id, limit=1)
            subjects = bank.subjects()
            subject = latest[0].subject if latest and latest[0].subject in subjects else subjects[0]
        if subject not in bank.subjects():
            raise InvalidInput("That subject is not in the bank.", details={"subjects": bank.subjects()})
        return subject

    async def learner(
        self, bank: Bank, user_id: str, subject: str, difficulties: Difficulties | None = None
    ) -> Learner:
        state = await self._store.learner_state(user_id, subject)
        return Learner(
            bank,
            state or new_state(user_id, subject, self._clock.now()),
            await self._store.responses(user_id, subject=subject, limit=ANSWERS_READ) if state is not None else (),
            difficulties or Difficulties.of(await self._store.item_difficulties()),
        )

    async def condition(self, user_id: str, learner: Learner) -> Condition:
        """How the learner is now, and what they asked for."""
        return (await self.aim(user_id, learner))[0]

    async def aim(self, user_id: str, learner: Learner) -> tuple[Condition, str]:
        """The same, and what moved the target, as in `Question.moved_by`."""
        user = await self._store.user(user_id)
        if user is None:
            return learner.condition(None), ""
        wish = _WISHES.get(user.learning_preferences.difficulty_preference, 0.0)
        condition = replace(learner.condition(await self._mood(user)), wish=wish)
        why = moved_by(condition)
        hidden = why in {Mover.MOOD, Mover.FLOW} and not user.mood_preferences.shown
        return condition, "" if why is None or hidden else why.value

    async def _mood(self, user: User) -> LearningState | None:
        """What the newest lesson sounds like, where it is fresh and may be read."""
        if not user.mood_preferences.read:
            return None
        page = await self._store.sessions(user.id, limit=1)
        if not page.sessions or not page.sessions[0].emotion_trajectory:
            return None
        session = page.sessions[0]
        if self._clock.now() - session.last_activity_at > MOOD_HOLDS:
            return None
        try:
            return LearningState(session.emotion_trajectory[-1])
        except ValueError:
            return None  # a state of another version's

    async def retention(self, user_id: str) -> float:
        """How likely a skill is still to be known when it comes up for review, as the learner wants it."""
        user = await self._store.user(user_id)
        return REVIEW_RETENTION if user is None else user.learning_preferences.review_retention

    async def reviews(self, user_id: str) -> dict[str, ConceptReview]:
        """By concept, each due when the learner's target says now; without concepts that no bank has any more."""
        bank, retention = await self.bank(), await self.retention(user_id)
        return {
            row.concept: replace(row, due_at=replanned(review_of(row), retention).due)
            for row in await self._store.concept_reviews(user_id)
            if row.concept in bank.skills
        }

    async def waiting(
        self, bank: Bank, user_id: str, subject: str, mode: PracticeMode, session_id: str | None = None
    ) -> OpenQuestion | None:
        """Of the lesson, or of none."""
        for each in await self._store.open_questions(user_id):
            same = (each.subject, each.mode, each.session_id) == (subject, mode, session_id)
            if same and each.item_id in bank.items:
                return each
        return None

    async def open(self, bank: Bank, user_id: str, question_id: str) -> OpenQuestion:
        asked = await self._store.open_question(question_id, user_id)
        if asked is None:
            asked = await self._from_lesson(user_id, question_id)
        if asked.item_id not in bank.items:
            raise NotFound
        return asked

    async def _from_lesson(self, user_id: str, answer_id: str) -> OpenQuestion:
        """A question below an answer opens when something is first done with it."""
        answer = await self._store.message(answer_id, user_id)
        if answer is None or await self._store.response(answer_id, user_id) is not None:
            raise NotFound
        asked = question_of(answer)
        with contextlib.suppress(Conflict):  # opened at the same moment
            await self._store.ask(asked)
        return asked

    async def ask(
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

    async def record(
        self, bank: Bank, asked: OpenQuestion, text: str, grade: Grade, seconds: float | None
    ) -> tuple[PracticeResponse, tuple[str, ...]]:
        """The response that counts, and the names of skills that are mastered since."""
        reviews = {row.concept: row for row in await self._store.concept_reviews(asked.user_id)}
        retention = await self.retention(asked.user_id)
        for attempt in range(TRIES):
            learner = await self.learner(bank, asked.user_id, asked.subject)
            response = self._response(learner, asked, text, grade, seconds)
            template = bank.items[asked.item_id]
            condition = await self.condition(asked.user_id, learner)
            record = learner.answered(response, template, reviews.get(asked.skill), condition, retention)
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


def item_of(bank: Bank, asked: OpenQuestion) -> Item:
    return draw(bank.items[asked.item_id], asked.seed)
