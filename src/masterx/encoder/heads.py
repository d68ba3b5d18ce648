"""From the network's outputs to what they say: pure arithmetic over the pieces of one text.

Of a few numbers plain arithmetic is several times faster than arrays, and most of all after the network, when what
either needs has left the processor's caches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import TYPE_CHECKING

import numpy as np

from masterx.encoder.files import ModelFacts
from masterx.records.readings import EMBEDDING_SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEUTRAL = "neutral"
NO_DISTRESS = -10.0
"""Log-odds where no text of a language that is known was read."""


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What the network gives, one row a piece."""

    embedding: NDArray[np.float32]
    labels: NDArray[np.float32]
    """Log-odds."""
    dimensions: NDArray[np.float32]
    categories: NDArray[np.float32]
    """Logits."""
    states: NDArray[np.float32]
    """Logits."""
    distress: NDArray[np.float32]
    """Log-odds, one column."""

    def rows(self, chosen: slice) -> Outputs:
        return Outputs(
            self.embedding[chosen],
            self.labels[chosen],
            self.dimensions[chosen],
            self.categories[chosen],
            self.states[chosen],
            self.distress[chosen],
        )


@dataclass(frozen=True, slots=True, eq=False)
class TextOutputs:
    """The same of one text."""

    embedding: NDArray[np.float32]
    labels: Sequence[float]
    dimensions: Sequence[float]
    categories: Sequence[float]
    states: Sequence[float]
    distress: float


def sigmoid(value: NDArray[np.float32]) -> NDArray[np.float32]:
    return (1 / (1 + np.exp(-np.clip(value, -30, 30)))).astype(np.float32)


def logistic(value: float) -> float:
    return 1 / (1 + exp(-value)) if -30 < value < 30 else float(value > 0)


def softmax(value: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(value - value.max(-1, keepdims=True))
    result: NDArray[np.float32] = powers / powers.sum(-1, keepdims=True)
    return result


def joined(pieces: Outputs, lengths: Sequence[int]) -> TextOutputs:
    """Of a text of several pieces each counts as much as it has tokens.

    A label is as likely as half way between its mean and its highest piece, so that one upset sentence of a long
    message is not lost among the others; distress as its highest piece; the rest are means.
    """
    if len(lengths) == 1:
        return TextOutputs(
            pieces.embedding[0],
            pieces.labels[0].tolist(),
            pieces.dimensions[0].tolist(),
            pieces.categories[0].tolist(),
            pieces.states[0].tolist(),
            float(pieces.distress[0, 0]),
        )
    weight = (np.array(lengths) / sum(lengths)).astype(np.float32)
    embedding: NDArray[np.float32] = weight @ pieces.embedding
    embedding /= max(float(np.linalg.norm(embedding)), 1e-9)
    probabilities = sigmoid(pieces.labels)
    label = np.clip((weight @ probabilities + probabilities.max(0)) / 2, 1e-6, 1 - 1e-6)
    return TextOutputs(
        embedding,
        np.log(label / (1 - label)).tolist(),
        (weight @ pieces.dimensions).tolist(),
        np.log(np.maximum(weight @ softmax(pieces.categories), 1e-9)).tolist(),
        np.log(np.maximum(weight @ softmax(pieces.states), 1e-9)).tolist(),
        float(pieces.distress.max()),
    )


def blank(facts: ModelFacts) -> TextOutputs:
    """For a text without any token: neutral and general, by a wide margin but not for certain."""
    return TextOutputs(
        np.zeros(EMBEDDING_SIZE, dtype=np.float32),
        [3.0 if label == NEUTRAL else -6.0 for label in facts.labels],
        [-offset / scale for offset, scale in zip(facts.dimension_offset, facts.dimension_scale, strict=True)],
        [2.0 if category == "general" else 0.0 for category in facts.categories],
        [4.0 if state == NEUTRAL else 0.0 for state in facts.states],
        NO_DISTRESS,
    )


def without_emotion(outputs: TextOutputs, facts: ModelFacts) -> TextOutputs:
    """Meaning and category as read, emotions as in no text at all."""
    none = blank(facts)
    return replace(outputs, labels=none.labels, dimensions=none.dimensions, states=none.states, distress=none.distress)


def with_opinion(outputs: TextOutputs, opinion: Sequence[float], facts: ModelFacts) -> TextOutputs:
    """What the words say mixed in, by their shares; an opinion has the labels and then, maybe, the dimensions."""
    count, share = len(facts.labels), facts.word_share
    labels = [(1 - share) * value + share * word for value, word in zip(outputs.labels, opinion[:count], strict=True)]
    dimensions = outputs.dimensions
    if len(opinion) > count:
        lines = zip(facts.dimension_word_shares, dimensions, opinion[count:], strict=True)
        dimensions = [(1 - share) * value + share * word for share, value, word in lines]
    return replace(outputs, labels=labels, dimensions=dimensions)


def chosen_labels(scores: Sequence[float], facts: ModelFacts) -> tuple[str, ...]:
    """Labels at or above their threshold, the furthest above first; the nearest to its own where none is."""
    margins = [score - threshold for score, threshold in zip(scores, facts.thresholds, strict=True)]
    order = sorted(range(len(margins)), key=margins.__getitem__, reverse=True)
    chosen = tuple(facts.labels[index] for index in order if margins[index] >= 0)
    return chosen or (facts.labels[order[0]],)


def calibrated(logits: Sequence[float], facts: ModelFacts) -> dict[str, float]:
    """Probability of each label."""
    lines = zip(facts.labels, facts.slopes, facts.offsets, logits, strict=True)
    return {label: logistic(slope * logit + offset) for label, slope, offset, logit in lines}


def dimension_values(outputs: Sequence[float], facts: ModelFacts) -> tuple[float, float, float]:
    """Valence, arousal, dominance, each -1..1."""
    lines = zip(outputs, facts.dimension_scale, facts.dimension_offset, strict=True)
    values = (max(-1.0, min(1.0, output * scale + offset)) for output, scale, offset in lines)
    valence, arousal, dominance = (round(value, 6) + 0.0 for value in values)
    return valence, arousal, dominance


def shares(logits: Sequence[float], names: Sequence[str], temperature: float) -> dict[str, float]:
    """Probabilities that add up to 1, by name."""
    highest = max(logits)
    powers = [exp((value - highest) / temperature) for value in logits]
    total = sum(powers)
    return {name: power / total for name, power in zip(names, powers, strict=True)}
