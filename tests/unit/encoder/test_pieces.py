from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from masterx.encoder.pieces import MOST_PIECES, cut, grouped

END = 1
tokens = st.lists(st.integers(0, 20), max_size=400)


@given(tokens, st.integers(4, 50))
def test_joined_windows_are_the_text(text: list[int], window: int) -> None:
    pieces = cut(text, window, {END})
    whole = [token for piece in pieces.windows for token in piece]
    if pieces.covered == 1:
        assert whole == text
    else:
        assert len(pieces.windows) == MOST_PIECES
        assert len(whole) < len(text)


@given(tokens, st.integers(4, 50))
def test_no_window_is_empty_or_too_long(text: list[int], window: int) -> None:
    assert all(0 < len(piece) <= window for piece in cut(text, window, {END}).windows)


@given(tokens, st.integers(4, 50))
def test_covered_is_the_share_of_tokens(text: list[int], window: int) -> None:
    pieces = cut(text, window)
    assert pieces.covered == (sum(map(len, pieces.windows)) / len(text) if text else 1.0)


def test_a_sentence_is_not_torn_where_its_end_is_near() -> None:
    text = [5] * 7 + [END] + [6] * 6
    assert cut(text, 10, {END}).windows == (tuple(text[:8]), tuple(text[8:]))


def test_a_sentence_end_in_the_first_half_is_too_early() -> None:
    text = [5, END] + [6] * 12
    assert cut(text, 10, {END}).windows == (tuple(text[:10]), tuple(text[10:]))


def test_of_a_very_long_text_the_beginning_and_the_end_are_read() -> None:
    text = list(range(10_000))
    pieces = cut(text, 10)
    assert pieces.windows[0][0] == 0
    assert pieces.windows[-1][-1] == 9_999
    assert pieces.covered == MOST_PIECES * 10 / 10_000


@given(st.lists(st.integers(1, 128), max_size=60), st.integers(128, 2048))
def test_groups_hold_every_position_once_and_stay_small(lengths: list[int], most: int) -> None:
    groups = grouped(lengths, most)
    assert sorted(position for group in groups for position in group) == list(range(len(lengths)))
    assert all(max(lengths[position] for position in group) * len(group) <= most for group in groups)
