"""One learner in one subject while practising: what the store keeps as what the learner model works on."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from masterx.clock import new_id
from masterx.learner.ability import PRACTICE_DRIFT, TEST_DRIFT, Ability, from_text, prior, updated
from masterx.learner.difficulty import Condition
from masterx.learner.irt import ItemParameters
from masterx.learner.item_learning import LearnedItem, learned
from masterx.learner.load import Attempt, cognitive_load
from masterx.learner.mastery import SURE, Concept, first_met, practised
from masterx.learner.performance import performance_of
from masterx.learner.prediction import success_chance
from masterx.learner.review import Review, recall_of, reviewed
from masterx.learner.velocity import Answer
from masterx.practice.bank_files import Bank
from masterx.practice.items import ItemTemplate
from masterx.practice.selection import parameters
from masterx.records.emotions import LearningState
from masterx.records.practice import (
    AnswerRecord,
    ConceptReview,
    ItemDifficulty,
    LearnerState,
    PracticeMode,
    PracticeResponse,
)
from masterx.tutor.practice_prediction import history_of, shifts

USUAL_SECONDS = 60.0
"""For an item, of a learner who has answered hardly any."""
LONG_ENOUGH = 6
"""Answers in a skill, after which it opens the next ones though its mastery is not yet sure."""
LONGEST_SECONDS = 600.0
"""That one item counts as practice: a page that was left open is none."""
PAUSE = timedelta(minutes=10)
"""Without an answer; then a new stretch of practice begins."""
MOOD_HOLDS = timedelta(minutes=30)
_FRUSTRATION = {LearningState.FRUSTRATION: 1.0, LearningState.ANXIETY: 0.8, LearningState.CONFUSION: 0.5}


@dataclass(frozen=True, slots=True)
class Difficulties:
    """Of all items, as learned from everybody."""

    items: Mapping[str, ItemDifficulty]

    @classmethod
    def of(cls, rows: Iterable[ItemDifficulty]) -> Difficulties:
        return cls({row.id: row for row in rows})

    @property
    def calibrated(self) -> dict[str, ItemParameters]:
        return {name: ItemParameters(difficulty=row.difficulty) for name, row in self.items.items()}

    @property
    def exposures(self) -> dict[str, int]:
        return {name: row.responses for name, row in self.items.items()}

    def learned_from(self, template: ItemTemplate, ability: Ability, score: float) -> ItemDifficulty:
        """After an answer by a learner of this ability."""
        authored = ItemParameters(difficulty=template.difficulty)
        row = self.items.get(template.id)
        before = (
            LearnedItem(authored=authored, difficulty=authored.difficulty)
            if row is None
            else LearnedItem(
                authored=authored,
                difficulty=row.difficulty,
                difficulty_error=row.difficulty_error,
                responses=row.responses,
            )
        )
        after = learned(before, ability, score)
        return ItemDifficulty(
            id=template.id,
            difficulty=after.difficulty,
            difficulty_error=after.difficulty_error,
            responses=after.responses,
        )


@dataclass(frozen=True, slots=True)
class Learner:
    """`responses` are the newest of this subject, newest first."""

    bank: Bank
    state: LearnerState
    responses: Sequence[PracticeResponse]
    difficulties: Difficulties

    @property
    def ability(self) -> Ability:
        return from_text(self.state.ability)

    def chance_of(self, item_id: str) -> float:
        """That the answer will be right, by ability in the subject and what was answered before. 0 to 1."""
        template, ability = self.bank.items[item_id], self.ability
        known = parameters(template, self.difficulties.calibrated)
        history = history_of(self.responses)
        if not history.answered:
            return ability.success_probability(known)
        return success_chance(ability, history, known, template.skill, item_id)

    def shifts_of(self, items: Sequence[ItemTemplate]) -> Mapping[str, float]:
        """What those answers add to the logit of success with each item."""
        return shifts(self.ability, history_of(self.responses), items, self.difficulties.calibrated)

    def concept(self, skill: str) -> Concept:
        calibrated = self.difficulties.calibrated
        items = [parameters(item, calibrated).difficulty for item in self.bank.of_skill(skill)]
        mean = statistics.fmean(items) if items else 0.0
        kept = self.state.concepts.get(skill)
        if kept is None:
            return first_met(self.ability, mean)
        return Concept(from_text(kept["ability"]), mean, int(kept["responses"]))

    def concepts(self) -> dict[str, Concept]:
        """Of the skills that were met."""
        return {skill: self.concept(skill) for skill in self.state.concepts if skill in self.bank.skills}

    def known(self) -> set[str]:
        """Skills that others may build on: mastered, or as good as sure from the rest of the subject."""
        skills = [skill.id for skill in self.bank.skills.values() if skill.subject == self.state.subject]
        concepts = {skill: self.concept(skill) for skill in skills}
        return {
            skill
            for skill, concept in concepts.items()
            if concept.is_mastered or (concept.responses == 0 and concept.mastery >= SURE)
        }

    def passable(self) -> set[str]:
        """Skills that keep nobody any longer from what builds on them: known, or likelier so than not after enough
        answers. Without the second, somebody who is right three times in four would meet one skill for ever.
        """
        concepts = self.concepts().items()
        return self.known() | {
            skill for skill, concept in concepts if concept.responses >= LONG_ENOUGH and concept.mastery >= 0.5
        }

    @property
    def expected_seconds(self) -> float:
        """The learner's own median."""
        told = [each.seconds for each in self.responses[:40] if each.seconds is not None]
        return statistics.median(told) if len(told) >= 4 else USUAL_SECONDS

    @property
    def load(self) -> float:
        expected = self.expected_seconds
        return cognitive_load(
            [
                Attempt(
                    score=each.score,
                    seconds=each.seconds,
                    expected_seconds=expected,
                    hints=each.hints_taken,
                    hints_offered=max(3, each.hints_taken),
                )
                for each in reversed(self.responses[:8])
                if each.mode is not PracticeMode.PLACEMENT
            ]
        )

    def condition(self, mood: LearningState | None) -> Condition:
        frustration = 0.0 if mood is None else _FRUSTRATION.get(mood, 0.0)
        return Condition(frustration=frustration, load=self.load, flow=1.0 if mood is LearningState.FLOW else 0.0)

    def since_break(self, now: datetime) -> timedelta:
        """How long they have practised without a pause."""
        begun = now
        for each in self.responses:
            if begun - each.answered_at > PAUSE:
                break
            begun = min(each.asked_at, each.answered_at)
        return now - begun

    def placement_answers(self) -> int:
        started = self.state.placement_started_at
        if started is None:
            return 0
        theirs = (each for each in self.responses if each.mode is PracticeMode.PLACEMENT)
        return sum(each.asked_at >= started for each in theirs)

    def answered(
        self,
        response: PracticeResponse,
        template: ItemTemplate,
        review: ConceptReview | None,
        condition: Condition,
        retention: float,
    ) -> AnswerRecord:
        """All that follows from an answer. Only the theta after it is not in the response yet."""
        test = response.mode is PracticeMode.PLACEMENT
        drift = TEST_DRIFT if test else PRACTICE_DRIFT
        item = parameters(template, self.difficulties.calibrated)
        ability = updated(self.ability, item, response.score, drift)
        concept = practised(self.concept(response.skill), item, response.score, drift)
        response = replace(response, theta_after=ability.theta)
        seconds = self.state.practice_seconds + (response.seconds or 0.0)
        kept = {"ability": concept.ability.to_text(), "responses": concept.responses}
        state = replace(
            self.state,
            ability=ability.to_text(),
            concepts={**self.state.concepts, response.skill: kept},
            answers=self.state.answers + 1,
            practice_seconds=seconds,
            updated_at=response.answered_at,
        )
        performance = performance_of(
            ability,
            {**self.concepts(), response.skill: concept},
            [answer_of(each) for each in (response, *self.responses)],
            timedelta(seconds=seconds),
            condition,
            whose=(new_id(response.answered_at), response.user_id, response.subject),
            now=response.answered_at,
        )
        alone = response.hints_taken == 0
        return AnswerRecord(
            response=response,
            state=state,
            review=None if test else self._reviewed(response, review, retention),
            item=self.difficulties.learned_from(template, self.ability, response.score) if alone else None,
            performance=performance,
        )

    def _reviewed(self, response: PracticeResponse, before: ConceptReview | None, retention: float) -> ConceptReview:
        recall = recall_of(
            response.score, hints=response.hints_taken, seconds=response.seconds, expected=self.expected_seconds
        )
        known = None if before is None else review_of(before)
        after = reviewed(response.skill, known, recall, response.answered_at, retention)
        return ConceptReview(
            user_id=response.user_id,
            concept=response.skill,
            subject=response.subject,
            due_at=after.due,
            last_review_at=after.last_review,
            stability=after.stability,
            difficulty=after.difficulty,
            learned=after.learned,
            lapses=after.lapses,
            reviews=after.reviews,
        )


def new_state(user_id: str, subject: str, now: datetime) -> LearnerState:
    return LearnerState(user_id=user_id, subject=subject, ability=prior().to_text(), updated_at=now)


def answer_of(response: PracticeResponse) -> Answer:
    return Answer(response.answered_at, ItemParameters(difficulty=response.difficulty), response.score)


def review_of(row: ConceptReview) -> Review:
    return Review(
        concept=row.concept,
        due=row.due_at,
        last_review=row.last_review_at,
        stability=row.stability,
        difficulty=row.difficulty,
        learned=row.learned,
        lapses=row.lapses,
        reviews=row.reviews,
    )
