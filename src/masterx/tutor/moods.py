"""The learner has the last word on how they were read, and on whether they are."""

from __future__ import annotations

from typing import Protocol

from masterx.clock import Clock
from masterx.emotion.profile import after_correction
from masterx.errors import InvalidInput, NotFound
from masterx.records.emotions import LearningState
from masterx.records.messages import Message
from masterx.records.moods import MoodCorrection
from masterx.records.users import MoodPreferences, User
from masterx.store.account_ports import UserStore
from masterx.store.mood_ports import MoodStore
from masterx.store.ports import MessageStore


class _Store(MoodStore, MessageStore, UserStore, Protocol):
    """What correcting reads and writes."""


class Moods:
    def __init__(self, store: _Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def correct(self, message_id: str, user: User, told: LearningState) -> Message:
        """Put the learner's word in the place of what was read.

        Kept as an example to learn from only where their preferences allow it. Raises `NotFound`, and `InvalidInput`
        for a message without a mood.
        """
        message = await self._message(message_id, user.id)
        state = message.emotion_state
        if state is None:
            raise InvalidInput("No mood was read from that message.")
        read = LearningState(state.said if state.told and state.said is not None else state.primary_emotion)
        return await self._store.correct_mood(
            MoodCorrection(
                message_id=message_id,
                user_id=user.id,
                told=told,
                corrected_at=self._clock.now(),
                may_be_learned_from=user.mood_preferences.share_corrections,
                emotional_profile=after_correction(user.emotional_profile, read, told),
            )
        )

    async def undo(self, message_id: str, user_id: str) -> Message:
        """Back to what was read. What the profile learned from the correction stays, as little as that is."""
        await self._message(message_id, user_id)
        return await self._store.correct_mood(
            MoodCorrection(message_id=message_id, user_id=user_id, told=None, corrected_at=self._clock.now())
        )

    async def prefer(self, user_id: str, preferences: MoodPreferences) -> User:
        """Raises `NotFound`."""
        return await self._store.set_mood_preferences(user_id, preferences)

    async def forget(self, user_id: str) -> None:
        """Everything that was ever read."""
        await self._store.forget_moods(user_id)

    async def _message(self, message_id: str, user_id: str) -> Message:
        message = await self._store.message(message_id, user_id)
        if message is None:
            raise NotFound
        return message
