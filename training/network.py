"""MiniLM-L6 with heads for emotions, V/A/D and the task category, and the small heads fitted after it."""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

LABELS = 28
DIMENSIONS = 3
CATEGORIES = 6
STATES = 8
DISTRESS = 1
WIDTH = 384
LAYERS = 6
HEADS = 12
FEED_FORWARD = 1536
READS = 4
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Layer(nn.Module):
    """One post-norm transformer block of BERT."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.attention_out = nn.Linear(WIDTH, WIDTH)
        self.attention_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.widen = nn.Linear(WIDTH, FEED_FORWARD)
        self.narrow = nn.Linear(FEED_FORWARD, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor, keep: Tensor) -> Tensor:
        """`keep` is added to the attention scores: 0 for a token, very negative for padding."""
        batch, length, _ = hidden.shape
        query, key, value = self.qkv(hidden).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        # Written out: on a CPU the backward pass of torch's fused attention takes three times as long.
        scores = query @ key.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5 + keep.to(query.dtype)
        mixed = scores.softmax(-1).to(value.dtype) @ value
        mixed = mixed.transpose(1, 2).reshape(batch, length, WIDTH)
        hidden = self.attention_norm(hidden + self.dropout(self.attention_out(mixed)))
        return self.norm(hidden + self.dropout(self.narrow(F.gelu(self.widen(hidden)))))


class Reads(nn.Module):
    """A learned mix of all layers, read by some attention queries and a mean."""

    def __init__(self, queries: int) -> None:
        super().__init__()
        self.mix = nn.Parameter(torch.zeros(LAYERS + 1))
        self.query = nn.Linear(WIDTH, queries)

    def forward(self, layers: list[Tensor], mask: Tensor) -> Tensor:
        """Return (batch, (queries + 1) * WIDTH)."""
        weights = self.mix.softmax(0)
        mixed = sum(weight * layer.float() for weight, layer in zip(weights, layers, strict=True))
        scores = self.query(mixed).float() + (mask.unsqueeze(-1) - 1) * 1e4
        read = scores.softmax(1).transpose(1, 2) @ mixed
        return torch.cat([read.flatten(1), mean_pool(mixed, mask)], 1)


def mean_pool(hidden: Tensor, mask: Tensor) -> Tensor:
    """Mean over the tokens that are no padding."""
    weight = mask.unsqueeze(-1)
    return (hidden * weight).sum(1) / weight.sum(1)


class SmallHead(nn.Module):
    """A mix of the layers' means and what is passed beside them, through one hidden layer."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.mix = nn.Parameter(torch.zeros(LAYERS + 1))
        self.hidden = nn.Linear(width, 128)
        self.dropout = nn.Dropout(0.2)
        self.out = nn.Linear(128, classes)

    def forward(self, means: Tensor, *beside: Tensor) -> Tensor:
        """`means` is (batch, layers, WIDTH)."""
        mixed = (self.mix.softmax(0)[:, None] * means).sum(1)
        return self.out(self.dropout(F.gelu(self.hidden(torch.cat([mixed, *beside], 1)))))


class Network(nn.Module):
    """ids, mask -> embedding (unit length), emotion logits, V/A/D (standardised), category logits."""

    def __init__(self, vocabulary: int, dropout: float = 0.0, head_dropout: float = 0.2) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(512, WIDTH)
        self.embedding_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(LAYERS))
        self.reads = Reads(READS)
        self.hidden = nn.Linear((READS + 1) * WIDTH, WIDTH)
        self.head_dropout = nn.Dropout(head_dropout)
        self.labels = nn.Linear(WIDTH, LABELS)
        self.dimensions = nn.Linear(WIDTH, DIMENSIONS)
        self.category = SmallHead(2 * WIDTH, CATEGORIES)

    def states(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        """The embedding layer's output and each block's."""
        keep = ((mask - 1) * 1e4)[:, None, None, :]
        positions = torch.arange(ids.shape[1], device=ids.device)
        hidden = self.dropout(self.embedding_norm(self.words(ids) + self.positions(positions)))
        states = [hidden]
        for layer in self.layers:
            hidden = layer(hidden, keep)
            states.append(hidden)
        return states

    def features(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The mean of each layer, and the hidden layer of the emotion head."""
        mask = mask.float()
        states = self.states(ids, mask)
        means = torch.stack([mean_pool(state.float(), mask) for state in states], 1)
        reads = self.head_dropout(self.reads(states, mask))
        return means, self.head_dropout(F.gelu(self.hidden(reads)))

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        means, emotion = self.features(ids, mask)
        last = means[:, -1]
        category = self.category(means, last)
        return F.normalize(last, dim=-1), self.labels(emotion), self.dimensions(emotion), category


def pretrained(folder: Path, **dropouts: float) -> Network:
    """The network with the weights of all-MiniLM-L6-v2 in `folder`, its heads fresh."""
    weights = load_file(folder / "model.safetensors")
    weights = {name.removeprefix("bert."): value for name, value in weights.items()}
    network = Network(json.loads((folder / "config.json").read_text())["vocab_size"], **dropouts)
    state = network.state_dict()
    state["words.weight"] = weights["embeddings.word_embeddings.weight"]
    # Every text is of type 0: its vector is part of each position's.
    types = weights["embeddings.token_type_embeddings.weight"][0]
    state["positions.weight"] = weights["embeddings.position_embeddings.weight"] + types
    names = {
        "attention_out": "attention.output.dense",
        "attention_norm": "attention.output.LayerNorm",
        "widen": "intermediate.dense",
        "narrow": "output.dense",
        "norm": "output.LayerNorm",
    }
    for part in ("weight", "bias"):
        state[f"embedding_norm.{part}"] = weights[f"embeddings.LayerNorm.{part}"]
        for index in range(LAYERS):
            source = f"encoder.layer.{index}"
            qkv = [weights[f"{source}.attention.self.{name}.{part}"] for name in ("query", "key", "value")]
            state[f"layers.{index}.qkv.{part}"] = torch.cat(qkv)
            for ours, theirs in names.items():
                state[f"layers.{index}.{ours}.{part}"] = weights[f"{source}.{theirs}.{part}"]
    network.load_state_dict(state)
    return network
