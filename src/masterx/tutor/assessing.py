"""What is known of a learner, in the light of their message: where they stand in what it is about, what the answer is
to heed, and which question of the bank goes below it.

One read beside perceiving, the rest is arithmetic; never a reason for a turn to fail.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from masterx.clock import Clock
from masterx.errors import DatabaseError
from masterx.practice.bank_files import Bank
from masterx.practice.facts import sentence_of
from masterx.practice.items import Skill
from masterx.practice.selection import choose_for_practice
from masterx.practice.served_bank import ServedBank
from masterx.practice.topics import skill_of
from masterx.records.checks import CheckedFact
from masterx.records.emotions import LearningState, Mood
from masterx.records.lesson_items import LessonItem
from masterx.records.messages import MessageRole
from masterx.records.overviews import NOTHING_KNOWN, LearnerOverview
from masterx.records.practice import ItemDifficulty
from masterx.records.users import Difficulty
from masterx.store.goal_ports import OverviewStore
from masterx.tutor.assessment import NOT_ASSESSED, Assessment
from masterx.tutor.checking import FactChecker
from masterx.tutor.goals import goal_line
from masterx.tutor.offering import LEAST_CHANCE, may_offer
from masterx.tutor.opening import OpenTurn
from masterx.tutor.perception import Perception
from masterx.tutor.practice_learner import Difficulties, Learner, new_state
from masterx.tutor.practice_records import LARGEST_SEED
from masterx.tutor.practice_views import ability_view, subject_name
from masterx.tutor.standing import Standing, instructions, standing_of

logger = structlog.get_logger()

DIFFICULTIES_KEPT: Final = timedelta(minutes=10)
"""What all learners' answers say of the items changes slowly; it is read beside the turns, never in one."""
_WISHES: Final[Mapping[Difficulty, float]] = {Difficulty.EASIER: -1.0, Difficulty.HARDER: 1.0}


class Store(OverviewStore, Protocol):
    async def item_difficulties(self) -> Sequence[ItemDifficulty]: ...


