"""Finding a learner's level: questions by information, without hints, until the error is small enough."""

from __future__ import annotations

import random
from dataclasses import replace

from masterx.clock import Clock
from masterx.errors import Conflict, NotFound
from masterx.learner.ability import prior
from masterx.learner.selection import PLACEMENT_ERROR, placement_is_done
from masterx.practice.selection import choose_for_placement
from masterx.records.practice import PracticeMode
from masterx.tutor.practice_records import TRIES, PracticeRecords, Store, item_of
from masterx.tutor.practice_views import PlacementResult, Question, ability_view, question_view, subject_name


class Placement:
    def __init__(self, store: Store, clock: Clock, rng: random.Random, records: PracticeRecords) -> None:
        self._store = store
        self._clock = clock
        self._rng = rng
        self._records = records

    async def start(self, user_id: str, subject: str) -> Question | None:
        """Begins one, or goes on with the one that runs. What was known before counts for less than the answers."""
        bank = await self._records.bank()
        subject = await self._records.subject(bank, user_id, subject, None)
        for attempt in range(TRIES):
            learner = await self._records.learner(bank, user_id, subject)
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
        return await self.next(user_id, subject)

    async def next(self, user_id: str, subject: str, *, skip: bool = False) -> Question | None:
        """None: none runs, or it has reached its stated error."""
        bank = await self._records.bank()
        subject = await self._records.subject(bank, user_id, subject, None)
        learner = await self._records.learner(bank, user_id, subject)
        started, answered = learner.state.placement_started_at, learner.placement_answers()
        if started is None or placement_is_done(learner.ability, answered):
            return None
        waiting = await self._records.waiting(bank, user_id, subject, PracticeMode.PLACEMENT)
        if waiting is not None and waiting.asked_at >= started and not skip:
            return question_view(bank, waiting, item_of(bank, waiting), number=answered + 1)
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
        asked = await self._records.ask(user_id, subject, PracticeMode.PLACEMENT, template, None)
        return question_view(bank, asked, item_of(bank, asked), number=answered + 1)

    async def finish(self, user_id: str, subject: str) -> PlacementResult:
        """Also before the stated error is reached. Raises `NotFound` where none runs."""
        bank = await self._records.bank()
        subject = await self._records.subject(bank, user_id, subject, None)
        learner = await self._records.learner(bank, user_id, subject)
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
