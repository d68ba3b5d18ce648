"""The texts on which the heads for category, state and distress are fitted: our own, and some of each set in DATA."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from training import data

Texts = list[tuple[str, str]]

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
# Comments with one of these may be what the head is to find: nobody labelled them, so they say nothing to it.
UNSURE = ("suicid", "kill", "die", "dead", "death", "end it", "alive", "hurt", "harm", "cut", "hang", "live", "jump")
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


def some(texts: Texts, count: int, generator: np.random.Generator) -> Texts:
    """At most `count` of them."""
    chosen = generator.choice(len(texts), min(count, len(texts)), replace=False)
    return [texts[index] for index in chosen]


def labelled(folder: Path) -> list[tuple[str, set[str]]]:
    """GoEmotions' training texts with the names of their labels."""
    names = (folder / "goemotions/emotions.txt").read_text().split()
    examples = data.emotions(folder / "goemotions/train.tsv.gz")
    return [(example.text, {names[label] for label in example.labels or ()}) for example in examples]


def word_problems(folder: Path) -> list[str]:
    """GSM8K's prompts. Heads are fitted on the even ones and judged on the odd ones."""
    return [row["prompt"] for row in data.rows_of(folder / "routellm/gsm8k.csv.gz")]


def category_texts(folder: Path, generator: np.random.Generator) -> Texts:
    """Our own, and questions and comments whose category is beyond doubt."""
    texts = data.own("categories") + [(text, "math") for text in word_problems(folder)[::2]]
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
    return texts + some(general, 500, generator) + some(sad, 400, generator) + some(plain, 300, generator)


def state_texts(folder: Path, generator: np.random.Generator) -> Texts:
    """Our own, and comments with one telling label."""
    by_state: dict[str, Texts] = {}
    for text, names in labelled(folder):
        if len(names) == 1 and (state := STATE_OF_LABEL.get(next(iter(names)))):
            by_state.setdefault(state, []).append((text, state))
    return data.own("states") + [pair for texts in by_state.values() for pair in some(texts, 150, generator)]


def distress_texts(folder: Path, generator: np.random.Generator) -> Texts:
    """Our own; those of category and state, none of which shows distress; and comments of every mood."""
    plain: Texts = [(text, "no") for kind in ("categories", "states") for text, _ in data.own(kind)]
    sure = [(text, names) for text, names in labelled(folder) if not any(word in text.lower() for word in UNSURE)]
    sad: Texts = [(text, "no") for text, names in sure if names & SAD]
    rest: Texts = [(text, "no") for text, names in sure if not names & SAD]
    return data.own("distress") + plain + some(sad, 800, generator) + some(rest, 800, generator)


TEXTS: dict[str, Callable[[Path, np.random.Generator], Texts]] = {
    "category": category_texts,
    "state": state_texts,
    "distress": distress_texts,
}
