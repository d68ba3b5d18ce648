"""Learners who do not learn as the model assumes: all at once, by their successes and failures, by heart.

Each world says, beside the chance by which an answer was drawn, what can be foreseen by whoever knows every number of
the world but no learner's state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from masterx.learner.irt import Floats, logistic, logistics
from masterx.learner.response_log import Integers, ResponseLog

GRID: Floats = np.linspace(-4.0, 4.0, 61)


@dataclass(frozen=True, slots=True, eq=False)
class World:
    name: str
    log: ResponseLog
    chances: Floats
    """By which the answers were drawn."""
    foreseen: Floats
    """By Bayes' rule from the answers so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    learners: int = 240
    skills: int = 12
    items_per_skill: int = 12
    answers: int = 300
    block: int = 6
    """Answers in one skill before another comes."""


def all_or_nothing(seed: int, size: Size | None = None) -> World:
    """A skill is known or not, is learned at one stroke and seldom forgotten (Corbett and Anderson 1994); items differ
    in how easily they are guessed and slipped at.
    """
    size = size or Size()
    rng = np.random.default_rng(seed)
    known_at_first = rng.beta(2, 4, size.skills)
    learning, forgetting = rng.uniform(0.05, 0.25, size.skills), 0.01
    guesses = rng.uniform(0.10, 0.35, size.skills * size.items_per_skill)
    slips = rng.uniform(0.03, 0.20, size.skills * size.items_per_skill)
    chances, beliefs = [], []

    def learner() -> Callable[[int, int], int]:
        knows = rng.random(size.skills) < known_at_first
        belief = known_at_first.copy()

        def answer(skill: int, item: int) -> int:
            chances.append(1 - slips[item] if knows[skill] else guesses[item])
            beliefs.append(belief[skill] * (1 - slips[item]) + (1 - belief[skill]) * guesses[item])
            right = rng.random() < chances[-1]
            if_known, if_not = (1 - slips[item], guesses[item]) if right else (slips[item], 1 - guesses[item])
            told = belief[skill] * if_known / (belief[skill] * if_known + (1 - belief[skill]) * if_not)
            belief[skill] = told * (1 - forgetting) + (1 - told) * learning[skill]
            moves = rng.random() < (forgetting if knows[skill] else learning[skill])
            knows[skill] ^= moves
            return int(right)

        return answer

    log = _practised(size, rng, learner)
    return World("all or nothing", log, np.array(chances), np.array(beliefs))


def by_successes(seed: int, size: Size | None = None) -> World:
    """Each success in a skill adds to the next chance and each failure too, less (Pavlik, Cen and Koedinger 2009);
    beside that learners differ, and an item that was right once is easier.
    """
    size = size or Size()
    rng = np.random.default_rng(seed)
    easiness = rng.normal(0.0, 0.8, size.skills * size.items_per_skill)
    base = rng.normal(-0.6, 0.4, size.skills)
    gains, lessons = rng.uniform(0.05, 0.20, size.skills), rng.uniform(0.0, 0.08, size.skills)
    return _remembering("by successes", size, rng, (easiness, base, gains, lessons), by_heart=0.5)


def by_heart(seed: int, size: Size | None = None) -> World:
    """Few items that come again and again, and are learned one by one."""
    size = size or Size(items_per_skill=3)
    rng = np.random.default_rng(seed)
    easiness = rng.normal(0.0, 1.0, size.skills * size.items_per_skill)
    none = np.zeros(size.skills)
    return _remembering("by heart", size, rng, (easiness, rng.normal(-0.5, 0.3, size.skills), none, none), by_heart=1.5)


def _remembering(
    name: str, size: Size, rng: np.random.Generator, numbers: tuple[Floats, Floats, Floats, Floats], *, by_heart: float
) -> World:
    easiness, base, gains, lessons = numbers
    chances, foreseen = [], []

    def learner() -> Callable[[int, int], int]:
        theta, logs = float(rng.normal(0.0, 0.7)), -0.5 * (GRID / 0.7) ** 2
        right_in, wrong_in, last = np.zeros(size.skills), np.zeros(size.skills), dict[int, int]()

        def answer(skill: int, item: int) -> int:
            level = easiness[item] + base[skill] + gains[skill] * right_in[skill] + lessons[skill] * wrong_in[skill]
            level = min(level, 3.0) + by_heart * last.get(item, 0)
            by_theta = logistics(GRID + level)
            weights = np.exp(logs - logs.max())
            chances.append(logistic(theta + level))
            foreseen.append(float(weights @ by_theta / weights.sum()))
            right = bool(rng.random() < chances[-1])
            logs[:] += np.log(by_theta if right else 1 - by_theta)
            last[item] = 1 if right else last.get(item, 0)
            (right_in if right else wrong_in)[skill] += 1
            return int(right)

        return answer

    log = _practised(size, rng, learner)
    return World(name, log, np.array(chances), np.array(foreseen))


def _practised(size: Size, rng: np.random.Generator, learner: Callable[[], Callable[[int, int], int]]) -> ResponseLog:
    """Skills come in blocks, at random, items of a skill at random."""
    items: list[int] = []
    right: list[int] = []
    for _ in range(size.learners):
        answer, skill = learner(), 0
        for number in range(size.answers):
            if number % size.block == 0:
                skill = int(rng.integers(size.skills))
            item = skill * size.items_per_skill + int(rng.integers(size.items_per_skill))
            right.append(answer(skill, item))
            items.append(item)
    codes: Integers = np.array(items, dtype=np.int64)
    users = np.repeat(np.arange(size.learners), size.answers)
    counts = (("learner", size.learners), ("item", size.skills * size.items_per_skill), ("skill", size.skills))
    names = [tuple(f"{kind} {number}" for number in range(count)) for kind, count in counts]
    answers: Integers = np.array(right, dtype=np.int64)
    return ResponseLog(users, codes, codes // size.items_per_skill, answers, names[0], names[1], names[2])


def without_items(log: ResponseLog, share: float, seed: int) -> ResponseLog:
    """The rows of a share of the items left out: a training log that has never seen them."""
    rng = np.random.default_rng(seed)
    hidden = np.flatnonzero(rng.random(len(log.item_names)) < share)
    return log.where(~np.isin(log.items, hidden))
