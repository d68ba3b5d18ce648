"""How far prediction of simulated practice stays below what can be foreseen, in worlds that learn in several ways.

    python -m benchmarks.learner [seeds]

Three quarters of the learners are trained on, one quarter is predicted response by response. Intervals are over
learners: 200 draws of them with replacement.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.learner_bayes import foreseen
from benchmarks.learner_worlds import World, all_or_nothing, by_heart, by_successes, without_items
from masterx.learner.evaluation import Mode, evaluated
from masterx.learner.irt import Floats
from masterx.learner.response_log import ResponseLog
from masterx.learner.scoring import area_under_curve
from masterx.learner.simulated_practice import Term, simulated_term

TERMS = (
    Term(),
    Term(skills=5, answers_per_session=15, sessions_per_week=3, learners=200),
    Term(skills=40, items_per_skill=8, weeks=30, learners=120),
    Term(skills=6, gain=0.03, forgetting=0.0, learners=200),
)
DRAWS = 200


UNSEEN = 0.2
"""Share of the items that the training log lacks, in one world."""


def main() -> None:
    for seed in range(1, 1 + (int(sys.argv[1]) if len(sys.argv) > 1 else 1)):
        for term in TERMS:
            _compare(_gradual(term, seed), seed)
        _compare(_gradual(TERMS[0], seed), seed, hidden=UNSEEN)
        for world in (all_or_nothing, by_successes, by_heart):
            _compare(world(seed), seed)


def _gradual(term: Term, seed: int) -> World:
    practice = simulated_term(term, seed)
    rows = practice.log.users % 4 == 0
    told = np.empty(len(practice.log))
    told[rows] = foreseen(term, practice, np.unique(practice.log.users[rows]).astype(np.float64))
    return World(f"gradual, {term.skills} skills", practice.log, practice.chances, told)


def _compare(world: World, seed: int, hidden: float = 0.0) -> None:
    held = world.log.users % 4 == 0
    train, test = world.log.where(~held), world.log.where(held)
    found = evaluated(without_items(train, hidden, seed), test, Mode.PRACTICE)
    best = world.foreseen[held]
    known = area_under_curve(test.correct, world.chances[held])
    gap, low, high = _gap(test, best, found.chances)
    print(
        f"seed {seed}, {world.name}, {len(world.log) // len(world.log.user_names)} answers a learner"
        f"{f', {hidden:.0%} of the items new' if hidden else ''}:"
        f" AUC {found.figures.auc:.4f}; by Bayes' rule in the model that drew the answers"
        f" {area_under_curve(test.correct, best):.4f}, {gap:.4f} more ({low:.4f} to {high:.4f});"
        f" by the true state {known:.4f}; ECE {found.figures.calibration_error:.4f};"
        f" {found.microseconds:.0f} µs of CPU a response",
        flush=True,
    )


def _gap(test: ResponseLog, best: Floats, ours: Floats) -> tuple[float, float, float]:
    """By how much the AUC is less, and between what it lies with 95 % certainty."""
    rng = np.random.default_rng(0)
    rows = [np.flatnonzero(test.users == user) for user in np.unique(test.users)]
    gaps = []
    for _ in range(DRAWS):
        drawn = np.concatenate([rows[place] for place in rng.integers(0, len(rows), len(rows))])
        correct = test.correct[drawn]
        gaps.append(area_under_curve(correct, best[drawn]) - area_under_curve(correct, ours[drawn]))
    whole = area_under_curve(test.correct, best) - area_under_curve(test.correct, ours)
    return whole, float(np.quantile(gaps, 0.025)), float(np.quantile(gaps, 0.975))


if __name__ == "__main__":
    main()
