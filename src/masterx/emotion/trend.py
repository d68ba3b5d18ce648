"""Where a lesson is heading: smoothed mood, its direction, and how engaged somebody is. Pure.

No single sentence says any of this. Everything is computed over the last `WINDOW` messages, compared with the
learner's own pace and length: a terse learner is not a bored one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from masterx.records.emotions import STRAIN, LearningState, Moment, Trend

WINDOW = 6
"""Messages, this one included."""
HALF_LIFE = 2.0
"""Messages after which a mood counts half."""
MEANINGFUL_SLOPE = 0.08
"""Of valence for each message; less is the noise of reading single sentences."""
LONG_PAUSE_SECONDS = 600.0
"""Longer ones are a life beside the lesson, not a lack of interest."""

_LEANING = {
    LearningState.FLOW: 1.0,
    LearningState.CURIOSITY: 1.0,
    LearningState.ENGAGEMENT: 0.9,
    LearningState.JOY: 0.8,
    LearningState.CONFUSION: 0.55,
    LearningState.NEUTRAL: 0.5,
    LearningState.FRUSTRATION: 0.4,
    LearningState.ANXIETY: 0.35,
    LearningState.BOREDOM: 0.0,
}
"""How much of being at it each state speaks for. Confusion is above neutral: it is where learning happens
(D'Mello and Graesser, Learning and Instruction 22, 2012).
"""


def smoothed(values: Sequence[float]) -> float:
    """The mean of values, oldest first, in which each is worth half of the one `HALF_LIFE` places after it."""
    weights = [math.exp2(-age / HALF_LIFE) for age in range(len(values) - 1, -1, -1)]
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)


def slope(values: Sequence[float]) -> float:
    """By least squares, for each place; 0 for fewer than two values."""
    count = len(values)
    if count < 2:
        return 0.0
    centre, mean = (count - 1) / 2, sum(values) / count
    spread = sum((place - centre) ** 2 for place in range(count))
    return sum((place - centre) * (value - mean) for place, value in enumerate(values)) / spread


def trend_of(moments: Sequence[Moment]) -> Trend:
    """Of the mood over the last messages, oldest first; steady for fewer than three."""
    recent = moments[-WINDOW:]
    if len(recent) < 3:
        return Trend.STEADY
    direction = slope([moment.valence for moment in recent])
    if direction > MEANINGFUL_SLOPE:
        return Trend.RISING
    return Trend.FALLING if direction < -MEANINGFUL_SLOPE else Trend.STEADY


def engagement(moments: Sequence[Moment]) -> float:
    """0 to 1 over the last messages, oldest first; 0.5 without any.

    Three parts: what the states lean to, how the newest messages' length compares with this lesson's usual one, and
    the same for the pause before them (shorter is better). The last two need four messages to say anything.
    """
    recent = moments[-WINDOW:]
    if not recent:
        return 0.5
    leaning = smoothed([_LEANING[moment.state] for moment in recent])
    if len(moments) < 4:
        return leaning
    length = _compared([float(max(1, moment.words)) for moment in moments])
    pauses = [moment.pause_seconds for moment in moments if moment.pause_seconds is not None]
    pace = 1 - _compared([1.0 + min(pause, LONG_PAUSE_SECONDS) for pause in pauses]) if len(pauses) >= 3 else 0.5
    return 0.6 * leaning + 0.25 * length + 0.15 * pace


def strained(moments: Sequence[Moment]) -> int:
    """How many of the newest messages in a row were in strain."""
    run = 0
    for moment in reversed(moments):
        if moment.state not in STRAIN:
            break
        run += 1
    return run


def _compared(values: Sequence[float]) -> float:
    """The newest two against the median of all: 0.5 where they are alike, towards 1 where they are larger."""
    newest = sum(values[-2:]) / len(values[-2:])
    return 1 / (1 + (median(values) / newest))
