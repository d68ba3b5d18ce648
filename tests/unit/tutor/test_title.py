import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.tutor.title import MAX_CHARACTERS, lesson_title


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("hi, can you explain recursion in python", "Recursion in python"),
        ("I keep getting RecursionError on my factorial, half an hour now.", "RecursionError on my factorial"),
        ("I keep getting `RecursionError` on my factorial", "RecursionError on my factorial"),
        ("What is a derivative?", "Derivative"),
        ("Mean, median and outliers", "Mean, median and outliers"),
        ("I don't understand why minus times minus is plus", "Why minus times minus is plus"),
        ("Why is the determinant an area?", "Why is the determinant an area"),
        ("x^2 - 6x + 4 = 0", "x^2 - 6x + 4 = 0"),
        ("help me with my homework: solve 2x+3=7", "2x+3=7"),
        ("日本語の助詞がわかりません", "日本語の助詞がわかりません"),
    ],
)
def test_names_the_subject(message: str, title: str) -> None:
    assert lesson_title(message) == title


@pytest.mark.parametrize("message", ["?", "hi", "ok so", "...", "👍"])
def test_says_nothing_rather_than_something_empty(message: str) -> None:
    assert lesson_title(message) is None


@given(st.text(max_size=2_000))
def test_is_short_and_on_one_line(message: str) -> None:
    title = lesson_title(message)
    if title is not None:
        assert 0 < len(title) <= MAX_CHARACTERS
        assert "\n" not in title
