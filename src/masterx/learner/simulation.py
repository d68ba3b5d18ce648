"""Simulated learners whose ability is known: how near the estimates come, and what the choice of items is worth.

Everything is drawn from a seed, so that the same command prints the same figures.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from masterx.learner.ability import Ability, prior, updated
from masterx.learner.irt import Floats, ItemParameters, success_probability
from masterx.learner.mastery import CONCEPT_SPREAD, MASTERED_SUCCESS, first_met, practised
from masterx.learner.selection import Candidates, candidates_of, drawn, practice_order
from masterx.learner.velocity import Rate, fitted_rate

CHECKPOINTS = (10, 20, 30)
Progress = Callable[[str, float], None]


def _silent(_what: str, _share: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Of the estimate of abilities that stand still, with items chosen as in practice."""

    root_mean_square_error: dict[int, float]
    """By the number of items answered."""
    success: float
    """Share right of the first twenty."""
    within_two_errors: float
    """Share of learners whose ability lay within two stated standard errors, at the end."""
    most_shown: float
    """Share of learners who met the item that was shown most."""


def drawn_items(count: int, rng: np.random.Generator) -> list[ItemParameters]:
    """Ln a ~ N(0, 0.3), b ~ N(0, 1)."""
    slopes, difficulties = np.exp(rng.normal(0.0, 0.3, count)), rng.normal(0.0, 1.0, count)
    return [ItemParameters(float(slope), float(where)) for slope, where in zip(slopes, difficulties, strict=True)]


