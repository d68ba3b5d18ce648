from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.providers.thinking import ThinkingFilter, without_thinking


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hello", "Hello"),
        ("  Hello", "  Hello"),
        ("<think>hmm</think>Hello", "Hello"),
        ("\n<think>\nhmm\n</think>\n\nHello\n", "Hello\n"),
        ("<think></think>Hello", "Hello"),
        ("<thinking aloud", "<thinking aloud"),
        ("<", "<"),
        ("<thin", "<thin"),
        ("a < b and <think>this stays</think>", "a < b and <think>this stays</think>"),
        ("<think>a</think>b<think>c</think>", "b<think>c</think>"),
        ("<think>never ends", ""),
        ("<think>hmm</think>\n", ""),
        ("   ", ""),
        ("", ""),
    ],
)
def test_whole_answers(text: str, shown: str) -> None:
    assert without_thinking(text) == shown


@given(st.text(alphabet="<think>/ \na", max_size=40), st.data())
def test_cuts_change_nothing(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    thinking = ThinkingFilter()

    assert "".join([thinking.feed(piece) for piece in pieces]) + thinking.finish() == without_thinking(text)
