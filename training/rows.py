"""The training rows as arrays, what a network says of them, and how an epoch goes through them."""

from __future__ import annotations

import argparse
import copy
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from training import data
from training.data import Example
from training.network import DEVICE, LABELS, Network

from masterx.encoder.words import WordModel

BATCH = 32
WINDOW = 96
EVERY_EPOCH_OTHERS = 4000


def tensor_of(array: np.ndarray) -> Tensor:
    """On the GPU where there is one."""
    return torch.from_numpy(array).to(DEVICE)


def window_tokenizer(base: Path) -> Tokenizer:
    """The base's, with the window of training."""
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.enable_truncation(WINDOW)
    tokenizer.no_padding()
    return tokenizer


class Rows:
    """Examples as arrays: token ids, targets, and which targets each has."""

    def __init__(self, examples: list[data.Example], tokenizer: Tokenizer) -> None:
        self.examples, self.tokenizer = examples, tokenizer
        self.ids = [encoded.ids for encoded in tokenizer.encode_batch([example.text for example in examples])]
        self.labels = data.label_matrix(examples)
        self.has_labels = np.array([example.labels is not None for example in examples])
        self.dimensions = np.array([example.dimensions or (0.0, 0.0, 0.0) for example in examples], dtype=np.float32)
        self.has_dimensions = np.array([example.dimensions is not None for example in examples])
        self.category = np.array([-1 if example.category is None else example.category for example in examples])
        self.original = np.zeros((len(examples), 384), dtype=np.float32)
        self.words = np.zeros_like(self.labels)
        self.taught_labels, self.taught_dimensions = np.zeros_like(self.labels), np.zeros_like(self.dimensions)

    def __len__(self) -> int:
        return len(self.ids)

    def first(self, count: int) -> Rows:
        """The first rows alone."""
        part = copy.copy(self)
        for name in ("examples", "ids", "labels", "has_labels", "dimensions", "has_dimensions", "category", "original"):
            setattr(part, name, getattr(self, name)[:count])
        return part

    def tokens(self, chosen: np.ndarray) -> tuple[Tensor, Tensor]:
        """Padded ids and mask of some rows."""
        longest = max(len(self.ids[row]) for row in chosen)
        ids = np.zeros((len(chosen), longest), dtype=np.int64)
        for target, row in zip(ids, chosen, strict=True):
            target[: len(self.ids[row])] = self.ids[row]
        tensor = tensor_of(ids)
        return tensor, (tensor != 0).long()


def read_all(network: Network, rows: Rows, batch: int = 64) -> list[np.ndarray]:
    """Every output for every row, in order."""
    order = np.argsort([len(ids) for ids in rows.ids], kind="stable")
    outputs: list[list[np.ndarray]] = []
    network.eval()
    with torch.inference_mode(), torch.autocast(DEVICE.type, torch.bfloat16):
        for start in range(0, len(order), batch):
            results = network(*rows.tokens(order[start : start + batch]))
            outputs.append([result.float().cpu().numpy() for result in results])
    network.train()
    back = np.argsort(order)
    return [np.concatenate(parts)[back] for parts in zip(*outputs, strict=True)]


def batches(rows: Rows, pool: np.ndarray, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """One epoch: batches of texts of like length, in random order."""
    order = generator.permutation(pool)
    groups = []
    for start in range(0, len(order), 60 * BATCH):
        group = order[start : start + 60 * BATCH]
        group = group[np.argsort([len(rows.ids[row]) for row in group], kind="stable")]
        groups += [group[i : i + BATCH] for i in range(0, len(group), BATCH)]
    for index in generator.permutation(len(groups)):
        yield groups[index]


def gather(folder: Path, tokenizer: Tokenizer, most: int | None = None) -> tuple[Rows, Rows, Rows]:
    """Train rows of all sources, and the two dev sets; at most so many of each."""
    sources = (
        data.emotions(folder / "goemotions/train.tsv.gz"),
        data.dimensions(folder / "emobank/train.csv.gz"),
        data.prompts(folder / "routellm"),
        [Example(text, category=data.CATEGORY_NAMES.index(name)) for text, name in data.own("categories")],
        [Example(text) for text, _ in data.own("states")],
    )
    train = Rows([example for source in sources for example in source[:most]], tokenizer)
    dev = Rows(data.emotions(folder / "goemotions/dev.tsv.gz")[:most], tokenizer)
    return train, dev, Rows(data.dimensions(folder / "emobank/dev.csv.gz")[:most], tokenizer)


def epoch_pool(rows: Rows, generator: np.random.Generator) -> np.ndarray:
    """The rows of one epoch: all emotion and V/A/D rows, some of the others."""
    index = np.arange(len(rows))
    prompt = ~rows.has_labels & ~rows.has_dimensions
    others = index[prompt]
    some = generator.choice(others, min(EVERY_EPOCH_OTHERS, len(others)), replace=False)
    return np.concatenate([index[~prompt], some])


def endless(rows: Rows, generator: np.random.Generator) -> Iterator[tuple[int, np.ndarray]]:
    """Batches with the number of their epoch."""
    for epoch in itertools.count():
        for chosen in batches(rows, epoch_pool(rows, generator), generator):
            yield epoch, chosen


def originals(network: Network, rows: Rows, folder: Path | None) -> np.ndarray:
    """The embedding that the original gives each text, from the folder where they are known."""
    if folder is None:
        return read_all(network, rows)[0]
    known: dict[str, np.ndarray] = {}
    if (folder / "original.npy").exists():
        texts = json.loads((folder / "original.texts.json").read_text())
        known = dict(zip(texts, np.load(folder / "original.npy"), strict=True))
    missing = sorted({example.text for example in rows.examples} - known.keys())
    if missing:
        part = Rows([Example(text) for text in missing], rows.tokenizer)
        known.update(zip(missing, read_all(network, part)[0], strict=True))
        np.save(folder / "original.npy", np.stack(list(known.values())))
        (folder / "original.texts.json").write_text(json.dumps(list(known)))
    return np.stack([known[example.text] for example in rows.examples])


def add_opinions(rows: Rows, dev: Rows, options: argparse.Namespace) -> None:
    """What the linear model and the teacher say, where the run learns from them."""
    if options.word_share:
        rows.words = word_opinions(options.words, rows)
        rows.words[np.flatnonzero(rows.has_labels)] = np.load(options.unseen)
        dev.words = word_opinions(options.words, dev)
    if options.taught:
        teacher = np.load(options.teacher)
        rows.taught_labels, rows.taught_dimensions = teacher["labels"], teacher["dimensions"]


def word_opinions(path: Path, rows: Rows) -> np.ndarray:
    """The linear model's log-odds of each text."""
    words = WordModel.load(path)
    return np.stack([words.opinion(example.text)[:LABELS] for example in rows.examples])
