"""How fast somebody learns: concepts mastered per hour of practice, ability gained per week, and their errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from masterx.learner.irt import Floats, ItemParameters, logistics

WEEK = timedelta(weeks=1)
LEAST_ANSWERS = 12
LEAST_SPAN = timedelta(days=3)
"""Over a shorter time a trend is noise: no rate is given."""
LEAST_HOURS = 0.25
IN_95_PERCENT = 1.96

_LEVEL_DEVIATION = 1.5
_RATE_DEVIATION = 1.0
"""Wide priors, of ability at the middle of the time and of its gain per week: they keep a learner with only right
answers finite, and hardly pull anybody else."""
_STEPS = 25
_LONGEST_STEP = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One graded answer and when it was given. `score` is 0 to 1."""

    at: datetime
    item: ItemParameters
    score: float


@dataclass(frozen=True, slots=True)
class Rate:
    """An estimate and its standard error, in the same unit."""

    value: float
    error: float

    @property
    def interval(self) -> tuple[float, float]:
        """That covers the truth 95 % of the time."""
        return self.value - IN_95_PERCENT * self.error, self.value + IN_95_PERCENT * self.error


def learning_velocity(concepts_mastered: int, practice: timedelta) -> Rate:
    """Concepts per hour of practice; the error is that of a count (Poisson's, with half a concept added).

    Below a quarter of an hour the time counts as that, so that one lucky minute is no record.
    """
    hours = max(practice / timedelta(hours=1), LEAST_HOURS)
    return Rate(concepts_mastered / hours, math.sqrt(concepts_mastered + 0.5) / hours)


def improvement_rate(answers: Sequence[Answer]) -> Rate | None:
    """Ability gained per week over the time of these answers, in any order; None where they say too little.

    The 2PL likelihood of a line through time, theta + rate * weeks, at its posterior mode; the error is from the
    curvature there. Where ability does not move on a line, it is the slope of the line that fits it best.
    """
    if len(answers) < LEAST_ANSWERS:
        return None
    first = min(each.at for each in answers)
    weeks = np.array([(each.at - first) / WEEK for each in answers])
    if float(np.ptp(weeks)) * WEEK < LEAST_SPAN:
        return None
    slopes = np.array([each.item.discrimination for each in answers])
    difficulties = np.array([each.item.difficulty for each in answers])
    scores = np.array([each.score for each in answers])
    return fitted_rate(weeks, slopes, difficulties, scores)


def fitted_rate(weeks: Floats, discriminations: Floats, difficulties: Floats, scores: Floats) -> Rate:
    """The same, from columns."""
    columns = np.stack([np.ones_like(weeks), weeks - weeks.mean()], axis=1)
    precision = np.diag([_LEVEL_DEVIATION**-2, _RATE_DEVIATION**-2])
    line = np.zeros(2)
    curvature = precision
    for _ in range(_STEPS):
        right = logistics(discriminations * (columns @ line - difficulties))
        gradient = columns.T @ (discriminations * (scores - right)) - precision @ line
        curvature = (columns * (discriminations**2 * right * (1.0 - right))[:, None]).T @ columns + precision
        step = np.clip(np.linalg.solve(curvature, gradient), -_LONGEST_STEP, _LONGEST_STEP)
        line = line + step
        if float(np.abs(step).max()) < 1e-6:
            break
    return Rate(float(line[1]), math.sqrt(float(np.linalg.inv(curvature)[1, 1])))
