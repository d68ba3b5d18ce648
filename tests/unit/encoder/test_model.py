"""The shipped files: what they read, and that no text breaks them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.encoder.test_files import sign

from masterx.encoder.files import CHECKSUMS, FACTS, FOLDER, NETWORK, TOKENIZER, WORDS, check_files
from masterx.encoder.model import TextModel
from masterx.errors import EncoderUnavailable
from masterx.records.readings import CATEGORIES, STATES, Reading


@pytest.fixture(scope="module")
def model() -> TextModel:
    return TextModel.load()


def assert_sound(reading: Reading) -> None:
    """Everything is there, finite and within its bounds."""
    assert reading.embedding.shape == (384,)
    assert reading.embedding.dtype == np.float32
    length = float(np.linalg.norm(reading.embedding))
    assert length == pytest.approx(1 if reading.pieces else 0, abs=1e-3)
    assert len(reading.probabilities) == 28
    assert all(0 <= probability <= 1 for probability in reading.probabilities.values())
    assert reading.labels
    assert set(reading.labels) <= set(reading.probabilities)
    assert all(-1 <= value <= 1 for value in (reading.valence, reading.arousal, reading.dominance))
    assert tuple(reading.categories) == CATEGORIES
    assert tuple(reading.states) == STATES
    assert sum(reading.categories.values()) == pytest.approx(1, abs=1e-4)
    assert sum(reading.states.values()) == pytest.approx(1, abs=1e-4)
    assert reading.category_certainty == max(reading.categories.values())
    assert 0 < reading.covered <= 1
    assert reading.ms > 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "😭",
        "😀😀👍🏽",
        "∫ x² dx",
        "x = {1: [2]}",
        "数学が嫌い",
        "\u202e?",
        "\x00",
        "\ud800",
        "[CLS] [SEP]",
    ],
)
def test_no_text_breaks_it(model: TextModel, text: str) -> None:
    assert_sound(model.read([text])[0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_readings_come_in_the_order_of_the_texts(model: TextModel, texts: list[str]) -> None:
    together = model.read(texts)
    assert len(together) == len(texts)
    for text, reading in zip(texts, together, strict=True):
        assert_sound(reading)
        alone = model.read([text])[0]
        # Activations are scaled to 8 bits over a whole batch, so neighbours move a reading a little.
        assert float(alone.embedding @ reading.embedding) > 0.9 or reading.pieces == 0


def test_a_hundred_thousand_characters_are_read_in_pieces(model: TextModel) -> None:
    calm, upset = "The train leaves at nine. " * 1_900, "I am so angry, I hate this stupid exercise! " * 1_200
    reading = model.read([(calm + upset)[:100_000]])[0]
    assert_sound(reading)
    assert reading.pieces > 10
    assert reading.covered < 1
    assert max(reading.probabilities["anger"], reading.probabilities["annoyance"]) > 0.2


def test_a_text_longer_than_the_window_is_not_cut(model: TextModel) -> None:
    text = "We read the chapter about rivers today. " * 30 + "I am so scared of the exam tomorrow."
    reading = model.read([text])[0]
    assert reading.pieces > 1
    assert reading.covered == 1
    assert reading.probabilities["fear"] + reading.probabilities["nervousness"] > 0.2


def test_one_endless_word_is_read(model: TextModel) -> None:
    assert_sound(model.read(["a" * 100_000])[0])


@pytest.mark.parametrize(
    "text", ["no entiendo nada, odio este ejercicio", "ich hasse diese Aufgabe, ich verstehe das nicht"]
)
def test_emotions_of_another_language_are_left_neutral_and_it_says_so(model: TextModel, text: str) -> None:
    reading = model.read([text])[0]
    assert reading.is_foreign
    assert reading.labels == ("neutral",)
    assert (reading.valence, reading.arousal, reading.dominance) == pytest.approx((0, 0, 0), abs=1e-6)
    assert max(reading.states, key=reading.states.__getitem__) == "neutral"
    assert np.linalg.norm(reading.embedding) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("why does my python loop never stop", "coding"),
        ("solve 3x - 7 = 2x + 5", "math"),
        ("find me peer reviewed sources on sleep and memory", "research"),
        ("translate 'see you tomorrow' into french", "language"),
        ("i feel so alone and sad today", "empathy"),
        ("who was the first president of the united states", "general"),
    ],
)
def test_clear_requests_have_their_category(model: TextModel, text: str, category: str) -> None:
    assert model.read([text])[0].category == category


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("i dont understand this at all, so confused", "confusion"),
        ("thank you so much, that helped!", "gratitude"),
        ("this is so annoying, it keeps failing", "annoyance"),
        ("I'm really nervous about the exam", "nervousness"),
    ],
)
def test_plain_words_of_emotion_are_read(model: TextModel, text: str, label: str) -> None:
    assert label in model.read([text])[0].labels


def test_pleasant_is_above_unpleasant(model: TextModel) -> None:
    good, bad = model.read(["I love it, what a wonderful day!", "I hate it, this is a terrible, sad day."])
    assert good.valence > 0.1 > -0.1 > bad.valence


def test_like_meanings_are_near(model: TextModel) -> None:
    question, same, other = model.read(
        ["how do i sort a list in python", "ordering the elements of an array in python", "my grandmother bakes cake"]
    )
    assert question.embedding @ same.embedding > question.embedding @ other.embedding + 0.2


def test_the_files_are_small_and_carry_their_card() -> None:
    assert check_files().facts.version
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 30e6
    card = (FOLDER / "MODEL_CARD.md").read_text()
    assert all(word in card for word in ("Apache-2.0", "CC-BY-SA 4.0", "GoEmotions", "EmoBank", "MiniLM"))


@pytest.mark.parametrize("name", [NETWORK, TOKENIZER, WORDS])
def test_a_file_that_is_whole_but_none_of_its_kind_is_refused(tmp_path: Path, name: str) -> None:
    for file in (NETWORK, TOKENIZER, WORDS, FACTS, CHECKSUMS):
        if file == name:
            (tmp_path / file).write_text("not what it should be")
        elif file == NETWORK:
            (tmp_path / file).symlink_to(FOLDER / file)
        else:
            shutil.copy(FOLDER / file, tmp_path / file)
    sign(tmp_path)
    with pytest.raises(EncoderUnavailable) as raised:
        TextModel.load(tmp_path)
    assert raised.value.details == {"file": name}
