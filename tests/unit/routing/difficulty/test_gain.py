from __future__ import annotations

import numpy as np
import pytest

from masterx.routing.difficulty.cost_quality import cost_quality
from masterx.routing.difficulty.gain import learn


def questions(count: int, seed: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Half of them hard: on topology, long, and near to each other in meaning. Only there the strong model gains."""
    generator = np.random.default_rng(seed)
    hard = generator.random(count) < 0.5
    texts = [
        f"Prove that the manifold {number} is compact and orientable?" if is_hard else f"What is {number} plus 2?"
        for number, is_hard in enumerate(hard)
    ]
    direction = np.random.default_rng(0).standard_normal(32)
    embeddings = generator.standard_normal((count, 32)) + np.outer(hard, 2 * direction)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    gain = np.where(generator.random(count) < np.where(hard, 0.6, 0.1), 1.0, 0.0)
    return texts, embeddings.astype(np.float32), gain


def test_it_learns_where_the_strong_model_gains() -> None:
    model = learn(*questions(300, 1))
    texts, embeddings, gain = questions(300, 2)
    assert cost_quality(model.predict(texts, embeddings), gain).apgr > 0.62


def test_the_prediction_of_a_prompt_does_not_depend_on_its_company() -> None:
    model = learn(*questions(60, 1))
    texts, embeddings, _ = questions(20, 2)
    alone = [float(model.predict([text], row[None])[0]) for text, row in zip(texts, embeddings, strict=True)]
    assert model.predict(texts, embeddings) == pytest.approx(alone, abs=1e-5)


def test_a_prompt_like_nothing_known_gets_about_the_mean() -> None:
    texts, embeddings, gain = questions(200, 1)
    model = learn(texts, embeddings, gain)
    (odd,) = model.predict(["ξψω " * 400], -embeddings[:1])
    assert abs(odd - model.mean) < 0.1
