"""Words and letter groups of a text, hashed, with a linear model over them: a second opinion, and a fallback.

The features of a text are its words, pairs of neighbouring words, and groups of 2 to 5 letters within words, each
counted with 1 + ln(count), weighted by rarity and scaled to unit length; a feature's place is a CRC of its bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from pathlib import Path
from struct import pack
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Marked = TypeVar("Marked", str, bytes)

PLACES = 1 << 17
WORD = re.compile(r"\w+(?:'\w+)?|[^\w\s]")
SHORTEST, LONGEST = 2, 5
GROUP = crc32(b"~")
"""Goes on from here for a group, so that it is not where the word of the same letters is."""
KNOWN_WORDS, KNOWN_LETTERS = 4096, 20
"""Most words of a message were met before: their sums are kept, some 3 MiB at most."""
MOST_WORDS = 2000
"""What bounds the time: the beginning of a very long text stands for all of it."""


def places(text: str) -> NDArray[np.uint32]:
    """Of every feature of the text, in no order that means anything; one that is met twice is there twice."""
    words = WORD.findall(text.lower())[:MOST_WORDS]
    found = [_known_sums(word) if len(word) <= KNOWN_LETTERS else _sums(word) for word in words]
    pairs = [crc32(b" " + word.encode(), left) for (left, _), word in zip(found, words[1:], strict=False)]
    sums = b"".join([*(groups for _, groups in found), pack(f"{len(pairs)}I", *pairs)])
    return np.frombuffer(sums, dtype=np.uint32) & np.uint32(PLACES - 1)


def _sums(word: str) -> tuple[int, bytes]:
    """The word's own, and this with those of its groups in a row: numbers apart would be many places in memory."""
    code = word.encode()
    # Where a letter is a byte, bytes are cut: encoding every group takes twice as long.
    if len(code) == len(word):
        groups = [crc32(group, GROUP) for group in _groups(b"<%b>" % code)]
    else:
        groups = [crc32(group.encode(), GROUP) for group in _groups(f"<{word}>")]
    own = crc32(code)
    return own, pack(f"{len(groups) + 1}I", own, *groups)


_known_sums = lru_cache(KNOWN_WORDS)(_sums)


def _groups(marked: Marked) -> list[Marked]:
    last = len(marked) + 1
    return [marked[i : i + length] for length in range(SHORTEST, LONGEST + 1) for i in range(last - length)]


@dataclass(frozen=True, slots=True, eq=False)
class WordModel:
    """Weights as bytes with a scale for each column: 4.1 MiB in all."""

    rarity: NDArray[np.float16]
    """By place: ln((1 + texts) / (1 + texts with it)) + 1."""
    weights: NDArray[np.int8]
    """(PLACES, columns)."""
    scale: NDArray[np.float32]
    offset: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path) -> WordModel:
        """OSError, ValueError or KeyError where the file is no such model."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(*(arrays[name] for name in ("rarity", "weights", "scale", "offset")))

    def opinion(self, text: str) -> NDArray[np.float32]:
        """Log-odds of each label; then, where it has them, valence, arousal and dominance as the network gives them."""
        every = places(text)
        if not every.size:
            return self.offset.copy()
        every.sort()
        last = np.ones(every.size, dtype=np.bool_)
        np.not_equal(every[1:], every[:-1], out=last[:-1])
        ends = last.nonzero()[0]
        where, counts = every[ends], ends.astype(np.float32)
        counts[0] += 1
        counts[1:] -= ends[:-1]
        value = (1 + np.log(counts)) * self.rarity[where].astype(np.float32)
        value /= sqrt(value @ value)
        opinion: NDArray[np.float32] = (value @ self.weights[where].astype(np.float32)) * self.scale + self.offset
        return opinion
