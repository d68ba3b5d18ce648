"""What a message says beyond its words, and what it brings to mind. Never a reason for a turn to fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from masterx.emotion.profile import after_message
from masterx.emotion.state import NEW_PROFILE, mood_of
from masterx.errors import DatabaseError, EncoderUnavailable
from masterx.records.emotions import LearningState, Moment, Mood, TextMood
from masterx.records.messages import EmotionState, Message, MessageRole
from masterx.records.readings import Reading
from masterx.records.recall import Recalled
from masterx.routing.category import topic_after
from masterx.tutor.opening import OpenTurn
from masterx.tutor.perception import NOTHING, Perception

if TYPE_CHECKING:
    from masterx.memory.ranking import Vectors

logger = structlog.get_logger()

READ_SECONDS: Final = 2.0
RECALL_SECONDS: Final = 1.0
"""A turn does not wait longer for what would only make it better. The first reading of a very long history takes more;
it goes on, and the next turn has it."""
RECALLED_MESSAGES: Final = 4


class TextReader(Protocol):
    async def read(self, text: str) -> Reading:
        """Raises `EncoderUnavailable`."""
        ...


class MessageRecall(Protocol):
    async def nearest(
        self, user_id: str, vector: Vectors, *, count: int, without: Collection[str] = (), newest: bool = True
    ) -> tuple[Recalled, ...]: ...


@dataclass(frozen=True, slots=True)
class Perceiver:
    encoder: TextReader
    read_mood: Callable[[Reading, str], TextMood]
    """What one text sounds like by itself."""
    recall: MessageRecall | None = None

    async def perceive(self, opened: OpenTurn) -> Perception:
        """Of an answer that goes on, what its question was read as before still holds."""
        if opened.partial:
            return opened.perceived
        try:
            async with asyncio.timeout(READ_SECONDS):
                reading = await self.encoder.read(opened.question)
        except (EncoderUnavailable, TimeoutError) as error:
            logger.warning("message_not_read", error_type=type(error).__name__, session_id=opened.session.id)
            return NOTHING
        words = len(opened.question.split())
        recalled = await self._recalled(opened, reading)
        mood = self._mood(opened, reading, words) if opened.request.mood_preferences.read else None
        return Perception(
            topic=topic_after(reading.category, reading.category_certainty, words, opened.session.current_topic),
            mood=mood,
            emotion=None if mood is None else emotion_state(mood),
            embedding=tuple(reading.embedding.tolist()) if reading.pieces else None,
            emotional_profile=None if mood is None else after_message(opened.request.emotional_profile, mood),
            recalled=recalled,
        )

    def _mood(self, opened: OpenTurn, reading: Reading, words: int) -> Mood:
        last = opened.history[-1].timestamp if opened.history else None
        return mood_of(
            self.read_mood(reading, opened.question),
            moments_of(opened.history),
            words=words,
            pause_seconds=None if last is None else max(0.0, (opened.asked_at - last).total_seconds()),
            profile=opened.request.emotional_profile or NEW_PROFILE,
        )

    async def _recalled(self, opened: OpenTurn, reading: Reading) -> tuple[Recalled, ...]:
        if self.recall is None or not reading.pieces:
            return ()
        here = {message.id for message in opened.history}
        try:
            async with asyncio.timeout(RECALL_SECONDS):
                # What came since the last turn of a lesson is that turn, which is in the history.
                found = await self.recall.nearest(
                    opened.request.user_id,
                    reading.embedding,
                    count=RECALLED_MESSAGES,
                    without=here,
                    newest=opened.opens_session,
                )
        except (DatabaseError, TimeoutError) as error:
            logger.warning("nothing_recalled", error_type=type(error).__name__, session_id=opened.session.id)
            return ()
        return tuple(one for one in found if not _put_aside(one.message, opened))


def _put_aside(message: Message, opened: OpenTurn) -> bool:
    """Whether this turn takes the place of the message, or of one that it followed; ids grow with time."""
    if opened.replaces is None or message.session_id != opened.session.id:
        return False
    return message.id >= opened.replaces or message.reply_to == opened.replaces


def moments_of(history: Sequence[Message]) -> list[Moment]:
    """Of the learner's messages that were read, oldest first. What they said of themselves counts."""
    moments: list[Moment] = []
    before: Message | None = None
    for message in history:
        state = message.emotion_state
        if message.role is MessageRole.USER and state is not None:
            pause = None if before is None else max(0.0, (message.timestamp - before.timestamp).total_seconds())
            said = state.primary_emotion if state.told or state.said is None else state.said
            moments.append(
                Moment(
                    state=LearningState(said),
                    valence=state.valence,
                    arousal=state.arousal,
                    words=len(message.content.split()),
                    pause_seconds=pause,
                )
            )
        before = message
    return moments


def emotion_state(mood: Mood) -> EmotionState:
    """As it is stored with the message."""
    return EmotionState(
        primary_emotion=mood.state,
        arousal=round(mood.arousal, 4),
        valence=round(mood.valence, 4),
        learning_readiness=mood.readiness,
        said=mood.said,
        certainty=round(mood.certainty, 4),
        engagement=round(mood.engagement, 4),
        intervention=mood.intervention,
        trend=mood.trend,
    )
