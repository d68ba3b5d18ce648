"""Adds valence, arousal and dominance to the linear model over words, as ridge regressions on EmoBank's train split.

    python -m training.train_word_dimensions DATA --words words.npz

Their columns come after the labels', in the network's units, and weigh the same features by the same rarity.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import numpy as np
from scipy.sparse import diags
from sklearn.linear_model import Ridge
from sklearn.preprocessing import normalize
from training import data, scoring
from training.losses import DIMENSION_SCALE
from training.network import LABELS
from training.train_words import counted

from masterx.encoder.words import WordModel

LOG = logging.getLogger("train_word_dimensions")
PENALTY = 4.0


def main() -> None:
    """Fit, write, print what they come to on dev."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--texts", type=int, help="at most so many: to try the command out")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    words = WordModel.load(options.words)
    train = data.dimensions(options.data / "emobank/train.csv.gz")[: options.texts]
    target = np.array([example.dimensions for example in train]) / DIMENSION_SCALE
    matrix = normalize(counted([example.text for example in train]) @ diags(words.rarity.astype(np.float32))).tocsr()
    model = Ridge(alpha=PENALTY, solver="sparse_cg", tol=1e-3).fit(matrix, target)
    weights = model.coef_.T.astype(np.float32)
    scale = np.maximum(np.abs(weights).max(0), 1e-9) / 127
    np.savez_compressed(
        options.words,
        rarity=words.rarity,
        weights=np.hstack([words.weights[:, :LABELS], np.round(weights / scale).astype(np.int8)]),
        scale=np.append(words.scale[:LABELS], scale).astype(np.float32),
        offset=np.append(words.offset[:LABELS], model.intercept_).astype(np.float32),
    )
    words = WordModel.load(options.words)
    dev = data.dimensions(options.data / "emobank/dev.csv.gz")[: options.texts]
    said = np.stack([words.opinion(example.text)[LABELS:] for example in dev])
    found = scoring.correlations(said, np.array([example.dimensions for example in dev]))
    LOG.info("%.2f MB, r on dev %s", options.words.stat().st_size / 1e6, [round(r, 3) for r in found])


if __name__ == "__main__":
    main()