def precision(learners: int, items: int, seed: int, progress: Progress = _silent) -> Precision:
    """`learners` from N(0, 1) practise on one bank, each item once, for thirty items."""
    rng, choice = np.random.default_rng(seed), random.Random(seed)  # noqa: S311 (a simulation)
    bank = drawn_items(items, rng)
    candidates = candidates_of(bank)
    errors: dict[int, list[float]] = {count: [] for count in CHECKPOINTS}
    shown, right, inside = np.zeros(items), 0.0, 0
    for number in range(learners):
        theta = float(rng.normal())
        ability, left, open_items = prior(), list(range(items)), candidates
        for answered in range(1, CHECKPOINTS[-1] + 1):
            place = drawn(practice_order(ability, open_items), choice)
            item = left.pop(place)
            open_items = open_items.without(place)
            shown[item] += 1
            score = float(rng.random() < success_probability(theta, bank[item]))
            ability = updated(ability, bank[item], score)
            right += score if answered <= 20 else 0.0
            if answered in errors:
                errors[answered].append(ability.theta - theta)
        inside += abs(ability.theta - theta) <= 2 * ability.standard_error
        progress("precision", (number + 1) / learners)
    return Precision(
        root_mean_square_error={count: float(np.sqrt(np.mean(np.square(off)))) for count, off in errors.items()},
        success=right / (20 * learners),
        within_two_errors=inside / learners,
        most_shown=float(shown.max()) / learners,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Of learners who gain and forget over weeks: how well the gain per week is told."""

    error: float
    """Root mean square of estimate less truth, in ability per week."""
    covered: float
    """Share of 95 % intervals that held the truth."""
    mean_width: float
    """Of an interval."""
    velocity_error: float
    """Of concepts per hour: the mean absolute difference from those truly mastered, per hour."""
    velocity: float
    """Concepts truly mastered per hour, on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growing:
    """What is assumed of a learner whose ability moves in sessions over weeks."""

    weeks: int = 8
    sessions_per_week: int = 3
    answers_per_session: int = 8
    gain_per_session: float = 0.05
    gain_spread: float = 0.05
    """Standard deviation over learners."""
    forgetting_per_week: float = 0.10
    """Share of what was gained so far."""


def growth(learners: int, seed: int, assumed: Growing | None = None, progress: Progress = _silent) -> Growth:
    """The truth is the slope of the line that fits true ability at the answers best."""
    assumed = assumed or Growing()
    rng = np.random.default_rng(seed)
    errors, widths, covered = [], [], 0
    velocities: list[tuple[float, float]] = []
    for number in range(learners):
        weeks, abilities = _course(assumed, rng)
        slopes = np.exp(rng.normal(0.0, 0.3, len(weeks)))
        difficulties = abilities - 1.2 / slopes + rng.normal(0.0, 0.4, len(weeks))
        chances = 1.0 / (1.0 + np.exp(-slopes * (abilities - difficulties)))
        rate = fitted_rate(weeks, slopes, difficulties, (rng.random(len(weeks)) < chances).astype(np.float64))
        truth = float(np.polyfit(weeks, abilities, 1)[0])
        errors.append(rate.value - truth)
        widths.append(2 * 1.96 * rate.error)
        covered += _holds(rate, truth)
        velocities.append(_velocity(rng))
        progress("growth", (number + 1) / learners)
    said, true = np.array(velocities).T
    return Growth(
        error=float(np.sqrt(np.mean(np.square(errors)))),
        covered=covered / learners,
        mean_width=float(np.mean(widths)),
        velocity_error=float(np.mean(np.abs(said - true))),
        velocity=float(np.mean(true)),
    )


def _holds(rate: Rate, truth: float) -> bool:
    low, high = rate.interval
    return low <= truth <= high


def _course(assumed: Growing, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """When each answer is given, and the ability then."""
    start = float(rng.normal())
    gain = float(rng.normal(assumed.gain_per_session, assumed.gain_spread))
    kept = (1.0 - assumed.forgetting_per_week) ** (1.0 / assumed.sessions_per_week)
    gained, weeks, abilities = 0.0, [], []
    for session in range(assumed.weeks * assumed.sessions_per_week):
        for _ in range(assumed.answers_per_session):
            weeks.append(session / assumed.sessions_per_week)
            abilities.append(start + gained)
        gained = gained * kept + gain
    return np.array(weeks), np.array(abilities)


CONCEPTS, CONCEPT_ANSWERS, SECONDS_PER_ANSWER = 12, 10, 60.0


def _velocity(rng: np.random.Generator) -> tuple[float, float]:
    """Concepts per hour as told by `mastery`, and as they truly are, for one learner on average items."""
    subject = float(rng.normal(0.5, 1.0))
    said = true = 0
    for _ in range(CONCEPTS):
        theta = subject + CONCEPT_SPREAD * float(rng.normal())
        concept = first_met(prior(subject, 0.4))
        for _ in range(CONCEPT_ANSWERS):
            item = ItemParameters(float(np.exp(rng.normal(0, 0.3))), float(rng.normal(0.0, 0.7)))
            concept = practised(concept, item, float(rng.random() < success_probability(theta, item)), drift=0.0)
        said += concept.is_mastered
        true += success_probability(theta, ItemParameters()) >= MASTERED_SUCCESS
    hours = CONCEPTS * CONCEPT_ANSWERS * SECONDS_PER_ANSWER / 3600
    return said / hours, true / hours


class Choice(StrEnum):
    ADAPTIVE = "adaptive"
    FIXED = "fixed order"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What is assumed of learning from one answer: most where success is likely but not sure.

    An item that is answered right with chance p gives `most` * 4 p (1 - p), and `when_wrong` of that when the answer is
    wrong: one far too hard or far too easy teaches little. On average that peaks at p = 0.61, below the zone, so the
    assumption does not favour it. Between sessions a share of the gain is forgotten. An answer takes `seconds`, a wrong
    one half as much again.
    """

    most: float = 0.015
    when_wrong: float = 0.25
    sessions: int = 10
    minutes: float = 20.0
    seconds: float = 50.0
    forgotten: float = 0.05
    items: int = 300
    chapters: int = 10
    """Of the fixed order, each from easy to hard, as in a textbook."""


def gain_per_hour(
    choice: Choice, learners: int, seed: int, assumed: Learning | None = None, progress: Progress = _silent
) -> tuple[float, float]:
    """True ability gained per hour of practice, on average over learners, and the standard error of that."""
    assumed = assumed or Learning()
    rng, pick = np.random.default_rng(seed), random.Random(seed)  # noqa: S311 (a simulation)
    bank = drawn_items(assumed.items, rng)
    by_difficulty = sorted(range(assumed.items), key=lambda index: bank[index].difficulty)
    textbook = [index for chapter in range(assumed.chapters) for index in by_difficulty[chapter :: assumed.chapters]]
    candidates = candidates_of(bank)
    hours = assumed.sessions * assumed.minutes / 60
    gains = []
    for number in range(learners):
        start = float(rng.normal())
        theta = _practised(choice, start, assumed, (bank, candidates, textbook), (rng, pick))
        gains.append((theta - start) / hours)
        progress(choice.value, (number + 1) / learners)
    return float(np.mean(gains)), float(np.std(gains) / np.sqrt(learners))


Bank = tuple[list[ItemParameters], Candidates, list[int]]


def _practised(
    choice: Choice, start: float, assumed: Learning, bank: Bank, draws: tuple[np.random.Generator, random.Random]
) -> float:
    """Ability after all sessions."""
    items, candidates, textbook = bank
    rng, pick = draws
    theta, ability, answered = start, prior(), 0
    recent: list[int] = []
    for _ in range(assumed.sessions):
        left = assumed.minutes * 60
        while left > 0:
            item = _chosen(choice, ability, candidates, textbook, (recent, answered), pick)
            recent = [*recent[-40:], item]
            answered += 1
            chance = success_probability(theta, items[item])
            right = float(rng.random() < chance)
            left -= assumed.seconds * (1.0 if right else 1.5)
            theta += assumed.most * 4 * chance * (1 - chance) * (assumed.when_wrong + (1 - assumed.when_wrong) * right)
            ability = updated(ability, items[item], right, drift=0.05)
        theta -= assumed.forgotten * (theta - start)
    return theta


def _chosen(
    choice: Choice,
    ability: Ability,
    candidates: Candidates,
    textbook: Sequence[int],
    course: tuple[list[int], int],
    pick: random.Random,
) -> int:
    recent, answered = course
    if choice is Choice.RANDOM:
        return pick.randrange(len(candidates))
    if choice is Choice.FIXED:
        return textbook[answered % len(textbook)]
    avoided = set(recent)
    order = [index for index in practice_order(ability, candidates)[: len(avoided) + 10] if index not in avoided]
    return drawn(order, pick)
