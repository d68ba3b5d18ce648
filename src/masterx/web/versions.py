"""Older versions of a learner's message: what retries and edits put aside, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from masterx.records.messages import Completeness, Message, MessageRole
from masterx.store.ports import MessageStore

MAX_VERSIONS = 50
"""That a page counts and shows; whoever retries more often sees the newest of them."""
MESSAGES_SHOWN = 20
"""Of one version: its beginning tells which one it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    messages: Sequence[Message]
    """The question first."""
    more: bool
    """Whether it went on after these."""


async def earlier_versions(
    store: MessageStore, question: Message, answer: Message | None, *, shown: int = MESSAGES_SHOWN
) -> list[Version]:
    """What stood in the place of a question with this answer; a part of an answer that went on is no version."""
    found: list[Version] = []
    while question.replaces is not None and len(found) < MAX_VERSIONS:
        aside = await store.versions(question.id, question.user_id, limit=max(shown, 2) + 1)
        before = next((message for message in aside if message.role is MessageRole.USER), None)
        if before is None:
            break
        before_answer = next((message for message in aside if message.reply_to == before.id), None)
        if not _went_on(before, before_answer, question, answer):
            found.append(Version(messages=aside[:shown], more=len(aside) > shown))
        question, answer = before, before_answer
    return found[::-1]


async def version_counts(store: MessageStore, messages: Sequence[Message]) -> dict[str, int]:
    """How many versions there are, with the present one, by the question; those with one are left out."""
    answers = {message.reply_to: message for message in messages if message.reply_to is not None}
    counts = {}
    for message in messages:
        if message.role is MessageRole.USER and message.replaces is not None:
            earlier = await earlier_versions(store, message, answers.get(message.id), shown=2)
            if earlier:
                counts[message.id] = len(earlier) + 1
    return counts


def _went_on(before: Message, partial: Message | None, question: Message, answer: Message | None) -> bool:
    """Whether the later exchange is the earlier one with the rest of its answer."""
    return (
        partial is not None
        and answer is not None
        and partial.completeness is not Completeness.COMPLETE
        and before.content == question.content
        and answer.content.startswith(partial.content)
    )
