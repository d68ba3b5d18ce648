"""What a step of training makes smaller: distances from labels, V/A/D, category, teacher and the original embedding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from training.network import DEVICE, Network
from training.rows import Rows, tensor_of

DIMENSION_SCALE = (0.17, 0.13, 0.11)
LABEL_WEIGHT, DIMENSION_WEIGHT, CATEGORY_WEIGHT = 2.8, 1.0, 0.25
# How much a text counts that only the teacher has labels or V/A/D for.
TAUGHT_LABELS, TAUGHT_DIMENSIONS = 0.3, 0.15


@dataclass(frozen=True, slots=True)
class Aims:
    """What the loss compares with, besides the rows."""

    positive_weights: Tensor
    word_share: float
    """Of the log-odds that are compared, the share that the linear model over words has."""
    taught: float
    """Of the targets, the teacher's share."""


def positive_weights(labels: np.ndarray) -> Tensor:
    """F1 wants a label named when it is about 0.28 likely: a positive counts 2.5 times, a rare label's up to 4."""
    return tensor_of((2.5 * (600 / np.maximum(labels.sum(0), 1)) ** 0.2).clip(2.0, 4.0).astype(np.float32))


def hold(embedding: Tensor, original: Tensor) -> Tensor:
    """How far the embedding has left the original: 1 - cosine, and 4 x the squared error of the pair similarities."""
    apart = 1 - (embedding * original).sum(-1).mean()
    return apart + 4 * F.mse_loss(embedding @ embedding.T, original @ original.T)


def label_loss(logits: Tensor, rows: Rows, chosen: np.ndarray, aims: Aims) -> Tensor:
    """Cross-entropy with the labels given, positives weighted, and with the teacher's, whose are so already."""
    words = tensor_of(rows.words[chosen])
    logits = (1 - aims.word_share) * logits.float() + aims.word_share * words
    has = tensor_of(rows.has_labels[chosen])
    loss = torch.zeros((), device=DEVICE)
    if has.any():
        given = tensor_of(rows.labels[chosen])[has]
        loss = (1 - aims.taught) * F.binary_cross_entropy_with_logits(
            logits[has], given, pos_weight=aims.positive_weights
        )
    if aims.taught:
        teacher = tensor_of(rows.taught_labels[chosen])
        target = ((1 - aims.word_share) * teacher + aims.word_share * words).sigmoid()
        each = F.binary_cross_entropy_with_logits(logits, target, reduction="none").mean(1)
        loss = loss + aims.taught * (each * torch.where(has, 1.0, TAUGHT_LABELS)).mean()
    return LABEL_WEIGHT * loss


def dimension_loss(outputs: Tensor, rows: Rows, chosen: np.ndarray, aims: Aims) -> Tensor:
    """Distance from the values given, where there are some, and from the teacher's."""
    has = tensor_of(rows.has_dimensions[chosen])
    given = tensor_of(rows.dimensions[chosen]) / torch.tensor(DIMENSION_SCALE, device=DEVICE)
    teacher = tensor_of(rows.taught_dimensions[chosen])
    target = torch.where(has[:, None], (1 - aims.taught) * given + aims.taught * teacher, teacher)
    each = F.smooth_l1_loss(outputs.float(), target, reduction="none").mean(1)
    return DIMENSION_WEIGHT * 4 * (each * torch.where(has, 1.0, TAUGHT_DIMENSIONS if aims.taught else 0.0)).mean()


def loss_of(
    network: Network, rows: Rows, chosen: np.ndarray, aims: Aims, masked: Tensor, held: float
) -> dict[str, Tensor]:
    """The weighted parts of the loss of one batch. `masked` rows have had words hidden and are not held."""
    ids, mask = rows.tokens(chosen)
    hide = (torch.rand(ids.shape, device=DEVICE) < 0.1) & masked[:, None] & (ids > 103)
    with torch.autocast(DEVICE.type, torch.bfloat16):
        embedding, labels, dimensions, categories = network(ids.masked_fill(hide, 103), mask)
    parts = {
        "labels": label_loss(labels, rows, chosen, aims),
        "dimensions": dimension_loss(dimensions, rows, chosen, aims),
    }
    category = tensor_of(rows.category[chosen])
    if (category >= 0).any():
        share = (category >= 0).float().mean() * 10
        parts["category"] = CATEGORY_WEIGHT * share * F.cross_entropy(categories.float(), category, ignore_index=-1)
    if (kept := ~masked).sum() > 1:
        original = tensor_of(rows.original[chosen])
        parts["hold"] = held * hold(embedding[kept], original[kept])
    return parts
