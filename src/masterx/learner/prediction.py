"""How likely the next answer is right: a logistic regression over the logit of ability and the history."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

import numpy as np

from masterx.errors import ConfigurationError
from masterx.learner.ability import Ability
from masterx.learner.history import FEATURES, History
from masterx.learner.irt import Floats, ItemParameters, logistic, logit

SKILL_FEATURES = tuple(
    FEATURES.index(name) for name in ("bias", "skill_shift", "skill_successes", "skill_failures", "skill_recency")
)
"""Whose weights differ by skill, where a log was calibrated."""
ITEM_FEATURES = tuple(FEATURES.index(name) for name in ("bias", "surprise_fast", "surprise_slow", "surprise_last"))
"""Whose weights differ by item."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """`by_skill` and `by_item` are added for what they name."""

    shared: Floats
    by_skill: Mapping[str, Floats] = field(default_factory=dict)
    by_item: Mapping[str, Floats] = field(default_factory=dict)

    def chance(self, skill: str, item: str, features: Sequence[float]) -> float:
        """Of a right answer; above 0 and below 1."""
        total = float(self.shared @ np.asarray(features))
        own = self.by_skill.get(skill)
        if own is not None:
            total += sum(float(own[place]) * features[index] for place, index in enumerate(SKILL_FEATURES))
        own = self.by_item.get(item)
        if own is not None:
            total += sum(float(own[place]) * features[index] for place, index in enumerate(ITEM_FEATURES))
        return logistic(total)


def success_chance(
    ability: Ability,
    history: History,
    parameters: ItemParameters,
    skill: str,
    item: str,
    weights: Weights | None = None,
) -> float:
    """That this learner answers this item right, now. By default with the weights that are shipped."""
    by_ability = logit(ability.success_probability(parameters))
    features = history.features(skill, item, by_ability, by_ability)
    return (shipped_weights() if weights is None else weights).chance(skill, item, features)


@functools.cache
def shipped_weights() -> Weights:
    """From `weights.json`, learned from simulated learners: no log that may be used has repeats and skills."""
    try:
        text = resources.files("masterx.learner").joinpath("weights.json").read_text(encoding="utf-8")
        named = json.loads(text)["weights"]
        return Weights(np.array([float(named[name]) for name in FEATURES]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError("The learner model's weights.json is missing or damaged.") from error
