"""Weights of the prediction from features and answers: ridge regression on the logistic scale, in three layers.

First the weights that all share, then what differs by skill, then by item: each layer starts from the one before and is
pulled towards it, so that a skill or an item with few responses stays where all are.
"""

from __future__ import annotations

import numpy as np

from masterx.learner.irt import Floats, logistics
from masterx.learner.prediction import ITEM_FEATURES, SKILL_FEATURES, Weights
from masterx.learner.response_log import Integers, ResponseLog

SHARED_PENALTY = 2.0
BIAS_PENALTY = 5.0
"""Precision of the prior on a skill's or an item's own bias,"""
OWN_PENALTY = 30.0
"""and on its other own weights."""
_ROUNDS = 8


def fitted_weights(log: ResponseLog, features: Floats) -> Weights:
    """`features` has a row for each row of the log, in the order of `history.FEATURES`."""
    correct = log.correct.astype(np.float64)
    shared = fitted_shared(features, correct)
    logits = features @ shared
    by_skill = _own(log.skills, len(log.skill_names), features[:, SKILL_FEATURES], correct, logits)
    logits += np.einsum("nf,nf->n", features[:, SKILL_FEATURES], by_skill[log.skills])
    by_item = _own(log.items, len(log.item_names), features[:, ITEM_FEATURES], correct, logits)
    return Weights(
        shared,
        dict(zip(log.skill_names, by_skill, strict=True)),
        dict(zip(log.item_names, by_item, strict=True)),
    )


def fitted_shared(features: Floats, correct: Floats) -> Floats:
    """The logit of ability counts once until the responses say otherwise."""
    prior = np.zeros(features.shape[1])
    prior[1] = 1.0
    weights = prior.copy()
    for _ in range(_ROUNDS):
        chance = logistics(features @ weights)
        gradient = features.T @ (correct - chance) - SHARED_PENALTY * (weights - prior)
        curvature = (features * (chance * (1 - chance))[:, None]).T @ features
        curvature += SHARED_PENALTY * np.eye(len(weights))
        weights = weights + np.clip(np.linalg.solve(curvature, gradient), -2.0, 2.0)
    return weights


def _own(groups: Integers, count: int, features: Floats, correct: Floats, logits: Floats) -> Floats:
    """What each group adds, by a few steps of Newton's method for all groups at once."""
    width = features.shape[1]
    penalty = np.full(width, OWN_PENALTY)
    penalty[0] = BIAS_PENALTY
    own = np.zeros((count, width))
    for _ in range(_ROUNDS // 2):
        chance = logistics(logits + np.einsum("nf,nf->n", features, own[groups]))
        gradient = _summed(groups, count, features * (correct - chance)[:, None]) - penalty * own
        weighted = features * (chance * (1 - chance))[:, None]
        products = (weighted[:, :, None] * features[:, None, :]).reshape(len(features), -1)
        curvature = _summed(groups, count, products).reshape(count, width, width) + np.diag(penalty)
        own = own + np.clip(np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0], -1.0, 1.0)
    return own


def _summed(groups: Integers, count: int, rows: Floats) -> Floats:
    columns = [np.bincount(groups, weights=column, minlength=count) for column in rows.T]
    return np.stack(columns, axis=1)
