from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.tutor.continuation import Seam


def joined(partial: str, *pieces: str) -> str:
    seam = Seam(partial)
    return partial + "".join([*(seam.feed(piece) for piece in pieces), seam.finish()])


@pytest.mark.parametrize(
    ("partial", "continuation", "whole"),
    [
        pytest.param("The slope is", " two.", "The slope is two.", id="as it should be"),
        pytest.param("The slope is", "two.", "The slope is two.", id="the space is missing"),
        pytest.param("The slope is ", "two.", "The slope is two.", id="the space is there"),
        pytest.param("The slope is two.", "It grows.", "The slope is two. It grows.", id="after a sentence"),
        pytest.param("The slope", ", you see,", "The slope, you see,", id="a comma"),
        pytest.param("Pi is 3.", "14 or so", "Pi is 3.14 or so", id="a number"),
        pytest.param("We write (", "a + b)", "We write (a + b)", id="a bracket"),
        pytest.param("The slope is", "slope is two.", "The slope is two.", id="two words again"),
        pytest.param("The slope is", "The slope is two.", "The slope is two.", id="all over again"),
        pytest.param("This is a", "a matrix", "This is a matrix", id="one word again"),
        pytest.param("This is very", " very good", "This is very very good", id="meant twice"),
        pytest.param("Let us differ", "differentiate it", "Let us differentiate it", id="the cut word again, whole"),
        pytest.param("A derivative is a deriv", "ative of", "A derivative is a derivative of", id="within a word"),
        pytest.param("It is a", "and b", "It is a and b", id="a letter that happens to fit"),
        pytest.param("hel", "lo", "hel lo", id="nobody can know"),
        pytest.param("Steps:\n1. Look.", "2. Try.", "Steps:\n1. Look.\n2. Try.", id="a list goes on"),
        pytest.param("That was it.", "## Next", "That was it.\n## Next", id="a heading"),
        pytest.param("导数是", "斜率", "导数是斜率", id="no spaces in Chinese"),
        pytest.param("The end.", "", "The end.", id="nothing"),
        pytest.param("The end is near.", "The end is near.", "The end is near.", id="nothing new"),
        pytest.param(
            "```python\nx = 1\n", "```python\ny = 2\n```\n", "```python\nx = 1\ny = 2\n```\n", id="opened again"
        ),
        pytest.param("```python\nx = 1\n", "y = 2\n```\n", "```python\nx = 1\ny = 2\n```\n", id="code goes on"),
        pytest.param("```python\nx = 1", "```\nDone.", "```python\nx = 1\n```\nDone.", id="closed"),
        pytest.param("```python\nx = 1\n", "```\nDone.", "```python\nx = 1\n```\nDone.", id="closed on its line"),
        pytest.param(
            "```python\ndef f(x):\n    ret",
            "```python\ndef f(x):\n    return x\n```",
            "```python\ndef f(x):\n    return x\n```",
            id="opened again and repeated",
        ),
        pytest.param("Use \\(x^2 +", " 2x\\)", "Use \\(x^2 + 2x\\)", id="within a formula"),
        pytest.param("Look:", "```python\nx\n```", "Look:\n```python\nx\n```", id="a new block"),
    ],
)
def test_the_two_meet_well_however_the_continuation_is_cut(partial: str, continuation: str, whole: str) -> None:
    assert joined(partial, continuation) == whole
    assert joined(partial, *continuation) == whole
    for cut in range(len(continuation)):
        assert joined(partial, continuation[:cut], continuation[cut:]) == whole


def test_after_the_first_words_nothing_is_held_back() -> None:
    seam = Seam("The slope of this line is")

    assert [seam.feed(piece) for piece in (" the", " quick", " brown", " fox")] == ["", " the quick", " brown", " fox"]


def test_a_new_answer_passes_through() -> None:
    seam = Seam("")

    assert (seam.feed("a"), seam.feed(" a"), seam.finish()) == ("a", " a", "")


@given(st.text(max_size=40), st.lists(st.text(max_size=10), max_size=6))
def test_nothing_of_either_is_lost_but_what_is_there_already(partial: str, pieces: list[str]) -> None:
    whole = joined(partial, *pieces)

    assert whole.startswith(partial)
    assert whole == joined(partial, "".join(pieces))
    continuation = "".join(pieces)
    if partial and "`" not in partial and "~" not in partial:
        new = whole[len(partial) :].lstrip()
        assert continuation.endswith(new)


@given(st.lists(st.from_regex(r"[a-z]{4,8}", fullmatch=True), min_size=6, max_size=40, unique=True), st.data())
def test_cut_between_words_and_told_with_or_without_the_last_ones_again(words: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.integers(min_value=3, max_value=len(words) - 1))
    again = data.draw(st.sampled_from([0, 2, 3]))

    assert joined(" ".join(words[:cut]), " ".join(words[cut - again :])) == " ".join(words)
