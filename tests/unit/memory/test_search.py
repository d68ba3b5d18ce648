from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from masterx.memory.search import EXCERPT_LENGTH, excerpt_around

LONG = "Before it all began. " * 30 + "Then the mitochondria came along. " + "And after that, little. " * 30


def test_a_short_text_is_its_own_excerpt() -> None:
    assert excerpt_around("Two\n lines", ["two"]) == "Two lines"


def test_an_excerpt_shows_the_words_with_some_of_what_stands_before() -> None:
    excerpt = excerpt_around(LONG, ["mitochondria"])
    assert excerpt.startswith("… ")
    assert excerpt.endswith(" …")
    assert "Then the mitochondria came along." in excerpt


def test_without_the_words_it_is_the_beginning() -> None:
    assert excerpt_around(LONG, ["chloroplast"]).startswith("Before it all began.")


@given(st.text(max_size=2_000), st.lists(st.text(min_size=1, max_size=10), max_size=4))
def test_an_excerpt_is_short_and_from_the_text(text: str, words: list[str]) -> None:
    excerpt = excerpt_around(text, words)
    assert len(excerpt) <= EXCERPT_LENGTH + 4
    assert excerpt.removeprefix("… ").removesuffix(" …") in " ".join(text.split())
