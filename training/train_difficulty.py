"""Fits the shipped difficulty predictor on RouteLLM's outcomes.

    python -m training.train_difficulty ../shared/data/routellm

Needs the package alone, and a minute or two of one core, nearly all of it the shipped encoder's. To be run again when
the encoder's model changes; a test fails until it is.

A multiple-choice question is read without its options: learners do not give any. What is fitted is how much more often
the strong model was right, less the mean of its set, by ridge regression on the embedding, the words and the shape;
`STRENGTH` lies between the two of four that were best, `WORD_SCALE` is one of three that did alike. Figures are those
of five-fold cross-validation, equal questions in one fold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
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
from masterx.routing.difficulty.text_features import product, shape, weighed, words_in

FOLDER = Path(__file__).parent.parent / "src" / "masterx" / "routing" / "difficulty" / "model"
SETS = ("mmlu", "gsm8k")
STRENGTH = 2_000.0
SCALE = 5.0
"""Of a number of the embedding against one of the shape's."""
WORD_SCALE = 6.0
"""Of a word's part against one of the shape's."""
LEAST_DOCUMENTS = 15
"""Words in fewer questions have no weight."""
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
        self.counted = [words_in(text[:LONGEST_SHAPE]) for text in self.texts]
        self.of_set = {name: np.array([each == name for each in self.sets]) for name in SETS}

    def folds(self) -> NDArray[np.intp]:
        places = {text: place for place, text in enumerate(dict.fromkeys(self.texts))}
        drawn = np.random.default_rng(1).integers(0, FOLDS, len(places))
        return drawn[[places[text] for text in self.texts]]


@dataclass(frozen=True)
class Fitted:
    meaning: Floats
    words: dict[str, tuple[float, float]]
    """Rarity and weight."""
    shape: Floats
    shape_mean: Floats
    shape_deviation: Floats
    offset: float
    """What the sum of all parts is on the mean of the questions that it was fitted on."""

    def predict(self, embeddings: Floats, counted: Sequence[Counter[str]], shapes: Floats) -> Floats:
        by_words = [product(counts, self.words) for counts in counted]
        standard = np.clip((shapes - self.shape_mean) / self.shape_deviation, -FARTHEST, FARTHEST)
        found: Floats = embeddings @ self.meaning + np.array(by_words) + standard @ self.shape - self.offset
        return found


def rarity_of(counted: Sequence[Counter[str]]) -> dict[str, float]:
    """Of the words in at least `LEAST_DOCUMENTS`, by how many have them: smoothed, as in `text_features.Words`."""
    documents = Counter(word for counts in counted for word in counts)
    kept = sorted(word for word, count in documents.items() if count >= LEAST_DOCUMENTS)
    return {word: round(log((1 + len(counted)) / (1 + documents[word])) + 1, 4) for word in kept}


def fit(questions: Questions, embeddings: Floats, shapes: Floats, rows: NDArray[np.bool_]) -> Fitted:
    gain, of_set = questions.gain, questions.of_set
    mean, deviation = shapes[rows].mean(axis=0), shapes[rows].std(axis=0) + 1e-9
    standard = np.clip((shapes - mean) / deviation, -FARTHEST, FARTHEST)
    known = [counts for counts, chosen in zip(questions.counted, rows, strict=True) if chosen]
    rarity = rarity_of(known)
    places = {word: place for place, word in enumerate(rarity)}
    bags = np.zeros((len(known), len(places)))
    for number, counts in enumerate(known):
        for word, value in weighed(counts, rarity).items():
            bags[number, places[word]] = value
    features = np.hstack([SCALE * embeddings[rows], WORD_SCALE * bags, standard[rows]])
    target = gain.copy()
    for chosen in of_set.values():
        target[chosen] -= gain[chosen & rows].mean()
    means = features.mean(axis=0)
    features -= means
    square = features.T @ features + STRENGTH * np.eye(features.shape[1])
    weights = np.linalg.solve(square, features.T @ target[rows])
    meaning, by_words, by_shape = np.split(weights, np.cumsum([embeddings.shape[1], len(places)]))
    words = {
        word: (rare, float(f"{WORD_SCALE * weight:.3g}"))
        for (word, rare), weight in zip(rarity.items(), by_words, strict=True)
    }
    return Fitted(SCALE * meaning, words, by_shape, mean, deviation, float(means @ weights))


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
        fitted, left = fit(questions, embeddings, shapes, folds != fold), np.flatnonzero(folds == fold)
        held_out[left] = fitted.predict(embeddings[left], [questions.counted[row] for row in left], shapes[left])
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
    whole = fit(questions, embeddings, shapes, np.ones(len(questions.texts), dtype=bool))
    steps = np.quantile(held_out, np.linspace(0, 1, STEPS + 1)[1:-1]) + whole.offset
    file = PredictorFile(
        encoder_version=model.facts.version,
        meaning=_rounded(whole.meaning),
        words=whole.words,
        shape=_rounded(whole.shape),
        shape_mean=_rounded(whole.shape_mean),
        shape_deviation=_rounded(whole.shape_deviation),
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
