"""How moods are corrected, forgotten and learned from; part of the contract in `store.ports`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from masterx.records.messages import Message
from masterx.records.moods import LabelledMessage, MoodCorrection
from masterx.records.users import MoodPreferences, User

TRAJECTORY_LENGTH: Final = 500
"""Of a session's emotions, the newest are kept."""


class MoodStore(Protocol):
    async def correct_mood(self, correction: MoodCorrection) -> Message:
        """Put the learner's word in the place of what was read, or take it back, and return the message.

        The lesson's trajectory follows. What was read first is kept beside it. Raises `NotFound`, and `InvalidInput`
        for a message without a mood.
        """
        ...

    async def set_mood_preferences(self, user_id: str, preferences: MoodPreferences) -> User:
        """Raises `NotFound`."""
        ...

    async def forget_moods(self, user_id: str) -> None:
        """Everything that was ever read of this learner's mood: states, trajectories, profile, corrections."""
        ...

    async def labelled_messages(self, *, limit: int, after: str | None = None) -> Sequence[LabelledMessage]:
        """What learners corrected and allowed to learn from, by message id; ``after`` is the last one seen."""
        ...
