"""How well an order of questions buys quality with calls to the strong model.

As defined by Ong et al., "RouteLLM: Learning to Route LLMs with Preference Data" (arXiv 2406.18665, section 2.2): the
performance gap recovered (PGR) when the share c of questions with the highest scores goes to the strong model; APGR
is its mean over all c, CPT(x) the smallest c that recovers x. A random router has APGR 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CostQuality:
    cpt50: float
    """Share of calls to the strong model that recovers half of the gap, 0 to 1."""
    cpt80: float
    apgr: float


def recovered(scores: Floats, gain: Floats) -> Floats:
    """PGR after 0, 1, 2, … questions went to the strong model, highest score first.

    Of equal scores any order may come: each counts as their mean. Raises `ValueError` where the models are as good as
    each other, for there is no gap to recover.
    """
    total = float(gain.sum())
    if total == 0:
        raise ValueError("both models are right equally often")
    _, ranks = np.unique(-scores, return_inverse=True)
    means = np.bincount(ranks, gain) / np.bincount(ranks)
    return np.concatenate([[0.0], np.cumsum(means[np.sort(ranks)])]) / total


def cost_quality(scores: Floats, gain: Floats) -> CostQuality:
    """Of one score for each question; the gain is as in `Outcomes`."""
    curve = recovered(scores, gain)
    questions = len(curve) - 1
    return CostQuality(
        cpt50=float(np.argmax(curve >= 0.5 - 1e-12)) / questions,
        cpt80=float(np.argmax(curve >= 0.8 - 1e-12)) / questions,
        apgr=float(np.trapezoid(curve) / questions),
    )


def paired_interval(
    one: Floats, other: Floats, gain: Floats, *, draws: int = 1_000, seed: int = 1
) -> tuple[float, float]:
    """The 95 % interval of how much APGR the first scores have over the second, by resampling questions."""
    generator = np.random.default_rng(seed)
    differences = []
    for _ in range(draws):
        rows = generator.integers(0, len(gain), len(gain))
        if gain[rows].sum() > 0:
            apart = cost_quality(one[rows], gain[rows]).apgr - cost_quality(other[rows], gain[rows]).apgr
            differences.append(apart)
    low, high = np.quantile(differences, [0.025, 0.975])
    return float(low), float(high)
