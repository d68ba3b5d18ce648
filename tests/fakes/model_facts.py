"""Facts of a made-up model with three labels."""

from __future__ import annotations

from masterx.encoder.files import ModelFacts
from masterx.records.readings import CATEGORIES, STATES


def small_facts(**changes: object) -> ModelFacts:
    values: dict[str, object] = {
        "version": "test",
        "heads": "test",
        "window": 20,
        "labels": ("joy", "fear", "neutral"),
        "thresholds": (0.5, 0.3, 0.6),
        "slopes": (1.0, 0.5, 2.0),
        "offsets": (0.0, -1.0, 0.5),
        "word_share": 0.0,
        "dimension_word_shares": (0.0, 0.0, 0.0),
        "dimension_scale": (0.2, 0.1, 0.1),
        "dimension_offset": (0.1, 0.0, 0.05),
        "categories": CATEGORIES,
        "category_temperature": 1.0,
        "states": STATES,
        "state_temperature": 1.0,
    }
    return ModelFacts.model_validate(values | changes)
