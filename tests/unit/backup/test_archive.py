from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.backup.archive import ArchiveReader, ArchiveWriter, Head, Totals
from masterx.errors import BackupError
from masterx.store.rows import BATCH_ROWS, Kind

HEAD = Head(schema_version=3, store="sqlite", program="1", created_at="2026-03-14T15:09:26.000000Z", rows={"notes": 2})
FIELDS = {"id": Kind.PLAIN, "value": Kind.JSON}

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # A store holds no half characters.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=6,
)


def written(collections: dict[str, list[list[Any]]]) -> tuple[bytes, Totals]:
    file = io.BytesIO()
    archive = ArchiveWriter(file, HEAD)
    for name, rows in collections.items():
        archive.begin(name, FIELDS)
        for start in range(0, len(rows), BATCH_ROWS):
            archive.add(rows[start : start + BATCH_ROWS])
        archive.end(name)
    totals = archive.finish()
    return file.getvalue(), totals


def read(data: bytes) -> tuple[dict[str, list[Any]], Totals]:
    archive = ArchiveReader(io.BytesIO(data))
    assert archive.head == HEAD
    rows: dict[str, list[Any]] = {}
    for section in archive.sections():
        assert section.fields == FIELDS
        rows.setdefault(section.collection, []).extend(section.rows)
    return rows, archive.totals


@given(
    rows=st.dictionaries(st.sampled_from(["a", "b", "c"]), st.lists(st.tuples(values, values).map(list), max_size=4))
)
def test_what_is_written_is_read(rows: dict[str, list[list[Any]]]) -> None:
    data, totals = written(rows)
    assert read(data) == (rows, totals)


def test_batches_of_any_length() -> None:
    for count in (0, 1, BATCH_ROWS - 1, BATCH_ROWS, BATCH_ROWS + 1):
        rows = {"notes": [[str(number), None] for number in range(count)]}
        data, totals = written(rows)
        assert read(data) == (rows, totals)
        assert totals.row_count == count


NOTES: dict[str, list[list[Any]]] = {"notes": [["1", {"a": 1}], ["2", None]], "more": [["3", "x"]]}


def test_no_line_can_be_missing_twice_or_elsewhere() -> None:
    lines = written(NOTES)[0].splitlines(keepends=True)
    damaged = [b"".join(lines[:place] + lines[place + 1 :]) for place in range(len(lines))]
    damaged += [b"".join(lines[: place + 1] + lines[place:]) for place in range(len(lines))]
    damaged += [b"".join(lines[:place]) for place in range(len(lines))]
    damaged.append(b"".join([lines[0], lines[1], lines[3], lines[2], *lines[4:]]))
    for data in damaged:
        with pytest.raises(BackupError):
            read(data)


@given(place=st.integers(min_value=0), letter=st.integers(0, 255))
def test_no_byte_can_be_another(place: int, letter: int) -> None:
    data, _ = written(NOTES)
    place %= len(data)
    changed = data[:place] + bytes([letter]) + data[place + 1 :]
    if changed != data:
        with pytest.raises((BackupError, AssertionError)):
            read(changed)


def test_every_prefix_is_refused() -> None:
    data, _ = written(NOTES)
    for length in range(len(data)):
        with pytest.raises(BackupError):
            read(data[:length])


@pytest.mark.parametrize(
    ("first", "says"),
    [
        ({"anything": 1}, "no backup"),
        ({"masterx_backup": 2}, "format 2"),
        ({"masterx_backup": 1}, "head"),
        ([], "place"),
    ],
)
def test_a_file_of_something_else(first: object, says: str) -> None:
    with pytest.raises(BackupError, match=says):
        ArchiveReader(io.BytesIO(json.dumps(first).encode() + b"\n"))


def test_text_that_is_no_json() -> None:
    with pytest.raises(BackupError, match="JSON"):
        ArchiveReader(io.BytesIO(b"hello\n"))