class Assessor:
    def __init__(
        self,
        store: Store,
        items: ServedBank,
        clock: Clock,
        checker: FactChecker | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._store = store
        self._items = items
        self._clock = clock
        self._checker = checker
        self._rng = rng or random.Random()  # noqa: S311 - which of two good items comes is no secret
        self._difficulties = Difficulties({})
        self._read_at: datetime | None = None
        self._reading: asyncio.Task[None] | None = None

    async def assess(self, opened: OpenTurn, perceiving: asyncio.Future[Perception]) -> Assessment:
        """Reads while perceiving runs, then waits for it."""
        if opened.partial:
            return NOT_ASSESSED
        overview = await self._overview(opened)
        facts = await self._facts(opened.question)
        bank = await self._items.bank()
        perceived = await perceiving
        self._look_at_difficulties()
        return assessed(opened, perceived, overview, facts, bank, self._difficulties, self._rng)

    async def aclose(self) -> None:
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _overview(self, opened: OpenTurn) -> LearnerOverview:
        if opened.overview is not None:
            return opened.overview
        try:
            return await self._store.learner_overview(opened.request.user_id, opened.asked_at)
        except DatabaseError as error:
            logger.warning("learner_not_assessed", error_type=type(error).__name__, session_id=opened.session.id)
            return NOTHING_KNOWN

    async def _facts(self, question: str) -> tuple[CheckedFact, ...]:
        return () if self._checker is None else await self._checker.facts(question)

    def _look_at_difficulties(self) -> None:
        now = self._clock.now()
        if self._reading is not None or (self._read_at is not None and now - self._read_at < DIFFICULTIES_KEPT):
            return
        self._read_at = now
        self._reading = asyncio.create_task(self._read_difficulties(), name="item-difficulties")

    async def _read_difficulties(self) -> None:
        try:
            self._difficulties = Difficulties.of(await self._store.item_difficulties())
        except DatabaseError as error:
            logger.warning("difficulties_not_read", error_type=type(error).__name__)
        finally:
            self._reading = None


def assessed(
    opened: OpenTurn,
    perceived: Perception,
    overview: LearnerOverview,
    facts: tuple[CheckedFact, ...],
    bank: Bank,
    difficulties: Difficulties,
    rng: random.Random,
) -> Assessment:
    """Pure but for the dice."""
    said = [message.content for message in opened.history if message.role is MessageRole.USER]
    skill = skill_of(bank, opened.question, said[-1] if said else "")
    told = tuple(sentence_of(fact) for fact in facts)
    if skill is None:
        return Assessment(instructions=instructions(Standing.UNKNOWN, "", facts=told), facts=facts)
    learner = learner_in(bank, skill.subject, overview, opened.asked_at, opened.request.user_id, difficulties)
    item = _item(opened, perceived, overview, learner, skill, rng)
    ability = ability_view(learner.ability)
    known = learner.concepts() if learner.state.answers else {}
    near = (skill.id, *skill.needs)
    goals = [goal for goal in overview.goals if goal.subject == skill.subject]
    return Assessment(
        instructions=instructions(
            standing_of(ability.level, (ability.low, ability.high), sure=ability.sure),
            subject_name(skill.subject).lower() if skill.subject != "python" else "Python",
            load=learner.load,
            mastered=[bank.skills[each].name for each in skill.needs if each in known and known[each].is_mastered],
            struggling=[bank.skills[each].name for each in near if each in known and known[each].is_struggling],
            due=[bank.skills[each.concept].name for each in overview.due if _is_near(bank, each.concept, skill)],
            goal=goal_line(goals[0]) if goals else "",
            offered="" if item is None else skill.name,
            facts=told,
        ),
        item=item,
        facts=facts,
    )


def learner_in(
    bank: Bank, subject: str, overview: LearnerOverview, now: datetime, user_id: str, difficulties: Difficulties
) -> Learner:
    state = next((each for each in overview.states if each.subject == subject), None)
    theirs = tuple(each for each in overview.recent if each.subject == subject)
    return Learner(bank, state or new_state(user_id, subject, now), theirs, difficulties)


def _item(
    opened: OpenTurn,
    perceived: Perception,
    overview: LearnerOverview,
    learner: Learner,
    skill: Skill,
    rng: random.Random,
) -> LessonItem | None:
    preferences = opened.request.preferences
    answered = {each.id for each in overview.recent}
    if not may_offer(
        opened.history,
        answered,
        perceived.mood,
        perceived.topic,
        wanted=preferences.questions_in_lessons and opened.request.shows_questions,
    ):
        return None
    asked_here = [message.item.item_id for message in opened.history if message.item is not None]
    condition = replace(
        learner.condition(_state(perceived.mood)), wish=_WISHES.get(preferences.difficulty_preference, 0.0)
    )
    template = choose_for_practice(
        learner.bank,
        skill.subject,
        learner.ability,
        rng,
        recent=[*(each.item_id for each in reversed(learner.responses[:11])), *asked_here],
        exposures=learner.difficulties.exposures,
        calibrated=learner.difficulties.calibrated,
        condition=condition,
        skill=skill.id,
        shifts_of=learner.shifts_of,
    )
    if template is None:
        return None
    chance = learner.chance_of(template.id)
    if chance < LEAST_CHANCE:
        return None
    return LessonItem(
        subject=skill.subject,
        skill=skill.id,
        item_id=template.id,
        seed=rng.randrange(LARGEST_SEED),
        chance=round(chance, 4),
    )


def _state(mood: Mood | None) -> LearningState | None:
    return None if mood is None else mood.state


def _is_near(bank: Bank, concept: str, skill: Skill) -> bool:
    """What is due and builds on the same things."""
    other = bank.skills.get(concept)
    return (
        other is not None
        and other.subject == skill.subject
        and (concept == skill.id or concept in skill.needs or bool(set(other.needs) & {skill.id, *skill.needs}))
    )
