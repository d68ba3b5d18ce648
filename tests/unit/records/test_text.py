import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.errors import InvalidInput
from masterx.records.text import clean_text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200))
def test_keeps_every_text_that_says_something(text: str) -> None:
    if not text.strip():
        return
    assert clean_text(text, field="message", max_length=1_000) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "symbols", ["∀ε>0 ∃δ<1: |x−a|<δ ⇒ |f(x)−L|<ε", "<script>alert(1)</script>", "a\tb\n  c\\d", "👩‍🔬 e\u0301"]
)
def test_mathematics_code_and_signs_are_left_alone(symbols: str) -> None:
    assert clean_text(symbols, field="message", max_length=100) == unicodedata.normalize("NFC", symbols)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "ok \udfff", "é\x00"])
def test_what_is_not_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_text(text, field="message", max_length=100)
    assert refused.value.details == {"field": "message"}


@pytest.mark.parametrize("blank", ["", "   ", "\n\t", "\u2003"])
def test_blank_is_refused(blank: str) -> None:
    with pytest.raises(InvalidInput, match="blank"):
        clean_text(blank, field="title", max_length=100)


def test_length_is_counted_in_characters_before_and_after_normalising() -> None:
    assert clean_text("é" * 100, field="message", max_length=100) == "é" * 100
    with pytest.raises(InvalidInput):
        clean_text("e" * 101, field="message", max_length=100)
    grows = "\u0958" * 60  # NFC writes this letter as two characters
    with pytest.raises(InvalidInput):
        clean_text(grows, field="message", max_length=100)


def test_the_refusal_does_not_repeat_the_text() -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_text("secret words\x00", field="message", max_length=100)
    assert "secret" not in str(refused.value) + str(refused.value.details)
