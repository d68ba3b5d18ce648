"""What a lesson shows of how a learner's message was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from masterx.records.emotions import Intervention, LearningState
from masterx.records.messages import EmotionState
from masterx.records.users import User
from masterx.tutor.strategy import shown_change

CLEAR: Final = 0.5
"""A reading that is less sure than this is not shown."""

WORDS: Final[Mapping[str, str]] = {
    LearningState.CURIOSITY: "curious",
    LearningState.ENGAGEMENT: "keen",
    LearningState.FLOW: "absorbed",
    LearningState.CONFUSION: "puzzled",
    LearningState.FRUSTRATION: "frustrated",
    LearningState.ANXIETY: "worried",
    LearningState.BOREDOM: "bored",
    LearningState.JOY: "pleased",
    LearningState.NEUTRAL: "none of these",
}
"""After "Sounds" and "You said"; the last one only after the second."""

OFFERED: Final = (
    LearningState.CURIOSITY,
    LearningState.JOY,
    LearningState.CONFUSION,
    LearningState.FRUSTRATION,
    LearningState.ANXIETY,
    LearningState.BOREDOM,
    LearningState.NEUTRAL,
)
"""What learners can say in the place of a reading, in the order of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodNote:
    """One message's mood."""

    state: str
    word: str
    told: bool
    """The learner's own word."""
    change: str
    """What it changes in the answer; empty where nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodView:
    """What one learner wants to see."""

    read: bool
    shown: bool
    help_text: str

    @classmethod
    def of(cls, user: User, help_text: str) -> MoodView:
        preferences = user.mood_preferences
        return cls(read=preferences.read, shown=preferences.read and preferences.shown, help_text=help_text)

    def note(self, state: EmotionState | None) -> MoodNote | None:
        """Only what is clear and not neutral, or the learner's own word."""
        if state is None or not self.shown:
            return None
        word = WORDS.get(state.primary_emotion)
        if word is None or not (state.told or _clear(state)):
            return None
        care = state.intervention == Intervention.CARE
        change = "" if state.told or care else shown_change(state.primary_emotion)
        return MoodNote(state=state.primary_emotion, word=word, told=state.told, change=change)

    def help(self, state: EmotionState | None) -> str:
        """The operator's words beside a message that may be a sign of distress; else empty.

        Shown too where moods are not: the answer speaks of it. Not where nothing may be read.
        """
        if state is None or not self.read or state.intervention != Intervention.CARE:
            return ""
        return self.help_text


def _clear(state: EmotionState) -> bool:
    return state.primary_emotion != LearningState.NEUTRAL and (state.certainty or 0.0) >= CLEAR
