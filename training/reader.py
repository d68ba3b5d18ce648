"""Runs an ONNX file of the network over many texts, as the product does under load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from masterx.encoder.text import prepared


def in_one_thread(network: bytes) -> onnxruntime.InferenceSession:
    """With the settings of the product."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(network, options)


class Reader:
    """A file and its vocabulary."""

    def __init__(self, path: Path, tokenizer: Tokenizer) -> None:
        self.session = in_one_thread(path.read_bytes())
        self.tokenizer = tokenizer

    def read(self, texts: list[str], batch: int = 4) -> dict[str, np.ndarray]:
        """Every output, in the order of the texts."""
        names = [output.name for output in self.session.get_outputs()]
        ids = [encoded.ids for encoded in self.tokenizer.encode_batch([prepared(text)[0] for text in texts])]
        order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
        parts = []
        for start in range(0, len(order), batch):
            rows = [ids[row] for row in order[start : start + batch]]
            padded = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
            for target, row in zip(padded, rows, strict=True):
                target[: len(row)] = row
            parts.append(self.session.run(names, {"ids": padded, "mask": (padded != 0).astype(np.int64)}))
        back = np.argsort(order)
        return {name: np.concatenate([part[i] for part in parts])[back] for i, name in enumerate(names)}


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Log-odds to probability."""
    return 1 / (1 + np.exp(-logits))
