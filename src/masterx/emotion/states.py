"""From one text's reading to the learning state that it shows: a table and a weighted mean.

Flow is never read from one text, and boredom only from the encoder's own state head; what holds over a lesson comes
from trend and behaviour.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from masterx.emotion.distress import shows_distress
from masterx.records.emotions import LearningState, TextMood
from masterx.records.readings import STATES, Reading

NEUTRAL = "neutral"
HEAD_SHARE = 0.9
"""How much the state head counts, which has read messages such as learners write; the rest are GoEmotions' labels."""

LABEL_STATES: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "curiosity": ("curiosity", 1.0),
        "realization": ("engagement", 0.6),
        "approval": ("engagement", 0.4),
        "optimism": ("engagement", 0.5),
        "confusion": ("confusion", 1.0),
        "annoyance": ("frustration", 1.0),
        "anger": ("frustration", 1.0),
        "disappointment": ("frustration", 0.8),
        "disgust": ("frustration", 0.6),
        "disapproval": ("frustration", 0.4),
        "nervousness": ("anxiety", 1.0),
        "fear": ("anxiety", 1.0),
        "embarrassment": ("anxiety", 0.7),
        "remorse": ("anxiety", 0.5),
        "sadness": ("anxiety", 0.5),
        "grief": ("anxiety", 0.5),
        "joy": ("joy", 1.0),
        "excitement": ("joy", 1.0),
        "gratitude": ("joy", 0.7),
        "pride": ("joy", 1.0),
        "relief": ("joy", 0.9),
        "amusement": ("joy", 0.8),
        "love": ("joy", 0.7),
        "admiration": ("joy", 0.6),
        "surprise": ("curiosity", 0.4),
        "neutral": (NEUTRAL, 1.0),
    }
)
"""The state that a label speaks for, and how much. `caring` and `desire` speak for none."""


def mood_of(reading: Reading, text: str) -> TextMood:
    """The state with the largest share, of equal ones the first in STATES."""
    shares = state_shares(reading)
    state = max(STATES, key=shares.__getitem__)
    return TextMood(
        state=LearningState(state),
        certainty=shares[state],
        valence=reading.valence,
        arousal=reading.arousal,
        distress=shows_distress(text, reading.distress),
    )


def state_shares(reading: Reading) -> dict[str, float]:
    """How much the text shows each of STATES; they add up to 1."""
    labels = label_shares(reading.probabilities)
    share = HEAD_SHARE if reading.states else 0.0
    shares = {state: share * reading.states.get(state, 0.0) + (1 - share) * labels[state] for state in STATES}
    total = sum(shares.values())
    return {state: value / total for state, value in shares.items()}


def label_shares(probabilities: Mapping[str, float]) -> dict[str, float]:
    """What the labels alone say, adding up to 1; what no label speaks for is neutral."""
    evidence = dict.fromkeys(STATES, 0.0)
    for label, (state, weight) in LABEL_STATES.items():
        # Labels of one state are seldom independent: the strongest counts, the others add a little.
        probability = weight * probabilities.get(label, 0.0)
        evidence[state] = max(evidence[state], probability) + 0.2 * min(evidence[state], probability)
    total = sum(evidence.values())
    if total < 1:
        evidence[NEUTRAL] += 1 - total
        return evidence
    return {state: value / total for state, value in evidence.items()}
