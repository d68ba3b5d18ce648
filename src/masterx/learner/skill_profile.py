"""A learner's abilities in many skills at once: each skill's own, held together by what is common to all.

A learner's ability in a skill is normal around their ability in everything; answers in one skill say something about
the others through it. Kept as one normal message from each skill, so that an update costs the same for three skills
as for three hundred. Between answers ability wanders, and grows a little by practice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from masterx.learner.irt import logistic


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillDynamics:
    """How abilities in skills differ and move. Variances."""

    population: float = 1.0
    spread: float = 0.36
    """Of a learner's skills around what is common to them."""
    walk: float = 0.01
    """That an answer in the skill adds to what is not known of it,"""
    wander: float = 0.001
    """and an answer in any other."""
    gain: float = 0.0
    """Ability gained by one answer in the skill, on average."""


CHOICES: dict[str, tuple[float, ...]] = {
    "spread": (0.05, 0.15, 0.36, 0.8),
    "walk": (0.0, 0.004, 0.01, 0.02, 0.04),
    "wander": (0.0, 0.0003, 0.001, 0.003),
    "gain": (0.0, 0.02, 0.04, 0.07),
    "population": (0.5, 1.0, 1.6),
}
"""What is tried, one field after the other, when a log tells how its learners move."""


@dataclass(slots=True)
class _Message:
    """What a skill's own answers say of the ability in it, and what that says of the common one."""

    precision: float = 0.0
    mean: float = 0.0
    last: int = 0
    common_precision: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """The ability in one skill: a normal distribution, and the chance of a right answer to one item."""

    mean: float
    variance: float
    chance: float
    prior_mean: float
    prior_variance: float
    slope: float


@dataclass(slots=True)
class SkillProfile:
    """Grows in place, as `history.History` does."""

    dynamics: SkillDynamics
    answered: int = 0
    _messages: dict[int, _Message] = field(default_factory=dict)
    _precision: float = 0.0
    _weighted: float = 0.0

    def standing(self, skill: int, discrimination: float, difficulty: float) -> Standing:
        """Before an answer to an item of these parameters."""
        message = self._messages.get(skill)
        precision, weighted = 1.0 / self.dynamics.population + self._precision, self._weighted
        if message is None:
            prior_mean, prior_variance = weighted / precision, 1.0 / precision + self.dynamics.spread
            mean, variance = prior_mean, prior_variance
        else:
            precision -= message.common_precision
            weighted -= message.common_precision * message.mean
            prior_mean, prior_variance = weighted / precision, 1.0 / precision + self.dynamics.spread
            own = self._widened(message)
            variance = 1.0 / (1.0 / prior_variance + own)
            mean = variance * (prior_mean / prior_variance + own * message.mean)
        # A logistic function averaged over a normal distribution is nearly a flatter one (MacKay 1992).
        slope = discrimination / math.sqrt(1.0 + math.pi / 8 * discrimination**2 * variance)
        return Standing(mean, variance, logistic(slope * (mean - difficulty)), prior_mean, prior_variance, slope)

    def update(self, skill: int, before: Standing, correct: bool) -> None:
        """After that answer."""
        told = before.slope**2 * before.chance * (1.0 - before.chance)
        variance = before.variance / (1.0 + told * before.variance)
        mean = before.mean + before.variance * before.slope * (correct - before.chance)
        message = self._messages.get(skill)
        if message is None:
            message = self._messages[skill] = _Message()
        self._precision -= message.common_precision
        self._weighted -= message.common_precision * message.mean
        self.answered += 1
        message.last = self.answered
        precision = max(1.0 / variance - 1.0 / before.prior_variance, 1e-6)
        said = (mean / variance - before.prior_mean / before.prior_variance) / precision
        message.mean = min(max(said, -6.0), 6.0) + self.dynamics.gain
        message.precision = 1.0 / (1.0 / precision + self.dynamics.walk)
        message.common_precision = 1.0 / (1.0 / message.precision + self.dynamics.spread)
        self._precision += message.common_precision
        self._weighted += message.common_precision * message.mean

    def _widened(self, message: _Message) -> float:
        return 1.0 / (1.0 / message.precision + self.dynamics.wander * (self.answered - message.last))


def neighbours(dynamics: SkillDynamics, name: str) -> list[SkillDynamics]:
    """The same with each other choice of one field."""
    return [replace(dynamics, **{name: value}) for value in CHOICES[name] if value != getattr(dynamics, name)]
