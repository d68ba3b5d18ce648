"""What one pass of the text encoder gives of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EMBEDDING_SIZE = 384
CATEGORIES = ("coding", "math", "research", "language", "empathy", "general")
STATES = ("curiosity", "engagement", "confusion", "frustration", "anxiety", "boredom", "joy", "neutral")
"""Learning states that a single text may show; flow is never read from one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """Compared by identity, as it holds an array."""

    embedding: NDArray[np.float32]
    """384 numbers of unit length; the dot product of two is their similarity in meaning. Zeros for a text without
    any token."""
    probabilities: Mapping[str, float]
    """Of each of GoEmotions' 28 labels, calibrated: of texts read with 0.3, about three in ten carry the label."""
    labels: tuple[str, ...]
    """Those that the shipped thresholds choose, the most probable first; never empty."""
    valence: float
    """-1 (unpleasant) to 1 (pleasant)."""
    arousal: float
    """-1 (calm) to 1 (excited)."""
    dominance: float
    """-1 (overpowered) to 1 (in control)."""
    category: str
    """One of CATEGORIES."""
    category_certainty: float
    """Probability of the category, 0 to 1."""
    categories: Mapping[str, float]
    """Probability of each category; they add up to 1."""
    states: Mapping[str, float] = field(default_factory=dict)
    """Probability of each of STATES, as the encoder's own head reads this text alone; they add up to 1."""
    distress: float = 0.0
    """0 to 1: how likely the text says that its writer, or somebody close, may come to harm by their own hand."""
    language_confidence: float
    """0 to 1: how sure it is that the text is English, the only language that the encoder knows. Below
    LANGUAGE_DOUBT emotions are not read: labels, valence and states are neutral, distress none."""
    covered: float
    """Share of the text that was read, 1 but for very long ones, whose middle is left out."""
    pieces: int
    """How many windows the text was read in; 0 for one without any token."""
    version: str
    """Of the model's files."""
    ms: float
    """Wall time of the pass that read it, in milliseconds, alone or with others."""

    @property
    def is_foreign(self) -> bool:
        """Emotions were left neutral because the text does not look like English."""
        return self.language_confidence < LANGUAGE_DOUBT


LANGUAGE_DOUBT = 0.4
