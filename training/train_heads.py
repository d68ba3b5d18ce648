"""Fits the heads for category and state on the fine-tuned encoder, which stays as it is.

    python -m training.train_heads DATA --base FOLDER --run FOLDER

Reads average.pt of the run and writes heads.pt beside it; prints the figures on the two check sets.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn
from training import data, scoring
from training.graph import write_in_bytes
from training.network import Network, SmallHead, pretrained

from masterx.encoder.text import prepared

LOG = logging.getLogger("train_heads")
EPOCHS, BATCH, RATE, SMOOTHING = 14, 64, 1.5e-3, 0.05
WINDOW = 96

# GoEmotions' labels that mean a state when they are the only one of a text.
STATE_OF_LABEL = {
    "curiosity": "curiosity",
    "confusion": "confusion",
    "annoyance": "frustration",
    "anger": "frustration",
    "disappointment": "frustration",
    "nervousness": "anxiety",
    "fear": "anxiety",
    "joy": "joy",
    "excitement": "joy",
    "gratitude": "joy",
    "pride": "joy",
    "relief": "joy",
    "amusement": "joy",
    "neutral": "neutral",
}
PERSONAL = (" i ", " i'm", " my ", " me ")
SAD = frozenset({"sadness", "nervousness", "grief", "remorse", "fear", "embarrassment"})
MMLU_CODING = ("high_school_computer_science", "college_computer_science")
MMLU_LEFT_OUT = (
    "computer",
    "machine",
    "math",
    "statistics",
    "algebra",
    "physics",
    "logic",
    "econometrics",
    "engineering",
    "accounting",
)

Texts = list[tuple[str, str]]


def some(texts: Texts, count: int, generator: np.random.Generator) -> Texts:
    """At most `count` of them."""
    chosen = generator.choice(len(texts), min(count, len(texts)), replace=False)
    return [texts[index] for index in chosen]


def labelled(folder: Path) -> list[tuple[str, set[str]]]:
    """GoEmotions' training texts with the names of their labels."""
    names = (folder / "goemotions/emotions.txt").read_text().split()
    examples = data.emotions(folder / "goemotions/train.tsv.gz")
    return [(example.text, {names[label] for label in example.labels or ()}) for example in examples]


def category_texts(folder: Path, generator: np.random.Generator) -> tuple[Texts, list[str]]:
    """Texts with their category, and the half of GSM8K's prompts that is kept for the check."""
    own = data.own("categories")
    word_problems = [row["prompt"] for row in data.rows_of(folder / "routellm/gsm8k.csv.gz")]
    texts = own + [(text, "math") for text in word_problems[::2]]
    general: Texts = []
    for row in data.rows_of(folder / "routellm/mmlu.csv.gz"):
        text = row["prompt"].removesuffix("Answer:").split("\nA. ")[0].strip()
        if data.MMLU_CATEGORIES.get(row["domain"]) == "math":
            texts.append((text, "math"))
        elif row["domain"] in MMLU_CODING:
            texts.append((text, "coding"))
        elif not any(word in row["domain"] for word in MMLU_LEFT_OUT) and len(text) < 200:
            general.append((text, "general"))
    emotions = labelled(folder)
    personal = [(text, names) for text, names in emotions if any(word in f" {text.lower()} " for word in PERSONAL)]
    sad: Texts = [(text, "empathy") for text, names in personal if names & SAD]
    plain: Texts = [(text, "general") for text, names in emotions if names == {"neutral"}]
    texts += some(general, 500, generator) + some(sad, 400, generator) + some(plain, 300, generator)
    return texts, word_problems[1::2]


def state_texts(folder: Path, generator: np.random.Generator) -> Texts:
    """Our own texts with their state, and texts of GoEmotions with one telling label."""
    by_state: dict[str, Texts] = {}
    for text, names in labelled(folder):
        if len(names) == 1 and (state := STATE_OF_LABEL.get(next(iter(names)))):
            by_state.setdefault(state, []).append((text, state))
    return data.own("states") + [pair for texts in by_state.values() for pair in some(texts, 150, generator)]


