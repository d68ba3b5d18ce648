"""How well questions are told apart that need the strong model: `python -m benchmarks.routing_difficulty FOLDER`.

Cross-validation of what `masterx routing evaluate` trains (`routing.difficulty.gain`), inside `mmlu.csv.gz` and
`gsm8k.csv.gz` of the folder: five folds, equal prompts in one of them, drawn anew for each seed. With 95 % intervals:

- of APGR, by drawing prompts with replacement (equal ones together);
- of how much it has over length and over chance, by drawing prompts, paired;
- of the same by folds, paired, with a t test whose variance allows for what training sets share (Nadeau and Bengio,
  "Inference for the Generalization Error", 2003).

Some minutes of one core.
"""

from __future__ import annotations

import argparse
import json
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from masterx.cli.routing import embeddings_of
from masterx.encoder.model import TextModel
from masterx.routing.difficulty.cost_quality import cost_quality
from masterx.routing.difficulty.gain import learn
from masterx.routing.difficulty.outcomes import Outcomes, read_outcomes

SETS = ("mmlu", "gsm8k")
FOLDS = 5
DRAWS = 400
STUDENT_95 = {4: 2.776, 9: 2.262, 14: 2.145, 19: 2.093, 24: 2.064}
"""Of Student's t, by degrees of freedom."""

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


def places_of(outcomes: Outcomes) -> Places:
    """The same number for equal prompts."""
    places = {prompt: place for place, prompt in enumerate(dict.fromkeys(outcomes.prompts))}
    return np.array([places[prompt] for prompt in outcomes.prompts])


def held_out(outcomes: Outcomes, embeddings: NDArray[np.float32], folds: Places) -> Floats:
    """For each question, what those outside of its fold say."""
    scores = np.zeros(len(outcomes))
    for fold in range(FOLDS):
        known, new = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        train, test = outcomes.where(known), outcomes.where(new)
        scores[new] = learn(train.prompts, embeddings[known], train.gain).predict(test.prompts, embeddings[new])
    return scores


def interval(values: list[float]) -> list[float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return [round(float(low), 4), round(float(high), 4)]


def by_prompts(scores: Floats, others: dict[str, Floats], gain: Floats, places: Places) -> dict[str, list[float]]:
    """Of APGR itself, and of what it has over each of the others."""
    generator = np.random.default_rng(1)
    rows_of = np.split(np.argsort(places, kind="stable"), np.cumsum(np.bincount(places))[:-1])
    found: dict[str, list[float]] = {"apgr": [], **{name: [] for name in others}}
    for _ in range(DRAWS):
        rows = np.concatenate([rows_of[place] for place in generator.integers(0, len(rows_of), len(rows_of))])
        own = cost_quality(scores[rows], gain[rows]).apgr
        found["apgr"].append(own)
        for name, other in others.items():
            found[name].append(own - cost_quality(other[rows], gain[rows]).apgr)
    return {name: interval(values) for name, values in found.items()}


def by_folds(apart: list[float]) -> list[float]:
    """Mean difference over all folds of all seeds, and its 95 % interval."""
    mean, count = float(np.mean(apart)), len(apart)
    error = sqrt(float(np.var(apart, ddof=1)) * (1 / count + 1 / (FOLDS - 1)))
    factor = STUDENT_95.get(count - 1, 1.96)
    return [round(mean, 4), round(mean - factor * error, 4), round(mean + factor * error, 4)]


def measured(outcomes: Outcomes, embeddings: NDArray[np.float32], seeds: int) -> dict[str, object]:
    places, gain = places_of(outcomes), outcomes.gain
    others = {
        "over_length": np.array([len(prompt) for prompt in outcomes.prompts], dtype=float),
        "over_chance": np.zeros(len(outcomes)),
    }
    runs: list[Floats] = []
    together, mean_of_folds = [], []
    apart: dict[str, list[float]] = {name: [] for name in others}
    for seed in range(1, seeds + 1):
        folds = np.random.default_rng(seed).integers(0, FOLDS, int(places.max()) + 1)[places]
        scores = held_out(outcomes, embeddings, folds)
        runs.append(scores)
        together.append(cost_quality(scores, gain))
        in_folds = []
        for fold in range(FOLDS):
            rows = folds == fold
            in_folds.append(cost_quality(scores[rows], gain[rows]).apgr)
            for name, other in others.items():
                apart[name].append(in_folds[-1] - cost_quality(other[rows], gain[rows]).apgr)
        mean_of_folds.append(float(np.mean(in_folds)))
    return {
        "questions": len(outcomes),
        "left_out": outcomes.left_out,
        "apgr_by_seed": [round(each.apgr, 4) for each in together],
        "apgr": round(float(np.mean([each.apgr for each in together])), 4),
        "cpt50": round(float(np.mean([each.cpt50 for each in together])), 4),
        "cpt80": round(float(np.mean([each.cpt80 for each in together])), 4),
        "mean_of_folds": round(float(np.mean(mean_of_folds)), 4),
        "by_length": round(cost_quality(others["over_length"], gain).apgr, 4),
        "by_prompts_95": by_prompts(runs[0], others, gain, places),
        "by_folds_mean_and_95": {name: by_folds(values) for name, values in apart.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with mmlu.csv.gz and gsm8k.csv.gz")
    parser.add_argument("--seeds", type=int, default=3, help="of folds, from 1 on")
    options = parser.parse_args()
    model = TextModel.load()
    for name in reversed(SETS):
        outcomes = read_outcomes(options.data / f"{name}.csv.gz")
        distinct = list(dict.fromkeys(outcomes.prompts))
        embeddings = embeddings_of(model, distinct)[places_of(outcomes)]
        print(json.dumps({"set": name, **measured(outcomes, embeddings, options.seeds)}, indent=2), flush=True)


if __name__ == "__main__":
    main()
