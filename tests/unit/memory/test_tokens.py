import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.memory.tokens import estimate_tokens, most_tokens


@given(st.text(), st.text())
def test_joining_texts_never_costs_more_than_the_parts(first: str, second: str) -> None:
    assert estimate_tokens(first + second) <= estimate_tokens(first) + estimate_tokens(second)


@given(st.text() | st.text("a é!1 \U0001f600"))
def test_is_never_more_than_the_length_says(text: str) -> None:
    assert estimate_tokens(text) <= most_tokens(text)


@given(st.text())
def test_grows_with_the_text(text: str) -> None:
    assert estimate_tokens(text) <= estimate_tokens(text + "more")
    assert (estimate_tokens(text) == 0) == (text == "")


@pytest.mark.parametrize(
    ("text", "count", "off"),
    [
        ("The determinant of a matrix tells how much it stretches areas.", 12, 0.1),
        ("def factorial(n):\n    return 1 if n == 0 else n * factorial(n - 1)\n", 22, 0.15),
        (r"The roots are $x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$, where $a \neq 0$.", 41, 0.15),
        ("3/4 + 5/6 = 9/12 + 10/12 = 19/12 = 1 7/12", 30, 0.2),
        ("行列式表示线性变换把面积放大了多少倍。", 16, 0.3),
        ("日本語の助詞がわかりません", 10, 0.3),
        ("Почему минус на минус даёт плюс?", 10, 0.3),
        ("Great job! 🎉🎉 Now try the next one 🚀", 14, 0.2),
    ],
)
def test_is_near_what_a_real_vocabulary_counts(text: str, count: int, off: float) -> None:
    """OpenAI's o200k."""
    assert estimate_tokens(text) == pytest.approx(count, rel=off)
