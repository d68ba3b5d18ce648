"""The shipped encoder on messages labelled by hand that nothing was trained on (`training/checks`).

Bars of the kinds of task are those of the specification of this part; of states and distress, a little below what was
measured when the model was made, so that a worse one does not pass.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from masterx.emotion.states import mood_of
from masterx.encoder.model import TextModel

CHECKS = Path(__file__).parents[2] / "training" / "checks"


@pytest.fixture(scope="module")
def model() -> TextModel:
    return TextModel.load()


def labelled(name: str) -> list[tuple[str, str]]:
    """Text and label."""
    pairs = [line.split("\t") for line in (CHECKS / f"{name}.tsv").read_text().splitlines()]
    return [(text, label) for label, text in pairs]


def recalls(truth: list[str], said: list[str]) -> tuple[float, dict[str, float]]:
    """Share of all that is right, and of each label."""
    counts, right = Counter(truth), Counter(label for label, other in zip(truth, said, strict=True) if label == other)
    return right.total() / len(truth), {label: right[label] / count for label, count in counts.items()}


def sets_of(kind: str) -> list[str]:
    return sorted(path.stem for path in CHECKS.glob(f"{kind}_[0-9].tsv"))


@pytest.mark.parametrize("name", sets_of("category"))
def test_kinds_of_task(model: TextModel, name: str) -> None:
    texts, truth = zip(*labelled(name), strict=True)
    accuracy, recall = recalls(list(truth), [model.read([text])[0].category for text in texts])
    assert accuracy >= 0.92
    assert min(recall.values()) >= 0.85


@pytest.mark.parametrize("name", sets_of("state"))
def test_states(model: TextModel, name: str) -> None:
    texts, truth = zip(*labelled(name), strict=True)
    accuracy, recall = recalls(list(truth), [mood_of(model.read([text])[0], text).state.value for text in texts])
    assert accuracy >= 0.9
    assert min(recall.values()) >= 0.75


@pytest.mark.parametrize("name", sets_of("distress"))
def test_signs_of_distress(model: TextModel, name: str) -> None:
    texts, truth = zip(*labelled(name), strict=True)
    said = ["yes" if mood_of(model.read([text])[0], text).distress else "no" for text in texts]
    _, recall = recalls(list(truth), said)
    assert recall["yes"] >= 0.93
    assert recall["no"] >= 0.97


def test_ordinary_messages_seldom_set_off_the_help_text(model: TextModel) -> None:
    texts = [text for kind in ("category", "state") for name in sets_of(kind) for text, _ in labelled(name)]
    alarms = [text for text in texts if mood_of(model.read([text])[0], text).distress]
    assert len(alarms) <= len(texts) * 0.01
