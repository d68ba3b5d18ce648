"""Fits the heads for category, state and distress on a finished model, and puts them into its file.

    python -m training.train_heads DATA [--model FOLDER] --fitted DATE

All else in the model stays as it is, so that new texts of ours need minutes and no new search for thresholds. Writes
encoder.onnx, model.json, the model card and the digests in FOLDER, and the heads' part of figures.json.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor
from training import card, data, scoring
from training.graph import features_of, replace_small_heads
from training.head_texts import TEXTS, Texts, some, word_problems
from training.network import WIDTH, SmallHead
from training.reader import Reader, in_one_thread

from masterx.encoder.text import prepared

LOG = logging.getLogger("train_heads")
EPOCHS, BATCH, RATE, SMOOTHING = 14, 64, 1.5e-3, 0.05
WINDOW = 126
WIDTHS = {"category": 2 * WIDTH, "state": 3 * WIDTH, "distress": 3 * WIDTH}
OUTPUT_OF = {"category": "categories", "state": "states", "distress": "distress"}


class Features:
    """What the heads read of each text, computed once where it stands there twice, and alone as in the product."""

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer, texts: list[str]) -> None:
        distinct = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        means, emotions = [], []
        for encoded in tokenizer.encode_batch([prepared(text)[0] for text in distinct]):
            ids = np.array([encoded.ids], dtype=np.int64)
            mean, emotion = session.run(["means", "emotion"], {"ids": ids, "mask": np.ones_like(ids)})
            means.append(mean)
            emotions.append(emotion)
        order = [distinct[text] for text in texts]
        self.means, self.emotion = (torch.from_numpy(np.concatenate(parts)[order]) for parts in (means, emotions))

    def of(self, kind: str, rows: Tensor) -> tuple[Tensor, ...]:
        """Arguments of the head of this kind."""
        shared = self.means[rows], self.means[rows, -1]
        return shared if kind == "category" else (*shared, self.emotion[rows])


def fit(head: SmallHead, features: Features, kind: str, loss_of: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Train on texts in a new order each time, with a little noise on what the head reads."""
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=0.02)
    count = len(features.means)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * -(-count // BATCH))
    head.train()
    for _ in range(EPOCHS):
        for rows in torch.randperm(count).split(BATCH):
            noisy = [value + 0.02 * value.std() * torch.randn_like(value) for value in features.of(kind, rows)]
            loss = loss_of(head(*noisy), rows)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
    head.eval()


def fitted(kind: str, texts: Texts, features: Features) -> SmallHead:
    """A head whose classes count the same, however many texts each has."""
    names = data.NAMES[kind]
    head = SmallHead(WIDTHS[kind], 1 if kind == "distress" else len(names))
    target = torch.tensor([names.index(name) for _, name in texts])
    weight = len(target) / (len(names) * torch.bincount(target, minlength=len(names)).float())

    def of_classes(logits: Tensor, rows: Tensor) -> Tensor:
        return F.cross_entropy(logits, target[rows], weight=weight, label_smoothing=SMOOTHING)

    def of_danger(logits: Tensor, rows: Tensor) -> Tensor:
        likely = target[rows].float() * (1 - SMOOTHING) + SMOOTHING / 2
        return F.binary_cross_entropy_with_logits(logits[:, 0], likely, weight=weight[target[rows]])

    fit(head, features, kind, of_danger if kind == "distress" else of_classes)
    return head


def main() -> None:
    """Fit, put into the file, judge what is in the file, write down."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=Path("src/masterx/encoder/model"))
    parser.add_argument("--fitted", required=True, help="the day, or another name for these heads")
    parser.add_argument("--figures", type=Path, default=data.FOLDER / "figures.json")
    parser.add_argument("--texts", type=int, help="at most so many of each kind: to try the command out")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(1)
    torch.manual_seed(1)
    generator = np.random.default_rng(1)
    tokenizer = Tokenizer.from_file(str(options.model / "tokenizer.json"))
    tokenizer.enable_truncation(WINDOW + 2)
    tokenizer.no_padding()
    network = options.model / "encoder.onnx"
    session = in_one_thread(features_of(network))
    heads = {}
    for kind, texts_of in TEXTS.items():
        texts = texts_of(options.data, generator)
        texts = some(texts, options.texts, generator) if options.texts else texts
        heads[kind] = fitted(kind, texts, Features(session, tokenizer, [text for text, _ in texts]))
        LOG.info("%s: %d texts", kind, len(texts))
    replace_small_heads(network, **heads)
    figures = json.loads(options.figures.read_text()) | head_figures(Reader(network, tokenizer), options)
    options.figures.write_text(json.dumps(figures, indent=1) + "\n")
    facts = json.loads((options.model / "model.json").read_text())
    facts["heads"] = options.fitted
    card.write_facts(options.model, facts)
    card.write_card(options.model, facts, figures)


def head_figures(reader: Reader, options: argparse.Namespace) -> dict[str, Any]:
    """How the file reads the check sets, and the half of GSM8K that no head was fitted on."""
    figures: dict[str, Any] = {}
    checks = data.check_sets()
    checks["category_gsm8k"] = [(text, "math") for text in word_problems(options.data)[1::2]]
    for name, check in checks.items():
        kind = name.partition("_")[0]
        names, rows = data.NAMES[kind], check[: options.texts]
        logits = reader.read([text for text, _ in rows], 1)[OUTPUT_OF[kind]]
        chosen = (logits[:, 0] > 0).astype(int) if kind == "distress" else logits.argmax(1)
        figures[name] = scoring.judged([names[index] for index in chosen], [truth for _, truth in rows], names)
        LOG.info("%s: %s", name, json.dumps(figures[name]))
    return {"heads": figures}


if __name__ == "__main__":
    main()
