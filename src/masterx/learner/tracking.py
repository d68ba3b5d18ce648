"""A calibrated model, and one learner followed through it: predict, then learn from the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from masterx.learner import factors
from masterx.learner.ability import GRID, Ability, drifted
from masterx.learner.calibration import Calibration
from masterx.learner.factors import FactorModel
from masterx.learner.history import FEATURES, History
from masterx.learner.irt import Floats, logistics, logit
from masterx.learner.item_learning import LearnedItem, authored, learned
from masterx.learner.knowledge_tracing import Knowledge
from masterx.learner.prediction import Weights
from masterx.learner.skill_profile import SkillDynamics, SkillProfile, Standing

PLAIN = Weights(np.array([1.0 if name in {"ability", "profile"} else 0.0 for name in FEATURES]))
"""Before any are learned: what the profile says."""


@dataclass(slots=True, eq=False)
class Model:
    """What is known of items; those in `learning` had too few responses and go on learning from every learner."""

    calibration: Calibration
    profiles: FactorModel | SkillDynamics
    """Hidden abilities beside the one on the grid: of tests, factors; of practice, one for each skill."""
    weights: Weights
    drift: float
    item_names: tuple[str, ...]
    skill_names: tuple[str, ...]
    curves: Floats
    learning: dict[int, LearnedItem]
    knowledge: Knowledge | None = None
    """Of practice: whether skills are known, learned at one stroke."""


class _Profile(Protocol):
    def chance(self, item: int, skill: int) -> float: ...

    def update(self, skill: int, correct: bool) -> None: ...


@dataclass(slots=True, eq=False)
class _Prediction:
    """What one prediction worked out and the update needs."""

    curve: Floats
    ability_logit: float
    chance: float
    features: list[float]


def model_of(
    calibration: Calibration,
    profiles: FactorModel | SkillDynamics,
    few: list[int],
    drift: float,
    names: tuple[tuple[str, ...], tuple[str, ...]],
    knowledge: Knowledge | None = None,
) -> Model:
    """`few` are the items to go on learning; `names` are of items and of skills."""
    curves = logistics(calibration.discriminations[:, None] * (GRID - calibration.difficulties[:, None]))
    learning = {index: authored(calibration.item(index)) for index in few}
    return Model(calibration, profiles, PLAIN, drift, names[0], names[1], curves, learning, knowledge)


def with_weights(model: Model, weights: Weights) -> Model:
    return replace(model, weights=weights)


class Learner:
    """One learner's way through a model. For each response: `predict`, then `update`."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._ability = model.calibration.population
        self._profile = _profile_of(model)
        self._history = History()
        self._known: dict[int, float] = {}
        self._prediction: _Prediction | None = None

    @property
    def features(self) -> list[float]:
        """Of the newest prediction."""
        return self._prediction.features if self._prediction else []

    def predict(self, item: int, skill: int) -> float:
        """The chance of a right answer."""
        self._prediction = self._foreseen(item, skill)
        return self._prediction.chance

    def update(self, item: int, skill: int, correct: bool) -> None:
        """With the answer to what was predicted last."""
        seen, model = self._prediction or self._foreseen(item, skill), self._model
        if item in model.learning:
            _learn(model, item, self._ability, correct)
        weights = self._ability.weights * np.maximum(seen.curve if correct else 1.0 - seen.curve, 1e-12)
        self._ability = drifted(Ability(weights / weights.sum()), model.drift)
        self._profile.update(skill, correct)
        if model.knowledge is not None:
            self._known[skill] = model.knowledge.after(self._knows(skill), skill, item, correct)
        names = model.skill_names[skill], model.item_names[item]
        self._history.record(*names, correct, seen.ability_logit, seen.chance)
        self._prediction = None

    def _foreseen(self, item: int, skill: int) -> _Prediction:
        model = self._model
        curve = model.curves[item]
        by_ability = logit(float(self._ability.weights @ curve))
        names = model.skill_names[skill], model.item_names[item]
        by_profile = logit(self._profile.chance(item, skill))
        known = None if model.knowledge is None else logit(model.knowledge.chance(self._knows(skill), item))
        features = self._history.features(*names, by_ability, by_profile, known)
        chance = model.weights.chance(*names, features)
        return _Prediction(curve, by_ability, chance, features)

    def _knows(self, skill: int) -> float:
        found = self._known.get(skill)
        knowledge = self._model.knowledge
        return found if found is not None else 0.0 if knowledge is None else float(knowledge.first[skill])


class _FactorProfile:
    def __init__(self, model: FactorModel, drift: float) -> None:
        self._model = model
        self._drift = drift
        self._profile = factors.unknown(model.loadings.shape[1])
        self._seen: factors.Outlook | None = None

    def chance(self, item: int, skill: int) -> float:  # noqa: ARG002 (factors are found, not named)
        self._seen = factors.outlook(self._profile, self._model.loadings[item], float(self._model.intercepts[item]))
        return self._seen.success

    def update(self, skill: int, correct: bool) -> None:  # noqa: ARG002
        if self._seen is not None:
            self._profile = factors.updated(self._profile, self._seen, correct, self._drift)


class _SkillProfile:
    def __init__(self, calibration: Calibration, dynamics: SkillDynamics) -> None:
        self._calibration = calibration
        self._profile = SkillProfile(dynamics)
        self._seen: Standing | None = None

    def chance(self, item: int, skill: int) -> float:
        slope, difficulty = self._calibration.discriminations[item], self._calibration.difficulties[item]
        self._seen = self._profile.standing(skill, float(slope), float(difficulty))
        return self._seen.chance

    def update(self, skill: int, correct: bool) -> None:
        if self._seen is not None:
            self._profile.update(skill, self._seen, correct)


def _profile_of(model: Model) -> _Profile:
    if isinstance(model.profiles, FactorModel):
        return _FactorProfile(model.profiles, model.drift)
    return _SkillProfile(model.calibration, model.profiles)


def _learn(model: Model, item: int, ability: Ability, correct: bool) -> None:
    after = learned(model.learning[item], ability, float(correct))
    model.learning[item] = after
    parameters = after.parameters
    if isinstance(model.profiles, FactorModel):
        moved = parameters.discrimination * (parameters.difficulty - model.calibration.difficulties[item])
        model.profiles.intercepts[item] -= moved
    model.curves[item] = logistics(parameters.discrimination * (GRID - parameters.difficulty))
    model.calibration.difficulties[item] = parameters.difficulty
