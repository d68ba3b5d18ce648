"""A reader of texts that says what a test wrote."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from masterx.errors import EncoderUnavailable
from masterx.records.emotions import LearningState, TextMood
from masterx.records.readings import CATEGORIES, EMBEDDING_SIZE, STATES, Reading


def make_reading(text: str = "", **changes: object) -> Reading:
    """Its meaning is a direction that only the same text has."""
    meaning = np.random.default_rng(zlib.crc32(text.encode())).standard_normal(EMBEDDING_SIZE)
    reading = Reading(
        embedding=(meaning / np.linalg.norm(meaning)).astype(np.float32),
        probabilities={"neutral": 1.0},
        labels=("neutral",),
        valence=0.0,
        arousal=0.0,
        dominance=0.0,
        category="general",
        category_certainty=0.9,
        categories={category: float(category == "general") for category in CATEGORIES},
        states={state: float(state == "neutral") for state in STATES},
        language_confidence=1.0,
        covered=1.0,
        pieces=1,
        version="fake",
        ms=1.0,
    )
    return replace(reading, **changes)  # type: ignore[arg-type]  # the fields of one dataclass


@dataclass
class FakeReader:
    """Reads `readings` where the text has one; else a neutral one."""

    readings: Mapping[str, Reading] = field(default_factory=dict)
    fails: bool = False
    read_texts: list[str] = field(default_factory=list)

    async def read(self, text: str) -> Reading:
        self.read_texts.append(text)
        if self.fails:
            raise EncoderUnavailable("The text encoder is closed.")
        return self.readings.get(text) or make_reading(text)


def mood_by_states(reading: Reading, _text: str) -> TextMood:
    """The likeliest of the reading's states, as it is."""
    state, certainty = max(reading.states.items(), key=lambda item: item[1])
    return TextMood(state=LearningState(state), certainty=certainty, valence=reading.valence, arousal=reading.arousal)


def in_state(text: str, state: LearningState, *, valence: float = 0.0, category: str = "general") -> Reading:
    """A text that plainly sounds so."""
    return make_reading(text, states={state.value: 0.95, "neutral": 0.05}, valence=valence, category=category)
