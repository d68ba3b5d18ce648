"""From the network's outputs to what they say: pure arithmetic over the pieces of one text.

Of a few numbers plain arithmetic is several times faster than arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

import numpy as np

from masterx.encoder.files import ModelFacts
from masterx.records.readings import EMBEDDING_SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What the network gives, one row a piece or, joined, one row in all."""

    embedding: NDArray[np.float32]
    labels: NDArray[np.float32]
    """Log-odds."""
    dimensions: NDArray[np.float32]
    categories: NDArray[np.float32]
    """Logits."""
    states: NDArray[np.float32]
    """Logits."""

    def rows(self, chosen: slice) -> Outputs:
        return Outputs(
            self.embedding[chosen],
            self.labels[chosen],
            self.dimensions[chosen],
            self.categories[chosen],
            self.states[chosen],
        )


def sigmoid(value: NDArray[np.float32]) -> NDArray[np.float32]:
    return (1 / (1 + np.exp(-np.clip(value, -30, 30)))).astype(np.float32)


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, value))))


def softmax(value: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(value - value.max(-1, keepdims=True))
    result: NDArray[np.float32] = powers / powers.sum(-1, keepdims=True)
    return result


def joined(pieces: Outputs, lengths: Sequence[int]) -> Outputs:
    """One row for a text of several pieces, each counting as much as it has tokens.

    A label is as likely as half way between its mean and its highest piece, so that one upset sentence of a long
    message is not lost among the others; the rest are means.
    """
    if len(lengths) == 1:
        return pieces
    weight = (np.array(lengths) / sum(lengths)).astype(np.float32)
    embedding: NDArray[np.float32] = weight @ pieces.embedding
    embedding /= max(float(np.linalg.norm(embedding)), 1e-9)
    probabilities = sigmoid(pieces.labels)
    label = np.clip((weight @ probabilities + probabilities.max(0)) / 2, 1e-6, 1 - 1e-6)
    return Outputs(
        embedding[None],
        np.log(label / (1 - label))[None],
        (weight @ pieces.dimensions)[None],
        np.log(np.maximum(weight @ softmax(pieces.categories), 1e-9))[None],
        np.log(np.maximum(weight @ softmax(pieces.states), 1e-9))[None],
    )


def blank(facts: ModelFacts) -> Outputs:
    """For a text without any token: neutral and general, by a wide margin but not for certain."""
    labels = np.full((1, len(facts.labels)), -6.0, dtype=np.float32)
    labels[0, facts.labels.index(NEUTRAL)] = 3.0
    categories = np.zeros((1, len(facts.categories)), dtype=np.float32)
    categories[0, facts.categories.index("general")] = 2.0
    dimensions = -np.array([facts.dimension_offset], dtype=np.float32) / np.array([facts.dimension_scale])
    return Outputs(
        np.zeros((1, EMBEDDING_SIZE), dtype=np.float32),
        labels,
        dimensions.astype(np.float32),
        categories,
        neutral_states(facts),
    )


def neutral_states(facts: ModelFacts) -> NDArray[np.float32]:
    """Logits of a text that shows no state."""
    states = np.zeros((1, len(facts.states)), dtype=np.float32)
    states[0, facts.states.index(NEUTRAL)] = 4.0
    return states


def without_emotion(outputs: Outputs, facts: ModelFacts) -> Outputs:
    """Meaning and category as read, emotions as in no text at all."""
    none = blank(facts)
    return Outputs(outputs.embedding, none.labels, none.dimensions, outputs.categories, none.states)


def with_opinion(outputs: Outputs, opinion: NDArray[np.float32], facts: ModelFacts) -> Outputs:
    """What the words say mixed in, by their shares; an opinion has the labels and then, maybe, the dimensions."""
    count = len(facts.labels)
    labels = (1 - facts.word_share) * outputs.labels + facts.word_share * opinion[:count]
    dimensions = outputs.dimensions
    if opinion.size > count:
        shares = np.array(facts.dimension_word_shares, dtype=np.float32)
        dimensions = (1 - shares) * dimensions + shares * opinion[count:]
    return Outputs(outputs.embedding, labels, dimensions, outputs.categories, outputs.states)


def chosen_labels(scores: NDArray[np.float32], facts: ModelFacts) -> tuple[str, ...]:
    """Labels at or above their threshold, the furthest above first; the nearest to its own where none is."""
    margins = [score - threshold for score, threshold in zip(scores.tolist(), facts.thresholds, strict=True)]
    order = sorted(range(len(margins)), key=margins.__getitem__, reverse=True)
    chosen = tuple(facts.labels[index] for index in order if margins[index] >= 0)
    return chosen or (facts.labels[order[0]],)


def calibrated(logits: NDArray[np.float32], facts: ModelFacts) -> dict[str, float]:
    """Probability of each label."""
    lines = zip(facts.labels, facts.slopes, facts.offsets, logits.tolist(), strict=True)
    return {label: _logistic(slope * logit + offset) for label, slope, offset, logit in lines}


def dimension_values(outputs: NDArray[np.float32], facts: ModelFacts) -> tuple[float, float, float]:
    """Valence, arousal, dominance, each -1..1."""
    lines = zip(outputs.tolist(), facts.dimension_scale, facts.dimension_offset, strict=True)
    values = (max(-1.0, min(1.0, output * scale + offset)) for output, scale, offset in lines)
    valence, arousal, dominance = (round(value, 6) + 0.0 for value in values)
    return valence, arousal, dominance


def shares(logits: NDArray[np.float32], names: Sequence[str], temperature: float) -> dict[str, float]:
    """Probabilities that add up to 1, by name."""
    values = logits.tolist()
    highest = max(values)
    powers = [exp((value - highest) / temperature) for value in values]
    total = sum(powers)
    return {name: power / total for name, power in zip(names, powers, strict=True)}
