"""How far prediction of simulated practice stays below whoever knows every learner's state, and what can be reached.

    python -m benchmarks.learner [seeds]

Three quarters of the learners are trained on, one quarter is predicted response by response. Intervals are over
learners: 200 draws of them with replacement.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.learner_bayes import foreseen
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


def main() -> None:
    for seed in range(1, 1 + (int(sys.argv[1]) if len(sys.argv) > 1 else 1)):
        for term in TERMS:
            _compare(term, seed)


def _compare(term: Term, seed: int) -> None:
    practice = simulated_term(term, seed)
    held = practice.log.users % 4 == 0
    test = practice.log.where(held)
    found = evaluated(practice.log.where(~held), test, Mode.PRACTICE)
    best = foreseen(term, practice, np.unique(test.users).astype(np.float64))
    known = area_under_curve(test.correct, practice.chances[held])
    gap, low, high = _gap(test, best, found.chances)
    print(
        f"seed {seed}, {term.skills} skills, {len(practice.log) // term.learners} answers a learner:"
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
