"""Whether a question of the bank goes below an answer: rules that can be read, and nothing else.

A learner who switched it off is never asked. Nobody is asked while they sound worried, or where more than a small step
back is called for; who sounds frustrated or confused gets an easier one, as in practice. In one lesson there are at
least `PACE` messages between two questions, `PATIENCE` where the last one was left unanswered.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from masterx.records.emotions import Intervention, LearningReadiness, LearningState, Mood
from masterx.records.messages import Message, MessageRole

PACE: Final = 3
"""The learner's messages from one question to the next."""
PATIENCE: Final = 6
NOT_FOR: Final = frozenset({"empathy", "language"})
"""Task categories in which nothing of the bank is asked for."""
LEAST_CHANCE: Final = 0.4
"""Of a right answer. What is harder than that is no practice yet."""


def may_offer(
    history: Sequence[Message],
    answered: Collection[str],
    mood: Mood | None,
    topic: str | None,
    *,
    wanted: bool,
) -> bool:
    """`history` is oldest first, without the message at hand; `answered` are ids of questions that were answered."""
    if not wanted or topic in NOT_FOR:
        return False
    if mood is not None and _needs_quiet(mood):
        return False
    since = 1
    for message in reversed(history):
        if message.item is not None:
            return since >= (PACE if message.id in answered else PATIENCE)
        since += message.role is MessageRole.USER
    return True


def _needs_quiet(mood: Mood) -> bool:
    if mood.intervention in {Intervention.CARE, Intervention.STRONG} or mood.state is LearningState.ANXIETY:
        return True
    return mood.readiness is LearningReadiness.LOW
