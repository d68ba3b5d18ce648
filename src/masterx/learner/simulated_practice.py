"""Simulated learners over a school term: they differ, learn by practice, forget between sessions, answer by the 2PL.

What is assumed stands in `Term`. The latent state is kept beside each answer, so that an estimate can be compared with
what it estimates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masterx.learner.irt import Floats, logistics
from masterx.learner.response_log import Integers, ResponseLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Abilities are on the scale on which learners are N(0, 1)."""

    learners: int = 300
    skills: int = 12
    items_per_skill: int = 15
    weeks: int = 16
    sessions_per_week: int = 2
    answers_per_session: int = 12
    skills_per_session: int = 3
    skill_spread: float = 0.6
    """Standard deviation of a learner's skills around their ability."""
    gain: float = 0.10
    """Of a first answer in a skill, on average over learners; later ones gain less, down to none at `most`."""
    gain_spread: float = 0.5
    """Standard deviation of ln gain over learners: some learn faster."""
    most: float = 2.0
    forgetting: float = 0.03
    """Share of the gain that a day without practice of the skill takes."""
    discrimination_spread: float = 0.3
    """Of ln a."""
    difficulty_spread: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedLog:
    log: ResponseLog
    chances: Floats
    """Of a right answer, by the model that drew it."""
    abilities: Floats
    """In the skill of the response, when it was given."""
    weeks: Floats
    """Since the term began."""
    discriminations: Floats
    difficulties: Floats


def simulated_term(term: Term, seed: int) -> SimulatedLog:
    """The same seed gives the same answers."""
    rng = np.random.default_rng(seed)
    items = term.skills * term.items_per_skill
    slopes = np.exp(rng.normal(0.0, term.discrimination_spread, items))
    difficulties = rng.normal(0.0, term.difficulty_spread, items)
    start = rng.normal(0.0, 1.0, (term.learners, 1)) + rng.normal(0.0, term.skill_spread, (term.learners, term.skills))
    gains = term.gain * np.exp(rng.normal(0.0, term.gain_spread, term.learners))
    gained = np.zeros((term.learners, term.skills))
    last = np.zeros((term.learners, term.skills))
    everybody = np.arange(term.learners)
    columns: list[tuple[Integers, Integers, Floats, Floats]] = []
    days = _session_days(term)
    for day in days:
        offered = np.argsort(rng.random((term.learners, term.skills)), axis=1)[:, : term.skills_per_session]
        for _ in range(term.answers_per_session):
            skill = offered[everybody, rng.integers(0, offered.shape[1], term.learners)]
            item = skill * term.items_per_skill + rng.integers(0, term.items_per_skill, term.learners)
            kept = gained[everybody, skill] * np.exp(-term.forgetting * (day - last[everybody, skill]))
            ability = start[everybody, skill] + kept
            chance = logistics(slopes[item] * (ability - difficulties[item]))
            right = (rng.random(term.learners) < chance).astype(np.int64)
            columns.append((item, right, chance, ability))
            gained[everybody, skill] = kept + gains * np.maximum(1.0 - kept / term.most, 0.0)
            last[everybody, skill] = day
    item, right, chance, ability = (np.stack(column, axis=1).ravel() for column in zip(*columns, strict=True))
    weeks = np.tile(np.repeat(days / 7.0, term.answers_per_session), term.learners)
    users = np.repeat(everybody, len(columns))
    names = tuple(tuple(f"{kind}{number}" for number in range(count)) for kind, count in _counts(term))
    log = ResponseLog(users, item, item // term.items_per_skill, right, names[0], names[1], names[2])
    return SimulatedLog(log, chance, ability, weeks, slopes, difficulties)


def _session_days(term: Term) -> Floats:
    """Evenly over the term."""
    sessions = term.weeks * term.sessions_per_week
    return np.floor(np.arange(sessions) * 7.0 / term.sessions_per_week)


def _counts(term: Term) -> tuple[tuple[str, int], ...]:
    return ("learner ", term.learners), ("item ", term.skills * term.items_per_skill), ("skill ", term.skills)
