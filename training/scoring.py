"""Macro-F1 at fixed and at cross-fitted thresholds, and correlations."""

from __future__ import annotations

import numpy as np

GRID = np.linspace(0.05, 0.95, 91)


def label_f1(probabilities: np.ndarray, truth: np.ndarray, thresholds: np.ndarray | float) -> np.ndarray:
    """F1 of each label."""
    chosen = probabilities >= thresholds
    right = (chosen & (truth > 0)).sum(0)
    return 2 * right / np.maximum(chosen.sum(0) + (truth > 0).sum(0), 1)


def best_thresholds(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The threshold of each label with the highest F1 on these rows, smoothed over its neighbours on the grid."""
    scores = np.stack([label_f1(probabilities, truth, threshold) for threshold in GRID])
    padded = np.pad(scores, ((3, 3), (0, 0)), mode="edge")
    smooth = np.mean([padded[shift : shift + len(GRID)] for shift in range(7)], axis=0)
    return GRID[smooth.argmax(0)]


def cross_fitted(probabilities: np.ndarray, truth: np.ndarray, splits: int = 10) -> np.ndarray:
    """Mean F1 of each label: thresholds from one random half, scored on the other, over `splits` splits both ways."""
    generator = np.random.default_rng(0)
    scores = []
    for _ in range(splits):
        order = generator.permutation(len(truth))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        for fit, rest in (halves, halves[::-1]):
            thresholds = best_thresholds(probabilities[fit], truth[fit])
            scores.append(label_f1(probabilities[rest], truth[rest], thresholds))
    return np.mean(scores, axis=0)


def correlations(predicted: np.ndarray, truth: np.ndarray) -> list[float]:
    """Pearson r of each column."""
    return [float(np.corrcoef(predicted[:, i], truth[:, i])[0, 1]) for i in range(truth.shape[1])]


def similarity_rank_correlation(ours: np.ndarray, original: np.ndarray, pairs: int = 20000) -> float:
    """Spearman's rho between the cosines of random pairs under two embeddings."""
    generator = np.random.default_rng(0)
    left, right = generator.integers(0, len(ours), (2, pairs))
    distinct = left != right
    left, right = left[distinct], right[distinct]
    ranks = [np.argsort(np.argsort((rows[left] * rows[right]).sum(1))) for rows in (ours, original)]
    return float(np.corrcoef(*ranks)[0, 1])
