"""How far prediction of simulated practice stays below whoever knows every learner's state.

    python -m benchmarks.learner

Three quarters of the learners are trained on, one quarter is predicted response by response.
"""

from __future__ import annotations

from masterx.learner.evaluation import Mode, evaluated
from masterx.learner.scoring import area_under_curve
from masterx.learner.simulated_practice import Term, simulated_term

TERMS = (Term(), Term(skills=5, answers_per_session=15, sessions_per_week=3, learners=200))


def main() -> None:
    for term in TERMS:
        practice = simulated_term(term, 1)
        held = practice.log.users % 4 == 0
        test = practice.log.where(held)
        found = evaluated(practice.log.where(~held), test, Mode.PRACTICE)
        best = area_under_curve(test.correct, practice.chances[held])
        answers = len(practice.log) // term.learners
        error = found.figures.calibration_error
        print(
            f"{term.skills} skills, {answers} answers a learner: AUC {found.figures.auc:.4f},"
            f" by the true state {best:.4f}, {best - found.figures.auc:.4f} less; ECE {error:.4f};"
            f" {found.microseconds:.0f} µs of CPU a response"
        )


if __name__ == "__main__":
    main()
