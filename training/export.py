"""Writes the model: the network as ONNX with weights of 8 bits, and what is fitted on dev.

    python -m training.export DATA --base FOLDER --run FOLDER --words words.npz --version V [--out FOLDER]

Thresholds and calibration are fitted on all of dev; every figure that is printed and kept in figures.json is
cross-fitted (fitted on one half of dev, scored on the other) or at 0.5, where nothing is fitted.
`training.train_heads` makes the model whole: it fits the heads for category, state and distress, and writes the card.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from training import card, data, scoring
from training.graph import write_in_bytes
from training.network import LABELS, Network, pretrained
from training.reader import Reader, sigmoid
from training.retrieval import retrieval_figures

from masterx.encoder.words import WordModel

LOG = logging.getLogger("export")
SCALE = np.array([0.17, 0.13, 0.11])
WINDOW = 126
WORD_SHARE = 0.25
DIMENSION_WORD_SHARES = 0.0, 0.3, 0.3
"""Of valence the words know little that the network does not."""


def finished(base: Path, run: Path, weights: str) -> Network:
    """The network with the run's weights."""
    network = pretrained(base)
    network.load_state_dict(torch.load(run / weights, map_location="cpu"), strict=False)
    return network.eval()


def write_onnx(network: nn.Module, path: Path) -> None:
    """Full precision, any number of texts of any length up to 512."""
    ids = torch.randint(1000, 2000, (2, 9))
    axes = {"ids": {0: "texts", 1: "tokens"}, "mask": {0: "texts", 1: "tokens"}}
    outputs = ["embedding", "labels", "dimensions", "categories"]
    axes |= {name: {0: "texts"} for name in outputs}
    torch.onnx.export(
        network,
        (ids, torch.ones_like(ids)),
        str(path),
        input_names=["ids", "mask"],
        output_names=outputs,
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )


def emotion_figures(logits: np.ndarray, truth: np.ndarray, names: list[str]) -> dict[str, object]:
    """Macro-F1 at 0.5 and cross-fitted, and each label's."""
    scores = sigmoid(logits)
    fitted, half = scoring.cross_fitted(scores, truth), scoring.label_f1(scores, truth, 0.5)
    return {
        "at_half": round(float(half.mean()), 4),
        "cross_fitted": round(float(fitted.mean()), 4),
        "labels": {name: round(float(f1), 3) for name, f1 in zip(names, fitted, strict=True)},
    }


