"""Macro-F1 at fixed and at cross-fitted thresholds, and correlations."""

from __future__ import annotations

from collections import Counter

import numpy as np
from sklearn.linear_model import LogisticRegression


def label_f1(probabilities: np.ndarray, truth: np.ndarray, thresholds: np.ndarray | float) -> np.ndarray:
    """F1 of each label."""
    chosen = probabilities >= thresholds
    right = (chosen & (truth > 0)).sum(0)
    return 2 * right / np.maximum(chosen.sum(0) + (truth > 0).sum(0), 1)


def calibration(logits: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Platt's slope and offset of each label; of one that no text has, what changes nothing."""
    slopes, offsets = [], []
    for label in range(truth.shape[1]):
        if not 0 < truth[:, label].sum() < len(truth):
            slopes.append(1.0)
            offsets.append(0.0)
            continue
        model = LogisticRegression(C=1.0).fit(logits[:, [label]], truth[:, label])
        slopes.append(model.coef_[0, 0])
        offsets.append(model.intercept_[0])
    return np.array(slopes), np.array(offsets)


def best_thresholds(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The threshold of each label where the F1 to expect of its calibrated probabilities is highest.

    Two numbers are fitted a label, so that one with a dozen texts does not get a threshold of chance.
    """
    sure = np.clip(probabilities.astype(np.float64), 1e-6, 1 - 1e-6)
    logits = np.log(sure / (1 - sure))
    slopes, offsets = calibration(logits, truth)
    thresholds = []
    for label in range(truth.shape[1]):
        likely = np.sort(1 / (1 + np.exp(-(slopes[label] * logits[:, label] + offsets[label]))))[::-1]
        expected = 2 * np.cumsum(likely) / (np.arange(1, len(likely) + 1) + likely.sum())
        best = likely[expected.argmax()]
        thresholds.append((np.log(best / (1 - best)) - offsets[label]) / slopes[label])
    return 1 / (1 + np.exp(-np.array(thresholds)))


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


def judged(chosen: list[str], truth: list[str], names: tuple[str, ...]) -> dict[str, object]:
    """Accuracy, recall by class and the most frequent mistakes."""
    pairs, counts = Counter(zip(truth, chosen, strict=True)), Counter(truth)
    return {
        "texts": len(truth),
        "accuracy": round(sum(pairs[name, name] for name in names) / len(truth), 4),
        "recall": {name: round(pairs[name, name] / counts[name], 3) for name in names if counts[name]},
        "mistakes": {f"{is_} as {as_}": n for (is_, as_), n in pairs.most_common() if is_ != as_ and n > 1},
    }


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
