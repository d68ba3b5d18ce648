"""Words and letter groups of a text, hashed, with a linear model over them: a second opinion, and a fallback.

The features of a text are its words, pairs of neighbouring words, and groups of 2 to 5 letters within words, each
counted with 1 + ln(count), weighted by rarity and scaled to unit length; a feature's place is a CRC of its bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import log
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLACES = 1 << 17
WORD = re.compile(r"\w+(?:'\w+)?|[^\w\s]")
SHORTEST, LONGEST = 2, 5
MOST_WORDS = 2000
"""What bounds the time: the beginning of a very long text stands for all of it."""


def places(text: str) -> Counter[int]:
    """How often each place is met."""
    words = WORD.findall(text.lower())[:MOST_WORDS]
    found: list[bytes] = []
    for word in words:
        found.append(word.encode())
        marked = f"<{word}>"
        for length in range(SHORTEST, LONGEST + 1):
            found.extend(f"~{marked[i : i + length]}".encode() for i in range(len(marked) - length + 1))
    found.extend(f"{left} {right}".encode() for left, right in pairwise(words))
    return Counter(crc32(feature) % PLACES for feature in found)


@dataclass(frozen=True, slots=True, eq=False)
class WordModel:
    """Weights as bytes with a scale for each label: 3.5 MiB in all."""

    rarity: NDArray[np.float16]
    """By place: ln((1 + texts) / (1 + texts with it)) + 1."""
    weights: NDArray[np.int8]
    """(PLACES, labels)."""
    scale: NDArray[np.float32]
    offset: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path) -> WordModel:
        """OSError, ValueError or KeyError where the file is no such model."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(*(arrays[name] for name in ("rarity", "weights", "scale", "offset")))

    def logits(self, text: str) -> NDArray[np.float32]:
        """Log-odds of each label."""
        counts = places(text)
        if not counts:
            return self.offset.copy()
        where = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        value = np.fromiter((1 + log(count) for count in counts.values()), dtype=np.float32, count=len(counts))
        value *= self.rarity[where].astype(np.float32)
        value /= np.linalg.norm(value)
        logits: NDArray[np.float32] = (value @ self.weights[where].astype(np.float32)) * self.scale + self.offset
        return logits
