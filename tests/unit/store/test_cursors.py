from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.errors import InvalidInput
from masterx.store.cursors import decode_cursor, encode_cursor

PARTS = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=40)


@given(st.lists(PARTS, min_size=1, max_size=3))
def test_a_cursor_gives_back_its_parts(parts: list[str]) -> None:
    assert decode_cursor(encode_cursor(*parts), len(parts)) == tuple(parts)


@given(st.text(max_size=80))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(text, 2)


def test_a_cursor_of_another_listing_is_refused() -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(encode_cursor("a", "b", "c"), 2)
