"""From what one message sounds like to how its learner is doing: with the lesson, and with who they are. Pure.

| what is seen | becomes |
|---|---|
| signs of distress | intervention `care`, whatever else is read |
| frustration, as sure as this learner's threshold asks | frustration |
| confusion for the third time in a row, mood falling | frustration: confusion that is not resolved turns into it |
| confusion, anxiety, joy or curiosity, clearly | the same |
| four messages or more, engaged throughout, none in strain, not unpleasant | flow |
| twice in a row said to be boring, or engagement far below this learner's own, falling, and no strain | boredom |
| engaged over two messages or more | engagement |
| anything else | neutral |

The turn from confusion to frustration to boredom follows D'Mello and Graesser, "Dynamics of affective states during
complex learning", Learning and Instruction 22 (2012), 145-157.
"""

from __future__ import annotations

from collections.abc import Sequence

from masterx.emotion.trend import WINDOW, engagement, slope, smoothed, strained, trend_of
from masterx.records.emotions import (
    STRAIN,
    Intervention,
    LearningReadiness,
    LearningState,
    Moment,
    Mood,
    TextMood,
    Trend,
)
from masterx.records.users import EmotionalProfile

NEW_PROFILE = EmotionalProfile(baseline_engagement=0.5, frustration_threshold=0.5, celebration_responsiveness=0.5)
CLEAR = 0.5
"""How sure a reading has to be before anything is made of it."""
FLOW_MESSAGES = 4
FLOW_ENGAGEMENT = 0.62
ENGAGED = 0.6
BORED_BELOW_BASELINE = 0.2
BEST_AROUSAL = 0.15
"""Of -1 to 1. Both drowsy and agitated learn less: Yerkes and Dodson's inverted U."""


def mood_of(
    text: TextMood,
    past: Sequence[Moment],
    *,
    words: int,
    pause_seconds: float | None = None,
    profile: EmotionalProfile = NEW_PROFILE,
) -> Mood:
    """How the learner is doing at this message; ``past`` are the lesson's earlier ones, oldest first."""
    said = _as_said(text, past, profile)
    here = Moment(state=said, valence=text.valence, arousal=text.arousal, words=words, pause_seconds=pause_seconds)
    moments = (*past, here)
    engaged = engagement(moments)
    state = _over_time(said, text, moments, engaged, profile)
    trend = trend_of(moments)
    return Mood(
        state=state,
        said=said,
        certainty=text.certainty if state is text.state else min(1.0, 0.5 + abs(engaged - 0.5)),
        valence=text.valence,
        arousal=text.arousal,
        engagement=engaged,
        readiness=_readiness(state, moments, trend),
        intervention=_intervention(state, text, moments, trend),
        trend=trend,
    )


def _as_said(text: TextMood, past: Sequence[Moment], profile: EmotionalProfile) -> LearningState:
    """What stands without looking at behaviour; neutral for all that only time can tell."""
    match text.state:
        case LearningState.FRUSTRATION:
            return text.state if text.certainty >= profile.frustration_threshold else LearningState.NEUTRAL
        case LearningState.CONFUSION if text.certainty >= CLEAR:
            twice = [moment.state for moment in past[-2:]] == [LearningState.CONFUSION] * 2
            falling = slope([*(moment.valence for moment in past[-2:]), text.valence]) < 0
            return LearningState.FRUSTRATION if twice and falling else text.state
        case LearningState.ANXIETY | LearningState.JOY | LearningState.CURIOSITY | LearningState.BOREDOM:
            return text.state if text.certainty >= CLEAR else LearningState.NEUTRAL
        case _:
            return LearningState.NEUTRAL


def _over_time(
    said: LearningState, text: TextMood, moments: Sequence[Moment], engaged: float, profile: EmotionalProfile
) -> LearningState:
    bored_before = len(moments) > 1 and moments[-2].state is LearningState.BOREDOM
    if said is LearningState.BOREDOM:
        return said if bored_before else LearningState.NEUTRAL
    if text.distress or said in STRAIN:
        return said
    recent = moments[-FLOW_MESSAGES:]
    calm = not any(moment.state in STRAIN for moment in recent)
    pleasant = smoothed([moment.valence for moment in moments[-WINDOW:]]) >= 0
    if len(moments) >= FLOW_MESSAGES and calm and pleasant and engaged >= FLOW_ENGAGEMENT:
        return LearningState.FLOW
    if said is not LearningState.NEUTRAL:
        return said
    if calm and len(moments) >= FLOW_MESSAGES and _has_lost_interest(moments, engaged, profile):
        return LearningState.BOREDOM
    return LearningState.ENGAGEMENT if len(moments) >= 2 and engaged >= ENGAGED else LearningState.NEUTRAL


def _has_lost_interest(moments: Sequence[Moment], engaged: float, profile: EmotionalProfile) -> bool:
    below = profile.baseline_engagement - BORED_BELOW_BASELINE
    falling = slope([moment.arousal for moment in moments[-WINDOW:]]) <= 0
    return falling and engaged < below and engagement(moments[:-1]) < below + BORED_BELOW_BASELINE / 2


def _readiness(state: LearningState, moments: Sequence[Moment], trend: Trend) -> LearningReadiness:
    """How much of a new step fits now, from the mood of the last messages, its direction and the state."""
    recent = moments[-WINDOW:]
    valence = smoothed([moment.valence for moment in recent])
    arousal = smoothed([moment.arousal for moment in recent])
    score = 0.5 + 0.25 * valence - 0.25 * abs(arousal - BEST_AROUSAL)
    score += {Trend.RISING: 0.05, Trend.FALLING: -0.1, Trend.STEADY: 0.0}[trend]
    if state in {LearningState.FLOW, LearningState.CURIOSITY, LearningState.ENGAGEMENT, LearningState.JOY}:
        score += 0.2
    elif state in {LearningState.FRUSTRATION, LearningState.ANXIETY, LearningState.BOREDOM}:
        score -= 0.2
    if score >= 0.6:
        return LearningReadiness.HIGH
    return LearningReadiness.MODERATE if score >= 0.35 else LearningReadiness.LOW


def _intervention(state: LearningState, text: TextMood, moments: Sequence[Moment], trend: Trend) -> Intervention:
    if text.distress:
        return Intervention.CARE
    run = strained(moments)
    if state in {LearningState.FRUSTRATION, LearningState.ANXIETY} and (
        run >= 3 or (run >= 2 and trend is Trend.FALLING)
    ):
        return Intervention.STRONG
    if state in STRAIN or state is LearningState.BOREDOM:
        return Intervention.LIGHT
    return Intervention.NONE
