"""Questions that stand in lessons: as they were asked, and what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from masterx.errors import NotFound
from masterx.practice.bank_files import Bank
from masterx.practice.drawing import draw
from masterx.practice.served_bank import ServedBank
from masterx.records.messages import Message
from masterx.records.practice import OpenQuestion, PracticeMode, PracticeResponse
from masterx.tutor.practice_views import Question, question_view, reference_of


class Store(Protocol):
    async def message(self, message_id: str, user_id: str) -> Message | None: ...

    async def open_questions(self, user_id: str) -> Sequence[OpenQuestion]: ...

    async def response(self, question_id: str, user_id: str) -> PracticeResponse | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonQuestion:
    question: Question
    response: PracticeResponse | None = None
    """None while it is open."""
    solution: str | None = None
    """Once it is answered."""
    reference: str | None = None

    @property
    def gave_up(self) -> bool:
        """The solution was asked for instead of an answer."""
        return self.response is not None and self.response.answer == "" and self.response.verdict == "reject"


class LessonQuestions:
    def __init__(self, store: Store, items: ServedBank) -> None:
        self._store = store
        self._items = items

    async def question(self, user_id: str, message_id: str) -> LessonQuestion:
        """The one below an answer. Raises `NotFound`."""
        message = await self._store.message(message_id, user_id)
        if message is None:
            raise NotFound
        found = await self.of(user_id, [message])
        if message.id not in found:
            raise NotFound
        return found[message.id]

    async def of(self, user_id: str, messages: Sequence[Message]) -> dict[str, LessonQuestion]:
        """By the id of the answer; without those whose item is in no bank any more."""
        bank = await self._items.bank()
        asked = [message for message in messages if message.item is not None and message.item.item_id in bank.items]
        if not asked:
            return {}
        waiting = {each.id: each for each in await self._store.open_questions(user_id)}
        responses = await asyncio.gather(*(self._store.response(message.id, user_id) for message in asked))
        return {
            message.id: _view(bank, waiting.get(message.id) or question_of(message), message, response)
            for message, response in zip(asked, responses, strict=True)
        }


def question_of(answer: Message) -> OpenQuestion:
    """As it is before anybody did something with it. Its id is that of the answer. Raises `NotFound` without one."""
    item = answer.item
    if item is None:
        raise NotFound
    return OpenQuestion(
        id=answer.id,
        user_id=answer.user_id,
        session_id=answer.session_id,
        subject=item.subject,
        skill=item.skill,
        item_id=item.item_id,
        seed=item.seed,
        mode=PracticeMode.PRACTICE,
        asked_at=answer.timestamp,
    )


def _view(bank: Bank, asked: OpenQuestion, answer: Message, response: PracticeResponse | None) -> LessonQuestion:
    item = draw(bank.items[asked.item_id], asked.seed)
    chance = None if answer.item is None else answer.item.chance
    if response is None:
        return LessonQuestion(question=question_view(bank, asked, item, chance=chance))
    hinted = replace(asked, hints_taken=response.hints_taken)
    return LessonQuestion(
        question=question_view(bank, hinted, item, chance=chance),
        response=response,
        solution=item.solution,
        reference=reference_of(item),
    )
