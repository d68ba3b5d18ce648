"""Fits the linear model over hashed words and letter groups, and writes it as bytes.

python -m training.train_words DATA --out words.npz [--unseen unseen.npy]

With --unseen also what models of two thirds of train say of the other third: log-odds of texts that they never met, as
words.npz would give them for a new text.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize
from training import data, scoring

from masterx.encoder.words import PLACES, WordModel, places

LOG = logging.getLogger("train_words")
INVERSE_REGULARISATION = 6.0
FOLDS = 3
UNSEEN_LABEL = -6.0
"""Log-odds of a label that no text has."""
# A positive counts 2.5 times, as in the encoder, so that the two can be averaged in log-odds.
POSITIVE_WEIGHT = 2.5


def counted(texts: list[str]) -> csr_matrix:
    """1 + ln(count) by text and place."""
    found = [places(text) for text in texts]
    rows = np.repeat(np.arange(len(texts)), [len(each) for each in found])
    columns = np.concatenate(found)
    matrix = csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(len(texts), PLACES))
    matrix.sum_duplicates()
    matrix.data = 1 + np.log(matrix.data)
    return matrix


def fit(matrix: csr_matrix, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights by place and label, and offsets."""
    weights, offset = np.zeros((PLACES, truth.shape[1]), dtype=np.float32), np.zeros(truth.shape[1], dtype=np.float32)
    for label in range(truth.shape[1]):
        if not truth[:, label].any():  # in a trial run alone
            offset[label] = UNSEEN_LABEL
            continue
        model = LogisticRegression(
            C=INVERSE_REGULARISATION,
            solver="liblinear",
            class_weight={0: 1.0, 1: POSITIVE_WEIGHT},
            tol=1e-2,
            random_state=1,
        ).fit(matrix, truth[:, label])
        weights[:, label], offset[label] = model.coef_[0], model.intercept_[0]
    return weights, offset


def of_unseen(matrix: csr_matrix, truth: np.ndarray) -> np.ndarray:
    """Log-odds of each text from the texts of the other folds."""
    fold = np.random.default_rng(1).integers(0, FOLDS, len(truth))
    logits = np.zeros(truth.shape, dtype=np.float32)
    for left_out in range(FOLDS):
        weights, offset = fit(matrix[fold != left_out], truth[fold != left_out])
        logits[fold == left_out] = matrix[fold == left_out] @ weights + offset
        LOG.info("fold %d", left_out)
    return logits


def main() -> None:
    """Fit on train, print dev's figures, write the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--unseen", type=Path)
    parser.add_argument("--texts", type=int, help="at most so many: to try the command out")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    train = data.emotions(options.data / "goemotions/train.tsv.gz")[: options.texts]
    matrix = counted([example.text for example in train])
    met = np.asarray((matrix > 0).sum(0)).ravel()
    rarity = (np.log((1 + len(train)) / (1 + met)) + 1).astype(np.float16)
    matrix = normalize(matrix @ diags(rarity.astype(np.float32))).tocsr()
    LOG.info("%d texts, %d features each", len(train), matrix.nnz / len(train))
    truth = data.label_matrix(train)
    if options.unseen:
        np.save(options.unseen, of_unseen(matrix, truth))
    weights, offset = fit(matrix, truth)
    scale = np.maximum(np.abs(weights).max(0), 1e-9) / 127
    small = np.round(weights / scale).astype(np.int8)
    np.savez_compressed(options.out, rarity=rarity, weights=small, scale=scale.astype(np.float32), offset=offset)
    LOG.info("%.2f MB", options.out.stat().st_size / 1e6)
    dev = data.emotions(options.data / "goemotions/dev.tsv.gz")[: options.texts]
    words = WordModel.load(options.out)
    logits = np.stack([words.opinion(example.text) for example in dev])
    np.save(options.out.with_suffix(".dev.npy"), logits)
    probabilities, target = 1 / (1 + np.exp(-logits)), data.label_matrix(dev)
    at_half = scoring.label_f1(probabilities, target, 0.5).mean()
    fitted = scoring.cross_fitted(probabilities, target).mean()
    LOG.info("at 0.5 %.4f, cross-fitted %.4f", at_half, fitted)


if __name__ == "__main__":
    main()
