"""Learn the weights of the history from simulated terms, and write them where the package reads them.

    python -m training.learner.history_weights

Items are calibrated on two thirds of the learners and the features taken from the others, as `evaluate` does.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from masterx.learner.ability import PRACTICE_DRIFT
from masterx.learner.calibration import calibrated
from masterx.learner.cells import cells_of
from masterx.learner.evaluation import PIECE, folds_of, followed
from masterx.learner.history import FEATURES
from masterx.learner.prediction_fitting import fitted_shared
from masterx.learner.scoring import figures
from masterx.learner.simulated_practice import Term, simulated_term
from masterx.learner.skill_profile import SkillDynamics
from masterx.learner.tracking import model_of

TERMS = (
    Term(learners=150),
    Term(learners=150, gain=0.05, forgetting=0.06),
    Term(learners=150, gain=0.15, forgetting=0.01, skills=6),
)
LEFT_OUT = ("profile", "known", "item_known", "surprise_fast", "surprise_slow", "surprise_last")
"""A server knows ability, not the profile of an offline calibration nor which skills are known by it; and simulated
learners learn nothing by heart and have no moods, so that what either would be worth cannot be learned from them."""
WEIGHTS = Path(__file__).resolve().parents[2] / "src" / "masterx" / "learner" / "weights.json"


def main() -> None:
    features, correct = [], []
    for seed, term in enumerate(TERMS, start=1):
        log = simulated_term(term, seed).log
        held = folds_of(log) == 0
        calibration = calibrated(cells_of(log.where(~held), PIECE))
        model = model_of(calibration, SkillDynamics(), [], PRACTICE_DRIFT, (log.item_names, log.skill_names))
        _, found = followed(model, log.where(held))
        found[:, [FEATURES.index(name) for name in LEFT_OUT]] = 0.0
        features.append(found)
        correct.append(log.correct[held])
    table, answers = np.concatenate(features), np.concatenate(correct)
    weights = fitted_shared(table, answers.astype(np.float64))
    chances = 1.0 / (1.0 + np.exp(-(table @ weights)))
    plain = 1.0 / (1.0 + np.exp(-table[:, FEATURES.index("ability")]))
    print("by ability alone:", figures(answers, plain))
    print("with the history:", figures(answers, chances))
    named = {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)}
    made = f"training/learner/history_weights.py, from {len(answers)} answers of simulated learners"
    WEIGHTS.write_text(json.dumps({"made": made, "weights": named}, indent=2) + "\n")
    print(named)


if __name__ == "__main__":
    main()
