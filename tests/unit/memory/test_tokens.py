import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.memory.tokens import estimate_tokens


@given(st.text(), st.text())
def test_joining_texts_never_costs_more_than_the_parts(first: str, second: str) -> None:
    assert estimate_tokens(first + second) <= estimate_tokens(first) + estimate_tokens(second)


@given(st.text())
def test_grows_with_the_text(text: str) -> None:
    assert estimate_tokens(text) <= estimate_tokens(text + "more")
    assert (estimate_tokens(text) == 0) == (text == "")


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        # Counts of OpenAI's o200k vocabulary for these sentences, a third to either side.
        ("The determinant of a matrix tells how much it stretches areas.", 8, 17),
        ("def factorial(n):\n    return 1 if n == 0 else n * factorial(n - 1)\n", 14, 30),
        ("日本語の助詞がわかりません", 6, 14),
        ("Почему минус на минус даёт плюс?", 8, 22),
    ],
)
def test_is_near_what_real_vocabularies_count(text: str, least: int, most: int) -> None:
    assert least <= estimate_tokens(text) <= most
