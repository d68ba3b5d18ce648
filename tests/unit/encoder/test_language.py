from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.encoder.language import english_confidence
from masterx.records.readings import LANGUAGE_DOUBT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "😀",
        "2 + 2 = 4",
        "x^2 + 3x = 0",
        "why",
        "photosynthesis",
        "i dont get it",
        "my name is José and I live in München",
        "translate 'hola, ¿cómo estás?' to english please, i have no idea",
        "def f(x):\n    return x + 1",
        "for (let i = 0; i < n; i++) console.log(i)",
        "IndexError: list index out of range",
        "what does 'il pleut des cordes' mean",
        "gcd of 12 and 18",
        "①②",
    ],
)
def test_english_code_and_wordless_texts_are_not_doubted(text: str) -> None:
    assert english_confidence(text) >= LANGUAGE_DOUBT


@pytest.mark.parametrize(
    "text",
    [
        "hola, no entiendo este ejercicio, ¿me puedes ayudar?",
        "je ne comprends pas pourquoi le résultat est négatif",
        "ich verstehe die Aufgabe nicht, kannst du mir bitte helfen",
        "non capisco questo esercizio, mi puoi aiutare",
        "nie rozumiem tego zadania, czy możesz mi pomóc",
        "bu ödevi anlamıyorum, bana yardım eder misin",
        "En ymmärrä tätä tehtävää ollenkaan",
        "не понимаю задачу",
        "数学が嫌いです",
        "أنا لا أفهم الدرس",
    ],
)
def test_other_languages_are_doubted(text: str) -> None:
    assert english_confidence(text) < LANGUAGE_DOUBT


@given(st.text(max_size=200))
def test_the_confidence_is_a_share(text: str) -> None:
    assert 0 <= english_confidence(text) <= 1