def calibration_error(logits: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance of probability and frequency in 15 bins over all labels, fitted on one half, taken on the other."""
    order = np.random.default_rng(0).permutation(len(truth))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    errors = []
    for fit, rest in (halves, halves[::-1]):
        slopes, offsets = scoring.calibration(logits[fit], truth[fit])
        probability, target = sigmoid(slopes * logits[rest] + offsets).ravel(), truth[rest].ravel()
        bins = np.minimum((probability * 15).astype(int), 14)
        gaps = [abs(probability[bins == b].mean() - target[bins == b].mean()) * (bins == b).sum() for b in set(bins)]
        errors.append(sum(gaps) / len(bins))
    return float(np.mean(errors))


def fitted_offset(outputs: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale and offset that bring outputs to -1..1 with the least squared error."""
    lines = [np.polyfit(outputs[:, i], truth[:, i], 1) for i in range(3)]
    return np.array([line[0] for line in lines]), np.array([line[1] for line in lines])


def main() -> None:
    """Export, measure, fit, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    for name in ("--base", "--run", "--words"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--weights", default="average.pt")
    parser.add_argument("--out", type=Path, default=Path("src/masterx/encoder/model"))
    parser.add_argument("--texts", type=int, help="at most so many of each check: to try the command out")
    parser.add_argument("--figures", type=Path, default=data.FOLDER / "figures.json")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    network = finished(options.base, options.run, options.weights)
    tokenizer = Tokenizer.from_file(str(options.base / "tokenizer.json"))
    tokenizer.enable_truncation(WINDOW + 2)
    tokenizer.no_padding()
    names = (options.data / "goemotions/emotions.txt").read_text().split()
    dev = data.emotions(options.data / "goemotions/dev.tsv.gz")[: options.texts]
    vad = data.dimensions(options.data / "emobank/dev.csv.gz")[: options.texts]
    truth, levels = data.label_matrix(dev), np.array([example.dimensions for example in vad])
    texts = [example.text for example in dev]
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "full.onnx"
        write_onnx(network, full)
        write_in_bytes(network, options.out / "encoder.onnx")
        exact = Reader(full, tokenizer).read(texts)
    LOG.info("fp32 %s", json.dumps(emotion_figures(exact["labels"], truth, names)))
    reader = Reader(options.out / "encoder.onnx", tokenizer)
    started = time.perf_counter()
    ours = reader.read(texts)
    LOG.info("int8 read dev in %.0f s", time.perf_counter() - started)
    shutil.copy(options.words, options.out / "words.npz")
    tokenizer.no_truncation()
    tokenizer.save(str(options.out / "tokenizer.json"), pretty=False)
    tokenizer.enable_truncation(WINDOW + 2)
    words = WordModel.load(options.words)
    opinions = np.stack([words.opinion(text)[:LABELS] for text in texts])
    mixed = (1 - WORD_SHARE) * ours["labels"] + WORD_SHARE * opinions
    alone = reader.read([example.text for example in vad])["dimensions"]
    shares = np.array(DIMENSION_WORD_SHARES)
    outputs = (1 - shares) * alone + shares * np.stack([words.opinion(example.text)[LABELS:] for example in vad])
    scale, offset = fitted_offset(outputs, levels)
    slopes, offsets = scoring.calibration(mixed, truth)
    figures: dict[str, Any] = {
        "fp32": emotion_figures(exact["labels"], truth, names),
        "int8": emotion_figures(ours["labels"], truth, names),
        "words": emotion_figures(opinions, truth, names),
        "shipped": emotion_figures(mixed, truth, names),
        "calibration_error": round(calibration_error(mixed, truth), 4),
        "vad_r_network": [round(r, 3) for r in scoring.correlations(alone, levels)],
        "vad_r": [round(r, 3) for r in scoring.correlations(outputs, levels)],
        "embedding": embedding_figures(options.base, tokenizer, reader, texts, options.data, options.texts),
        "megabytes": {path.name: round(path.stat().st_size / 1e6, 2) for path in sorted(options.out.iterdir())},
    }
    card.write_facts(
        options.out,
        {
            "version": options.version,
            "heads": "none",
            "window": WINDOW,
            "labels": names,
            "thresholds": scoring.best_thresholds(sigmoid(mixed), truth).round(3).tolist(),
            "slopes": slopes.round(4).tolist(),
            "offsets": offsets.round(4).tolist(),
            "word_share": WORD_SHARE,
            "dimension_word_shares": list(DIMENSION_WORD_SHARES),
            "dimension_scale": scale.round(4).tolist(),
            "dimension_offset": offset.round(4).tolist(),
            "categories": list(data.CATEGORY_NAMES),
            "category_temperature": 1.0,
            "states": list(data.STATE_NAMES),
            "state_temperature": 1.0,
        },
    )
    options.figures.write_text(json.dumps(figures, indent=1) + "\n")
    LOG.info("%s", json.dumps(figures, indent=1))


def embedding_figures(
    base: Path, tokenizer: Tokenizer, reader: Reader, texts: list[str], folder: Path, most: int | None
) -> dict[str, object]:
    """Whether the embedding keeps the original's order of similarities over dev's texts, and finds as well."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "original.onnx"
        write_onnx(pretrained(base).eval(), path)
        original = Reader(path, tokenizer)
        some = texts[::2]
        ours, theirs = reader.read(some)["embedding"], original.read(some)["embedding"]
        figures: dict[str, object] = {
            "rank_correlation": round(scoring.similarity_rank_correlation(ours, theirs), 4),
            "cosine": round(float((ours * theirs).sum(1).mean()), 4),
        }
        found = retrieval_figures(
            folder, lambda each: reader.read(each)["embedding"], lambda each: original.read(each)["embedding"], most
        )
    return figures | found


if __name__ == "__main__":
    main()
