"""How hard a message is, from its embedding and its shape: the shipped model, small enough for every turn.

Linear in what the encoder's pass gives anyway, in the message's words and in `text_features.shape`.
`training/train_difficulty.py` made it, and its held-out figures stand in `model/figures.json`. `gain` has the larger
model that `masterx routing evaluate` trains.
"""

from __future__ import annotations

import functools
import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from masterx.errors import ConfigurationError
from masterx.routing.difficulty.text_features import SHAPES, product, shape, words_in

WEIGHTS, FIGURES, CHECKSUMS = "predictor.json", "figures.json", "SHA256SUMS"
LONGEST_SHAPE: Final = 2_000
"""Characters whose words and shape are looked at; the embedding has the rest."""
FARTHEST: Final = 3.0
"""Standard deviations: a message of two words is not odder than this."""

Numbers = tuple[float, ...]
Shapes = Annotated[Numbers, Field(min_length=SHAPES, max_length=SHAPES)]


class PredictorFile(BaseModel):
    """predictor.json."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder_version: str
    """Of the encoder whose embeddings it was fitted on; those of another one mean nothing to it."""
    meaning: Numbers
    """A weight for each number of the embedding."""
    words: dict[str, tuple[float, float]] = {}
    """Of each known word its rarity, and a weight for its part in `text_features.weighed`."""
    shape: Shapes
    shape_mean: Shapes
    shape_deviation: Shapes
    quantiles: Annotated[Numbers, Field(min_length=3)]
    """What it predicted for questions it was not fitted on, in ascending order and even steps."""
    spread: Annotated[float, Field(ge=0, le=1)]
    """How far difficulty moves the gain of a better model, in parts of the mean; see `spread_of`."""


@dataclass(frozen=True, slots=True, eq=False)
class DifficultyPredictor:
    encoder_version: str
    spread: float
    _meaning: NDArray[np.float32]
    _words: Mapping[str, tuple[float, float]]
    _shape: tuple[tuple[float, float, float], ...]
    """Mean, deviation and weight of each."""
    _quantiles: Numbers

    @classmethod
    def of(cls, file: PredictorFile) -> DifficultyPredictor:
        return cls(
            file.encoder_version,
            file.spread,
            np.array(file.meaning, dtype=np.float32),
            file.words,
            tuple(zip(file.shape_mean, file.shape_deviation, file.shape, strict=True)),
            file.quantiles,
        )

    def difficulty(self, text: str, embedding: Sequence[float] | NDArray[np.float32]) -> float:
        """The share of questions that gain less from a strong model, 0 to 1."""
        text = text[:LONGEST_SHAPE]
        gain = float(np.asarray(embedding, dtype=np.float32) @ self._meaning) + product(words_in(text), self._words)
        for value, (mean, deviation, weight) in zip(shape(text), self._shape, strict=True):
            gain += min(FARTHEST, max(-FARTHEST, (value - mean) / deviation)) * weight
        return bisect_left(self._quantiles, gain) / len(self._quantiles)


def spread_of(apgr: float) -> float:
    """How far difficulty moves a gain, from how well it orders questions.

    Where the gain at difficulty d is 1 + s (2d - 1) times the mean, giving the share c of the hardest to the strong
    model recovers c + s (c - c²) of the gap, whose mean over c (APGR) is 1/2 + s/6.
    """
    return min(1.0, max(0.0, 6 * (apgr - 0.5)))


@functools.cache
def shipped_predictor() -> DifficultyPredictor:
    return load_predictor(resources.files("masterx.routing.difficulty").joinpath("model"))


def load_predictor(folder: Traversable) -> DifficultyPredictor:
    """Raises `ConfigurationError` where the file is missing or is not the one that was made."""
    try:
        content = folder.joinpath(WEIGHTS).read_bytes()
        sums = dict(line.split()[::-1] for line in folder.joinpath(CHECKSUMS).read_text().splitlines())
        if sums.get(WEIGHTS) != hashlib.sha256(content).hexdigest():
            raise ConfigurationError("The difficulty predictor is damaged.", details={"file": WEIGHTS})
        return DifficultyPredictor.of(PredictorFile.model_validate_json(content))
    except (OSError, ValueError, ValidationError) as error:
        raise ConfigurationError("The difficulty predictor cannot be read.", details={"file": WEIGHTS}) from error
