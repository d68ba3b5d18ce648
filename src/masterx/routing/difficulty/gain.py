"""Kernel ridge regression of the gain: the mean of a Gaussian process over three views of a prompt.

Meaning (the encoder's embedding), words (TF-IDF) and shape (lengths, numbers, marks) each have a kernel; a prompt's
expected gain is a weighted mean of the gains of those that are like it. The weights and the noise were chosen by
five-fold cross-validation on the even rows of both RouteLLM sets together; docs/routing.md has the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from masterx.routing.difficulty.cost_quality import Floats
from masterx.routing.difficulty.text_features import SHAPES, Matrix, Words, shape, similarity, terms

MEANING, WORDS, SHAPE = 0.7, 2.0, 1.0
"""How much each view counts."""
NOISE: Final = 20.0
"""One answer says little: the variance of a gain about its expectation, in units of the kernels."""
MEANING_WIDTH: Final = 0.5
SHAPE_WIDTH: Final = 2.0 * np.sqrt(SHAPES)
FARTHEST: Final = 4.0
"""Standard deviations; an odd prompt is not odder than this."""
AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class GainModel:
    """Learned by `learn`; predicts what the strong model is expected to gain, -1 to 1 or so."""

    words: Words
    counted: tuple[Counter[str], ...]
    embeddings: Matrix
    centre: Matrix
    shapes: Matrix
    shape_mean: Floats
    shape_deviation: Floats
    mean: float
    weights: Matrix

    def predict(self, prompts: Sequence[str], embeddings: NDArray[np.float32]) -> Floats:
        """One expected gain a prompt; embeddings are rows in the same order."""
        parts = []
        for start in range(0, len(prompts), AT_ONCE):
            counted = [terms(prompt) for prompt in prompts[start : start + AT_ONCE]]
            here = _centred(embeddings[start : start + AT_ONCE], self.centre)
            shapes = _standard(prompts[start : start + AT_ONCE], self.shape_mean, self.shape_deviation)
            kernel = WORDS * similarity(self.words, counted, self.counted)
            kernel += _meaning(here, self.embeddings) + _shape(shapes, self.shapes)
            parts.append(self.mean + _product(kernel, self.weights))
        return np.concatenate(parts).astype(float)


def learn(prompts: Sequence[str], embeddings: NDArray[np.float32], gain: Floats) -> GainModel:
    """From prompts with their embeddings, a row each, and the gain of each, -1, 0 or 1."""
    counted = tuple(terms(prompt) for prompt in prompts)
    words = Words.learn(counted)
    centre = embeddings.mean(axis=0)
    centred = _centred(embeddings, centre)
    raw = np.array([shape(prompt) for prompt in prompts])
    deviation = raw.std(axis=0) + 1e-9
    shapes = np.clip((raw - raw.mean(axis=0)) / deviation, -FARTHEST, FARTHEST).astype(np.float32)
    kernel = WORDS * similarity(words, counted, counted)
    kernel += _meaning(centred, centred)
    kernel += _shape(shapes, shapes)
    kernel[np.diag_indices(len(prompts))] += NOISE
    mean = float(gain.mean())
    weights = np.linalg.solve(kernel, (gain - mean).astype(np.float32))
    return GainModel(words, counted, centred, centre, shapes, raw.mean(axis=0), deviation, mean, weights)


def _centred(embeddings: NDArray[np.float32], centre: Matrix) -> Matrix:
    """What all prompts share says nothing of one of them."""
    apart = embeddings - centre
    unit: Matrix = (apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return unit


def _standard(prompts: Sequence[str], mean: Floats, deviation: Floats) -> Matrix:
    raw = np.array([shape(prompt) for prompt in prompts])
    return np.clip((raw - mean) / deviation, -FARTHEST, FARTHEST).astype(np.float32)


def _meaning(left: Matrix, right: Matrix) -> Matrix:
    kernel: Matrix = (MEANING * np.exp((_product(left, right.T) - 1) / MEANING_WIDTH)).astype(np.float32)
    return kernel


def _shape(left: Matrix, right: Matrix) -> Matrix:
    apart = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2 * _product(left, right.T)
    kernel: Matrix = (SHAPE * np.exp(-np.maximum(apart, 0) / (2 * SHAPE_WIDTH**2))).astype(np.float32)
    return kernel


def _product(left: Matrix, right: Matrix) -> Matrix:
    with np.errstate(all="ignore"):  # some BLAS kernels flag their own padding; all values are finite
        product: Matrix = left @ right
    return product
