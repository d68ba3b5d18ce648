"""What a prompt shows without being understood: its words, and its shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, log1p, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

LEAST_DOCUMENTS: Final = 2
COMMON_FROM: Final = 100
"""Terms in so many prompts are multiplied as columns of a dense matrix, rarer ones pair by pair."""
_TOKEN = re.compile(r"\w+|[^\w\s]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SENTENCE_END = re.compile(r"[.?!](?:\s|$)")
SHAPES: Final = 15
_ASCII = [chr(code) for code in range(128)]
_DIGITS, _CAPITALS, _SMALL, _SPACE = (
    "".join(filter(kind, _ASCII)).encode() for kind in (str.isdigit, str.isupper, str.islower, str.isspace)
)


def words_in(text: str) -> Counter[str]:
    """Words and marks, in lower case."""
    return Counter(_TOKEN.findall(text.lower()))


def weighed(counts: Mapping[str, int], rarity: Mapping[str, float]) -> dict[str, float]:
    """TF-IDF of the words whose rarity is known, of unit length: sublinear counts times rarity."""
    found = {word: (1 + log(count)) * rarity[word] for word, count in counts.items() if word in rarity}
    length = sqrt(sum(value * value for value in found.values()))
    return {word: value / length for word, value in found.items()} if length else found


def product(counts: Mapping[str, int], words: Mapping[str, tuple[float, float]]) -> float:
    """Of `weighed` and a weight for each word, in one go; `words` has rarity and weight."""
    total = squares = 0.0
    for word, count in counts.items():
        known = words.get(word)
        if known is not None:
            value = (1 + log(count)) * known[0] if count > 1 else known[0]
            total += value * known[1]
            squares += value * value
    return total / sqrt(squares) if squares else 0.0


def terms(text: str) -> Counter[str]:
    """Words, marks and neighbouring pairs of them, in lower case."""
    tokens = _TOKEN.findall(text.lower())
    counts = Counter(tokens)
    counts.update(f"{one} {next_one}" for one, next_one in pairwise(tokens))
    return counts


@dataclass(frozen=True, slots=True)
class Words:
    """TF-IDF over what was learned from: sublinear counts, smoothed document frequencies, rows of unit length."""

    places: dict[str, int]
    weights: NDArray[np.float64]

    @classmethod
    def learn(cls, counted: Sequence[Counter[str]]) -> Words:
        documents = Counter(term for counts in counted for term in counts)
        kept = sorted(term for term, count in documents.items() if count >= LEAST_DOCUMENTS)
        frequencies = np.array([documents[term] for term in kept], dtype=float)
        weights = np.log((1 + len(counted)) / (1 + frequencies)) + 1
        return cls({term: place for place, term in enumerate(kept)}, weights)

    def row(self, counts: Counter[str]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Places in ascending order, and values."""
        known = sorted((self.places[term], count) for term, count in counts.items() if term in self.places)
        places = np.array([place for place, _ in known], dtype=np.intp)
        values = (1 + np.log([count for _, count in known])) * self.weights[places] if known else np.zeros(0)
        length = float(np.linalg.norm(values))
        return places, values / length if length else values


def similarity(words: Words, rows: Iterable[Counter[str]], columns: Sequence[Counter[str]]) -> Matrix:
    """Cosines of TF-IDF, one row and one column for each prompt."""
    left, right = [words.row(counts) for counts in rows], [words.row(counts) for counts in columns]
    result = np.zeros((len(left), len(right)), dtype=np.float32)
    size = len(words.places)
    frequency = np.bincount(np.concatenate([places for places, _ in right] or [np.zeros(0, np.intp)]), minlength=size)
    common = np.flatnonzero(frequency >= COMMON_FROM)
    dense = np.full(size, -1)
    dense[common] = np.arange(len(common))
    with np.errstate(all="ignore"):  # some BLAS kernels flag their own padding; all values are finite
        result += _dense(left, dense, len(common)) @ _dense(right, dense, len(common)).T
    for rare_left, rare_right in zip(_postings(left, dense, size), _postings(right, dense, size), strict=True):
        if rare_left is not None and rare_right is not None:
            result[np.ix_(rare_left[0], rare_right[0])] += np.outer(rare_left[1], rare_right[1])
    return result


def shape(text: str) -> list[float]:
    """Lengths, numbers, marks and lines: what makes a problem look long or calculated."""
    words = text.split()
    length = max(1, len(text))
    numbers = _NUMBER.findall(text)
    question = text.split("\nA.", maxsplit=1)[0]
    digits, capitals, marks = _kinds(text)
    return [
        log(length),
        log(len(words) + 1),
        log1p(len(numbers)),
        digits / length,
        capitals / length,
        marks / length,
        log1p(text.count("\n")),
        sum(map(len, words)) / max(1, len(words)),
        log1p(sum(len(number.split(".")[0].lstrip("0")) >= 3 for number in numbers)),
        log1p(sum("." in number for number in numbers)),
        log1p(text.count("%")),
        log1p(text.count("/")),
        log(len(question) + 1),
        log(len(text) - len(question) + 1),
        log1p(len(_SENTENCE_END.findall(text))),
    ]


def _kinds(text: str) -> tuple[int, int, int]:
    """How many digits, capitals, and characters that are neither a letter, nor a digit, nor space."""
    if text.isascii():  # as nearly all are: four times as fast
        plain = text.encode()
        digits, capitals, small, space = (
            len(plain) - len(plain.translate(None, kind)) for kind in (_DIGITS, _CAPITALS, _SMALL, _SPACE)
        )
        return digits, capitals, len(plain) - digits - capitals - small - space
    return (
        sum(map(str.isdigit, text)),
        sum(map(str.isupper, text)),
        len(text) - sum(map(str.isalnum, text)) - sum(map(str.isspace, text)),
    )


def _dense(rows: Sequence[tuple[NDArray[np.intp], NDArray[np.float64]]], dense: NDArray[np.intp], width: int) -> Matrix:
    matrix = np.zeros((len(rows), width), dtype=np.float32)
    for number, (places, values) in enumerate(rows):
        here = dense[places]
        matrix[number, here[here >= 0]] = values[here >= 0]
    return matrix


def _postings(
    rows: Sequence[tuple[NDArray[np.intp], NDArray[np.float64]]], dense: NDArray[np.intp], size: int
) -> list[tuple[list[int], list[float]] | None]:
    """For each rare term, the prompts that have it and how much."""
    found: list[tuple[list[int], list[float]] | None] = [None] * size
    for number, (places, values) in enumerate(rows):
        for place, value in zip(places.tolist(), values.tolist(), strict=True):
            if dense[place] < 0:
                entry: tuple[list[int], list[float]] = found[place] or ([], [])
                found[place] = entry
                entry[0].append(number)
                entry[1].append(value)
    return found
