"""Fits the shipped difficulty predictor on RouteLLM's outcomes.

    python -m training.train_difficulty ../shared/data/routellm

Needs the package alone, and a minute or two of one core, nearly all of it the shipped encoder's. To be run again when
the encoder's model changes; a test fails until it is.

A multiple-choice question is read without its options: learners do not give any. What is fitted is how much more often
the strong model was right, less the mean of its set, by ridge regression; `STRENGTH` lies between the two of four that
were best. Figures are those of five-fold cross-validation, equal questions in one fold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from masterx.cli.routing import embeddings_of
from masterx.encoder.model import TextModel
from masterx.routing.difficulty.cost_quality import cost_quality, paired_interval
from masterx.routing.difficulty.outcomes import read_outcomes
from masterx.routing.difficulty.predictor import (
    CHECKSUMS,
    FARTHEST,
    FIGURES,
    LONGEST_SHAPE,
    WEIGHTS,
    PredictorFile,
    spread_of,
)
from masterx.routing.difficulty.text_features import shape

FOLDER = Path(__file__).parent.parent / "src" / "masterx" / "routing" / "difficulty" / "model"
SETS = ("mmlu", "gsm8k")
STRENGTH = 2_000.0
SCALE = 5.0
"""Of a number of the embedding against one of the shape's."""
FOLDS = 5
STEPS = 100
OPTIONS = re.compile(r"\nA\. ")

Floats = NDArray[np.float64]


class Questions:
    def __init__(self, folder: Path) -> None:
        self.sets: list[str] = []
        self.texts: list[str] = []
        gains: list[Floats] = []
        for name in SETS:
            outcomes = read_outcomes(folder / f"{name}.csv.gz")
            self.texts += [OPTIONS.split(prompt, maxsplit=1)[0].strip() for prompt in outcomes.prompts]
            self.sets += [name] * len(outcomes)
            gains.append(outcomes.gain)
        self.gain = np.concatenate(gains)
        self.of_set = {name: np.array([each == name for each in self.sets]) for name in SETS}

    def folds(self) -> NDArray[np.intp]:
        places = {text: place for place, text in enumerate(dict.fromkeys(self.texts))}
        drawn = np.random.default_rng(1).integers(0, FOLDS, len(places))
        return drawn[[places[text] for text in self.texts]]


def fit(
    embeddings: Floats, shapes: Floats, gain: Floats, of_set: dict[str, NDArray[np.bool_]], rows: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Weights of meaning and shape, and the shape's means and deviations."""
    mean, deviation = shapes[rows].mean(axis=0), shapes[rows].std(axis=0) + 1e-9
    standard = np.clip((shapes - mean) / deviation, -FARTHEST, FARTHEST)
    features = np.hstack([SCALE * embeddings, standard])[rows]
    target = gain.copy()
    for chosen in of_set.values():
        target[chosen] -= gain[chosen & rows].mean()
    features = features - features.mean(axis=0)
    square = features.T @ features + STRENGTH * np.eye(features.shape[1])
    weights = np.linalg.solve(square, features.T @ target[rows])
    size = embeddings.shape[1]
    return SCALE * weights[:size], weights[size:], mean, deviation


def predict(fitted: tuple[Floats, Floats, Floats, Floats], embeddings: Floats, shapes: Floats) -> Floats:
    meaning, by_shape, mean, deviation = fitted
    found: Floats = embeddings @ meaning + np.clip((shapes - mean) / deviation, -FARTHEST, FARTHEST) @ by_shape
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with mmlu.csv.gz and gsm8k.csv.gz")
    questions = Questions(parser.parse_args().data)
    model = TextModel.load()
    distinct = list(dict.fromkeys(questions.texts))
    places = {text: place for place, text in enumerate(distinct)}
    rows = embeddings_of(model, distinct)[[places[text] for text in questions.texts]]
    embeddings = rows.astype(float)
    shapes = np.array([shape(text[:LONGEST_SHAPE]) for text in questions.texts])
    folds, held_out = questions.folds(), np.zeros(len(questions.texts))
    for fold in range(FOLDS):
        fitted = fit(embeddings, shapes, questions.gain, questions.of_set, folds != fold)
        held_out[folds == fold] = predict(fitted, embeddings[folds == fold], shapes[folds == fold])
    length = np.array([len(text) for text in questions.texts], dtype=float)
    figures: dict[str, object] = {"encoder_version": model.facts.version, "folds": FOLDS}
    found = []
    for name, chosen in questions.of_set.items():
        gain = questions.gain[chosen]
        own = cost_quality(held_out[chosen], gain)
        found.append(own.apgr)
        figures[name] = {
            "questions": int(chosen.sum()),
            "apgr": round(own.apgr, 4),
            "cpt50": round(own.cpt50, 4),
            "cpt80": round(own.cpt80, 4),
            "apgr_by_length": round(cost_quality(length[chosen], gain).apgr, 4),
            "over_length_95": [round(each, 4) for each in paired_interval(held_out[chosen], length[chosen], gain)],
            "over_chance_95": [
                round(each, 4) for each in paired_interval(held_out[chosen], np.zeros(int(chosen.sum())), gain)
            ],
        }
    meaning, by_shape, mean, deviation = fit(
        embeddings, shapes, questions.gain, questions.of_set, np.ones(len(questions.texts), dtype=bool)
    )
    everything = predict((meaning, by_shape, mean, deviation), embeddings, shapes)
    steps = np.quantile(everything, np.linspace(0, 1, STEPS + 1)[1:-1])
    file = PredictorFile(
        encoder_version=model.facts.version,
        meaning=_rounded(meaning),
        shape=_rounded(by_shape),
        shape_mean=_rounded(mean),
        shape_deviation=_rounded(deviation),
        quantiles=_rounded(steps),
        spread=round(spread_of(min(found)), 3),
    )
    write(file, figures)
    print(json.dumps(figures, indent=2))


def write(file: PredictorFile, figures: dict[str, object]) -> None:
    FOLDER.mkdir(exist_ok=True)
    content = file.model_dump_json() + "\n"
    FOLDER.joinpath(WEIGHTS).write_text(content)
    FOLDER.joinpath(FIGURES).write_text(json.dumps({**figures, "spread": file.spread}, indent=2) + "\n")
    FOLDER.joinpath(CHECKSUMS).write_text(f"{hashlib.sha256(content.encode()).hexdigest()}  {WEIGHTS}\n")


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)


if __name__ == "__main__":
    main()
