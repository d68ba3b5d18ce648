"""Reads the training sets into one list of examples, each with the targets that its source has."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from masterx.encoder.text import prepared

FOLDER = Path(__file__).parent
STATE_NAMES = ("curiosity", "engagement", "confusion", "frustration", "anxiety", "boredom", "joy", "neutral")
CHECKS = FOLDER / "checks"
CATEGORY_NAMES = ("coding", "math", "research", "language", "empathy", "general")
NAMES = {"category": CATEGORY_NAMES, "state": STATE_NAMES, "distress": ("no", "yes")}
"""What a text may be, by the kind of head that says it."""
# Subjects of MMLU whose prompts belong to one category without doubt.
MMLU_CATEGORIES = {
    "abstract_algebra": "math",
    "college_mathematics": "math",
    "elementary_mathematics": "math",
    "high_school_mathematics": "math",
    "high_school_statistics": "math",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A text and what is known of it; a target that is not known is None."""

    text: str
    labels: tuple[int, ...] | None = None
    dimensions: tuple[float, float, float] | None = None
    category: int | None = None


def emotions(path: Path) -> list[Example]:
    """GoEmotions: text, label ids, comment id, separated by tabs."""
    rows = (line.split("\t") for line in gzip.decompress(path.read_bytes()).decode().split("\n") if line)
    return [Example(prepared(row[0])[0], labels=tuple(int(label) for label in row[1].split(","))) for row in rows]


def dimensions(path: Path) -> list[Example]:
    """EmoBank: V, A and D of 1..5, moved to -1..1."""
    return [
        Example(prepared(row["text"])[0], dimensions=tuple((float(row[name]) - 3) / 2 for name in "VAD"))  # type: ignore[arg-type]
        for row in rows_of(path)
    ]


def prompts(folder: Path) -> list[Example]:
    """RouteLLM's prompts: GSM8K, and MMLU with and without its choices."""
    math = CATEGORY_NAMES.index("math")
    examples = [Example(row["prompt"], category=math) for row in rows_of(folder / "gsm8k.csv.gz")]
    for row in rows_of(folder / "mmlu.csv.gz"):
        name = MMLU_CATEGORIES.get(row["domain"])
        text = row["prompt"].removesuffix("Answer:").strip()
        if int(row["index"]) % 4:
            text = text.split("\nA. ")[0]
        examples.append(Example(text, category=None if name is None else CATEGORY_NAMES.index(name)))
    return examples


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of a gzipped CSV file with a header; quoted fields may hold line breaks."""
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def own(kind: str) -> list[tuple[str, str]]:
    """Our own messages of a kind (categories, states, distress) and what they are; training.own_text writes them."""
    rows = (json.loads(line) for line in (FOLDER / f"{kind}.jsonl").read_text().splitlines())
    return [(row["text"], row["is"]) for row in rows]


def labelled_by_hand(path: Path) -> list[tuple[str, str]]:
    """Messages and what they are, from lines of a name, a tab and a message."""
    pairs = (line.split("\t") for line in path.read_text().splitlines())
    return [(text, name) for name, text in pairs]


def check_sets() -> dict[str, list[tuple[str, str]]]:
    """Messages that nothing is trained on, by the kind of head that they judge and a number: `state_2`."""
    return {path.stem: labelled_by_hand(path) for path in sorted(CHECKS.glob("*_[0-9].tsv"))}


def label_matrix(examples: list[Example], count: int = 28) -> np.ndarray:
    """One row of 0 and 1 an example."""
    matrix = np.zeros((len(examples), count), dtype=np.float32)
    for row, example in zip(matrix, examples, strict=True):
        row[list(example.labels or ())] = 1
    return matrix
