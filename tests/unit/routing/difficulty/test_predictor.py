from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.encoder.files import FACTS, FOLDER
from masterx.errors import ConfigurationError
from masterx.records.readings import EMBEDDING_SIZE
from masterx.routing.difficulty.predictor import (
    CHECKSUMS,
    WEIGHTS,
    DifficultyPredictor,
    PredictorFile,
    load_predictor,
    shipped_predictor,
    spread_of,
)
from masterx.routing.difficulty.text_features import SHAPES

MODEL = Path(__file__).parents[4] / "src" / "masterx" / "routing" / "difficulty" / "model"


def test_it_was_fitted_on_the_encoder_that_is_shipped() -> None:
    """Else run `python -m training.train_difficulty DATA` again: another encoder's embeddings mean something else."""
    facts = json.loads((FOLDER / FACTS).read_text())
    assert shipped_predictor().encoder_version == facts["version"]
    assert json.loads((MODEL / "figures.json").read_text())["encoder_version"] == facts["version"]


@given(st.text(max_size=300), st.integers(0, 2**32 - 1))
def test_every_message_has_a_difficulty_from_0_to_1(text: str, seed: int) -> None:
    vector = np.random.default_rng(seed).normal(size=EMBEDDING_SIZE)
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    found = shipped_predictor().difficulty(text, unit)
    assert 0 <= found <= 1
    assert found == shipped_predictor().difficulty(text, unit.tolist())


def test_a_file_that_was_changed_is_not_used(tmp_path: Path) -> None:
    (tmp_path / CHECKSUMS).write_text((MODEL / CHECKSUMS).read_text())
    content = (MODEL / WEIGHTS).read_text()
    (tmp_path / WEIGHTS).write_text(content)
    assert load_predictor(tmp_path).spread == shipped_predictor().spread
    (tmp_path / WEIGHTS).write_text(content.replace('"spread":0.7', '"spread":0.8'))
    with pytest.raises(ConfigurationError):
        load_predictor(tmp_path)
    with pytest.raises(ConfigurationError):
        load_predictor(tmp_path / "elsewhere")


def test_how_far_difficulty_moves_a_gain_follows_from_how_well_it_orders() -> None:
    assert spread_of(0.5) == 0
    assert spread_of(2 / 3) == pytest.approx(1)
    assert spread_of(0.4) == 0
    assert spread_of(0.9) == 1


def test_the_shipped_figures_beat_chance_and_say_where_they_do_not_beat_length() -> None:
    figures = json.loads((MODEL / "figures.json").read_text())
    for name in ("mmlu", "gsm8k"):
        assert figures[name]["over_chance_95"][0] > 0
    assert figures["mmlu"]["over_length_95"][0] > 0
    assert figures["spread"] == pytest.approx(
        spread_of(min(figures[name]["apgr"] for name in ("mmlu", "gsm8k"))), abs=1e-3
    )


def test_words_move_the_prediction() -> None:
    nothing = (0.0,) * SHAPES
    predictor = DifficultyPredictor.of(
        PredictorFile(
            encoder_version="1",
            meaning=(0.0,) * EMBEDDING_SIZE,
            words={"prove": (3.0, 0.4), "what": (1.0, -0.4)},
            shape=nothing,
            shape_mean=nothing,
            shape_deviation=(1.0,) * SHAPES,
            quantiles=(-0.3, -0.1, 0.1, 0.3),
            spread=1.0,
        )
    )
    found = [
        predictor.difficulty(text, np.zeros(EMBEDDING_SIZE, np.float32))
        for text in ("What?", "Hm", "what: Prove", "PROVE it")
    ]
    assert found == [0.0, 0.5, 0.75, 1.0]
