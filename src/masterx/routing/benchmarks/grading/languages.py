"""Which language an answer is written in, told by its most common words."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from masterx.routing.benchmarks.grading.checks import LanguageCheck
from masterx.routing.benchmarks.grading.verdicts import Finding
from masterx.routing.benchmarks.grading.words import words_of

NAMES: Final = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
}
LEAST_SHARE: Final = 0.15
"""Of the words, at least these have to be common ones of the language."""


def grade_language(check: LanguageCheck, answer: str) -> Finding:
    found = language_of(answer)
    if found == check.language:
        return Finding(1, f"It is written in {NAMES[found]}.")
    if found is None:
        return Finding(0, f"It cannot be told to be {NAMES[check.language]}.")
    return Finding(0, f"It is written in {NAMES[found]}, not in {NAMES[check.language]}.")


def language_of(text: str) -> str | None:
    """The language with most common words in it; None where too few tell, or two have as many."""
    words = words_of(text)
    if not words:
        return None
    shares = sorted(
        ((sum(word in common for word in words) / len(words), name) for name, common in common_words().items()),
        reverse=True,
    )
    (most, name), (second, _) = shares[0], shares[1]
    return name if most >= LEAST_SHARE and most > second else None


@cache
def common_words() -> dict[str, frozenset[str]]:
    """By language."""
    text = files("masterx.routing.benchmarks.grading").joinpath("languages.toml").read_text("utf-8")
    return {name: frozenset(words.split()) for name, words in tomllib.loads(text).items()}