def in_bytes_session(network: Network) -> onnxruntime.InferenceSession:
    """The network with weights of 8 bits, as it is shipped: the heads must be fitted to what they will read."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "features.onnx"
        write_in_bytes(network, path, features=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        return onnxruntime.InferenceSession(path.read_bytes(), options)


class Features:
    """What the heads read, computed once a text, and each text alone as in the product."""

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer, texts: list[str]) -> None:
        means, emotions = [], []
        for encoded in tokenizer.encode_batch([prepared(text)[0] for text in texts]):
            ids = np.array([encoded.ids], dtype=np.int64)
            mean, emotion = session.run(["means", "emotion"], {"ids": ids, "mask": np.ones_like(ids)})
            means.append(mean)
            emotions.append(emotion)
        self.means, self.emotion = (torch.from_numpy(np.concatenate(parts)) for parts in (means, emotions))

    def category(self, rows: Tensor) -> tuple[Tensor, ...]:
        """Arguments of the category head."""
        return self.means[rows], self.means[rows, -1]

    def state(self, rows: Tensor) -> tuple[Tensor, ...]:
        """Arguments of the state head."""
        return self.means[rows], self.means[rows, -1], self.emotion[rows]


def fit(head: SmallHead, features: Features, kind: str, target: Tensor, classes: int) -> None:
    """Train with each class counting the same."""
    of_kind = getattr(features, kind)
    weight = len(target) / (classes * torch.bincount(target, minlength=classes).float())
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=0.02)
    steps = EPOCHS * -(-len(target) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    head.train()
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(target)).split(BATCH):
            noise = [value + 0.02 * value.std() * torch.randn_like(value) for value in of_kind(rows)]
            loss = F.cross_entropy(head(*noise), target[rows], weight=weight, label_smoothing=SMOOTHING)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
    head.eval()


def judged(
    head: nn.Module, features: Features, kind: str, truth: list[str], names: tuple[str, ...]
) -> dict[str, object]:
    """How well the head reads the check set."""
    with torch.inference_mode():
        chosen = head(*getattr(features, kind)(torch.arange(len(truth)))).argmax(1).tolist()
    return scoring.judged([names[index] for index in chosen], truth, names)


def main() -> None:
    """Fit both heads and judge them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--texts", type=int, help="at most so many of each kind: to try the command out")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(1)
    torch.manual_seed(1)
    generator = np.random.default_rng(1)
    tokenizer = Tokenizer.from_file(str(options.base / "tokenizer.json"))
    tokenizer.enable_truncation(WINDOW)
    tokenizer.no_padding()
    network = pretrained(options.base)
    missing, _ = network.load_state_dict(torch.load(options.run / "average.pt", map_location="cpu"), strict=False)
    LOG.info("fresh: %s", missing)
    session = in_bytes_session(network)
    categories, word_problems = category_texts(options.data, generator)
    figures = {}
    for kind, texts, names, head in (
        ("category", categories, data.CATEGORY_NAMES, network.category),
        ("state", state_texts(options.data, generator), data.STATE_NAMES, network.state),
    ):
        chosen = some(texts, options.texts, generator) if options.texts else texts
        features = Features(session, tokenizer, [text for text, _ in chosen])
        fit(head, features, kind, torch.tensor([names.index(name) for _, name in chosen]), len(names))
        check = data.check_set(kind)
        read = Features(session, tokenizer, [text for text, _ in check])
        figures[kind] = judged(head, read, kind, [name for _, name in check], names)
        LOG.info("%s: %d texts, %s", kind, len(chosen), json.dumps(figures[kind]))
        if kind == "category":
            read = Features(session, tokenizer, word_problems)
            figures["gsm8k"] = judged(head, read, kind, ["math"] * len(word_problems), names)
            LOG.info("gsm8k, the half not trained on: %s", json.dumps(figures["gsm8k"]))
    torch.save(
        {"category": network.category.state_dict(), "state": network.state.state_dict()}, options.run / "heads.pt"
    )
    (options.run / "heads.json").write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
