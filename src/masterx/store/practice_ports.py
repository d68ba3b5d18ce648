"""What practice keeps; part of the contract in `store.ports`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from masterx.records.practice import (
    AnswerRecord,
    ConceptReview,
    ItemDifficulty,
    LearnerState,
    OpenQuestion,
    PracticeResponse,
)


class PracticeStore(Protocol):
    async def ask(self, question: OpenQuestion) -> None:
        """Takes the place of the one that was open in the same subject, mode and lesson.

        Raises `NotFound` without the user, and `Conflict` where one of this id is open.
        """
        ...

    async def open_question(self, question_id: str, user_id: str) -> OpenQuestion | None: ...

    async def open_questions(self, user_id: str) -> Sequence[OpenQuestion]:
        """The newest first."""
        ...

    async def note_hints(self, question_id: str, user_id: str, taken: int) -> None:
        """So many at least were taken. Raises `NotFound`."""
        ...

    async def record_answer(self, record: AnswerRecord) -> PracticeResponse:
        """Write all of it and close the question; where it was answered before, write nothing and return that answer.

        The lesson's `performance_score` becomes the mean score of its items. A row of `user_performance` of the same
        subject and minute gives way. An item's difficulty is left alone where somebody else's answer came between.
        Raises `NotFound` without the question, and `Conflict` when the state is not at `version` any more; nothing is
        written then.
        """
        ...

    async def response(self, question_id: str, user_id: str) -> PracticeResponse | None: ...

    async def responses(
        self, user_id: str, *, subject: str | None = None, limit: int, before: tuple[datetime, str] | None = None
    ) -> Sequence[PracticeResponse]:
        """The newest first; `before` is the time of answering and the id of the last one seen."""
        ...

    async def learner_state(self, user_id: str, subject: str) -> LearnerState | None: ...

    async def learner_states(self, user_id: str) -> Sequence[LearnerState]:
        """By subject."""
        ...

    async def put_learner_state(self, state: LearnerState) -> None:
        """Raises `NotFound` without the user, and `Conflict` when it is not at `version` any more."""
        ...

    async def concept_reviews(self, user_id: str) -> Sequence[ConceptReview]:
        """By when they are due."""
        ...

    async def item_difficulties(self) -> Sequence[ItemDifficulty]:
        """Of the items that were answered, by id."""
        ...
