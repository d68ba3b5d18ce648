from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.web.tables import Key, Sorting

KEYS: Mapping[str, Key] = {"name": lambda row: row[0], "rate": lambda row: row[1]}
ROWS = st.lists(st.tuples(st.text(max_size=3), st.none() | st.floats(0, 1)))


@pytest.mark.parametrize(
    ("text", "column", "descending"),
    [("rate", "rate", False), ("-rate", "rate", True), ("", "name", False), ("-nothing", "name", False)],
)
def test_an_address_chooses_a_column_or_none(text: str, column: str, descending: bool) -> None:
    assert Sorting.of(text, KEYS, "name") == Sorting(column, descending)


def test_a_press_on_a_head_turns_the_order_and_another_begins_with_the_most() -> None:
    sorting = Sorting("rate", descending=True)
    assert sorting.next_for("rate") == "rate"
    assert Sorting("rate", descending=False).next_for("rate") == "-rate"
    assert sorting.next_for("name") == "name"
    assert sorting.next_for("calls", first_descending=True) == "-calls"
    assert (sorting.state_of("rate"), sorting.state_of("name")) == ("descending", None)


@given(ROWS, st.booleans())
def test_all_rows_stay_and_what_is_not_known_comes_last(rows: list[tuple[str, float | None]], descending: bool) -> None:
    found = Sorting("rate", descending).sort(rows, KEYS)
    assert sorted(found, key=repr) == sorted(rows, key=repr)
    known = [rate for _, rate in found if rate is not None]
    assert known == sorted(known, reverse=descending)
    assert [rate for _, rate in found[len(known) :]] == [None] * (len(rows) - len(known))
