"""Writes what finished networks say of every training text: targets for a run that learns from them too.

    python -m training.teacher DATA --base FOLDER --weights kept.pt final.pt --out teacher.npz

The mean over the networks of their log-odds of labels and of their V/A/D, by text; and dev's, to judge it by.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import numpy as np
import torch
from training import scoring
from training.network import DEVICE, pretrained
from training.rows import Rows, gather, read_all, window_tokenizer

LOG = logging.getLogger("teacher")


def judged(labels: np.ndarray, levels: np.ndarray, dev: Rows, vad: Rows) -> dict[str, object]:
    """Figures on dev."""
    scores = 1 / (1 + np.exp(-labels))
    return {
        "at_half": round(float(scoring.label_f1(scores, dev.labels, 0.5).mean()), 4),
        "cross_fitted": round(float(scoring.cross_fitted(scores, dev.labels).mean()), 4),
        "vad": [round(r, 4) for r in scoring.correlations(levels, vad.dimensions)],
    }


def main() -> None:
    """Read, average, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--weights", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--texts", type=int, help="as the run that will learn from it")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(options.threads)
    rows, dev, vad = gather(options.data, window_tokenizer(options.base), options.texts)
    network = pretrained(options.base).to(DEVICE)
    sums: list[np.ndarray] = []
    for path in options.weights:
        network.load_state_dict(torch.load(path, map_location=DEVICE), strict=False)
        _, dev_labels, *_ = read_all(network, dev)
        vad_levels = read_all(network, vad)[2]
        LOG.info("%s %s", path, json.dumps(judged(dev_labels, vad_levels, dev, vad)))
        _, labels, levels, *_ = read_all(network, rows)
        found = [labels, levels, dev_labels, vad_levels]
        sums = [total + part for total, part in zip(sums, found, strict=True)] if sums else found
    labels, levels, dev_labels, vad_levels = (total / len(options.weights) for total in sums)
    LOG.info("together %s", json.dumps(judged(dev_labels, vad_levels, dev, vad)))
    np.savez(options.out, labels=labels, dimensions=levels, dev_labels=dev_labels, vad_dimensions=vad_levels)


if __name__ == "__main__":
    main()
