"""Whoever knows how simulated learners learn and forget, and every item, but no learner's state: Bayes' rule on a grid.

No model that sees the answers alone can predict them better on average, so that it tells what a model may be asked for.
"""

from __future__ import annotations

import numpy as np

from masterx.learner.irt import Floats, logistics
from masterx.learner.simulated_practice import SimulatedLog, Term

GRID: Floats = np.linspace(-5.0, 5.0, 81)
GAINS = 13
"""Points on which the gain of a learner is not known."""


class _Learner:
    """One belief for each gain that a learner may have: of ability in all, and in each skill where it began."""

    def __init__(self, term: Term) -> None:
        spread = np.exp(-0.5 * ((GRID[:, None] - GRID[None, :]) / term.skill_spread) ** 2)
        self._term = term
        self._from_common: Floats = spread / spread.sum(axis=0, keepdims=True)
        self._common: Floats = -0.5 * GRID**2
        steps = np.linspace(-3.2, 3.2, GAINS)
        self._gains: Floats = term.gain * np.exp(steps * term.gain_spread)
        self._logs: Floats = -0.5 * steps**2
        self._starts = np.zeros((GAINS, term.skills, len(GRID)))
        self._told = np.zeros((GAINS, term.skills, len(GRID)))
        self._gained = np.zeros((GAINS, term.skills))
        self._last = np.zeros(term.skills)

    def answered(self, skill: int, day: float, item: tuple[float, float], *, correct: bool) -> float:
        """The chance of a right answer before it was known."""
        kept = self._gained[:, skill] * np.exp(-self._term.forgetting * (day - self._last[skill]))
        elsewhere = _shares(self._common + self._told.sum(axis=1) - self._told[:, skill])
        start = elsewhere @ self._from_common.T * np.exp(self._starts[:, skill])
        start /= start.sum(axis=1, keepdims=True)
        right = logistics(item[0] * (GRID[None, :] + kept[:, None] - item[1]))
        by_gain = (start * right).sum(axis=1)
        chance = float(_shares(self._logs[None, :])[0] @ by_gain)
        self._logs += np.log(by_gain if correct else 1.0 - by_gain)
        self._starts[:, skill] += np.log(right if correct else 1.0 - right)
        self._starts[:, skill] -= self._starts[:, skill].max(axis=1, keepdims=True)
        self._told[:, skill] = np.log(np.exp(self._starts[:, skill]) @ self._from_common)
        self._gained[:, skill] = kept + self._gains * np.maximum(1.0 - kept / self._term.most, 0.0)
        self._last[skill] = day
        return chance


def foreseen(term: Term, practice: SimulatedLog, learners: Floats) -> Floats:
    """The chances given to the rows of these learners, in the order of the log."""
    log, found = practice.log, []
    for user in learners:
        learner = _Learner(term)
        for row in np.flatnonzero(log.users == user):
            item = log.items[row]
            parameters = float(practice.discriminations[item]), float(practice.difficulties[item])
            day = float(practice.weeks[row]) * 7
            found.append(learner.answered(int(log.skills[row]), day, parameters, correct=bool(log.correct[row])))
    return np.array(found)


def _shares(logs: Floats) -> Floats:
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    result: Floats = shares / shares.sum(axis=1, keepdims=True)
    return result
