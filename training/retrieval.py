"""Whether search by our embedding finds what search by the original's finds, on texts that nothing was trained on.

Three checks: queries to a learner's earlier messages, written by hand (checks/retrieval.tsv); sentences of EmoBank's
dev split to others of the same document; and, though training held the embedding on these very texts, halves of
questions.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from training import data

Embed = Callable[[list[str]], np.ndarray]
DRAWS = 2000
HALVES, HALVED_WORDS = 600, 30
CHECKS = "messages_by_hand", "sentences_of_a_document", "halves_of_questions"


def ranks(queries: np.ndarray, texts: np.ndarray, wanted: np.ndarray, itself: np.ndarray | None = None) -> np.ndarray:
    """Place, from 1, of the nearest wanted text of each query; `wanted` is (queries, texts).

    A query that is one of the texts is not found for itself: `itself` says which.
    """
    similar = queries @ texts.T
    if itself is not None:
        similar[np.arange(len(queries)), itself] = -np.inf
    best = np.where(wanted, similar, -np.inf).max(1)
    return (similar > best[:, None]).sum(1) + 1


def found(places: np.ndarray) -> dict[str, float]:
    """How often the text is the nearest, among the nearest five, and its mean reciprocal rank."""
    shares = {"first": (places == 1).mean(), "in_five": (places <= 5).mean(), "reciprocal_rank": (1 / places).mean()}
    return {name: round(float(value), 4) for name, value in shares.items()}


def loss(ours: np.ndarray, original: np.ndarray) -> dict[str, list[float]]:
    """Ours less the original, and the bounds of 95 % of paired bootstrap draws over the queries."""
    drawn = np.random.default_rng(0).integers(0, len(ours), (DRAWS, len(ours)))
    figures = {}
    for name, score in (
        ("first", lambda places: places == 1),
        ("in_five", lambda places: places <= 5),
        ("reciprocal_rank", lambda places: 1 / places),
    ):
        gain = score(ours).astype(float) - score(original).astype(float)
        low, high = np.quantile(gain[drawn].mean(1), (0.025, 0.975))
        figures[name] = [round(float(value), 4) for value in (gain.mean(), low, high)]
    return figures


def messages() -> Callable[[Embed], np.ndarray]:
    """Queries by hand to messages by hand, among the messages of the other check sets."""
    lines = (data.CHECKS / "retrieval.tsv").read_text().splitlines()
    queries, texts = map(list, zip(*(line.split("\t") for line in lines), strict=True))
    others = [text for name in ("category_1", "state_1") for text, _ in data.check_sets()[name]]
    wanted = np.eye(len(queries), len(texts) + len(others), dtype=bool)
    return lambda embed: ranks(embed(queries), embed(texts + others), wanted)


def documents(folder: Path, most: int | None) -> Callable[[Embed], np.ndarray]:
    """Sentences of EmoBank's dev split to the nearest other of the same document, where there is one."""
    rows = data.rows_of(folder / "emobank/dev.csv.gz")[:most]
    texts = [example.text for example in data.dimensions(folder / "emobank/dev.csv.gz")][:most]
    names = np.array([row["id"].rsplit("_", 2)[0] for row in rows])
    same = (names[:, None] == names) & ~np.eye(len(names), dtype=bool)
    asked = np.flatnonzero(same.any(1))

    def placed(embed: Embed) -> np.ndarray:
        every = embed(texts)
        return ranks(every[asked], every, same[asked], asked)

    return placed


def halves(folder: Path, most: int | None) -> Callable[[Embed], np.ndarray]:
    """First halves of MMLU's longer questions to their second halves."""
    pairs = []
    for row in data.rows_of(folder / "routellm/mmlu.csv.gz"):
        words = row["prompt"].split("\nA. ")[0].split()
        if len(words) >= HALVED_WORDS:
            pairs.append((" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])))
    queries, texts = map(list, zip(*pairs[::3][:HALVES][:most], strict=True))
    return lambda embed: ranks(embed(queries), embed(texts), np.eye(len(queries), dtype=bool))


def retrieval_figures(folder: Path, ours: Embed, original: Embed, most: int | None = None) -> dict[str, object]:
    """Each check with its number of queries, what both find, and what is lost; at most so many of the last two."""
    checks = zip(CHECKS, (messages(), documents(folder, most), halves(folder, most)), strict=True)
    figures: dict[str, object] = {}
    for name, check in checks:
        mine, theirs = check(ours), check(original)
        figures[name] = {
            "queries": len(mine),
            "original": found(theirs),
            "ours": found(mine),
            "gain_and_95_percent": loss(mine, theirs),
        }
    return figures
