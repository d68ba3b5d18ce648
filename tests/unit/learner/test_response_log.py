from __future__ import annotations

import contextlib
import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterx.errors import InvalidInput
from masterx.learner.response_log import read_log


def written(path: Path, text: str, *, packed: bool = False) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return path


@pytest.mark.parametrize("packed", [True, False])
def test_rows_of_a_learner_stand_together_in_their_order(tmp_path: Path, packed: bool) -> None:
    text = "user,item,skill,correct,order\na,x,s,1,2\nb,x,s,0,0\na,y,t,0,1\n"
    log = read_log(written(tmp_path / "log.csv.gz", text, packed=packed))
    assert log.users.tolist() == [0, 0, 1]
    assert [log.item_names[item] for item in log.items] == ["y", "x", "x"]
    assert [log.skill_names[skill] for skill in log.skills] == ["t", "s", "s"]
    assert log.correct.tolist() == [0, 1, 0]
    assert log.broken == ()


def test_skill_and_order_may_be_missing_and_columns_in_any_order(tmp_path: Path) -> None:
    log = read_log(written(tmp_path / "log.csv", "Correct,extra,ITEM,User\n1,?,x,a\n0.0,?,y,a\nTrue,?,x,a\n"))
    assert log.correct.tolist() == [1, 0, 1]
    assert [log.item_names[item] for item in log.items] == ["x", "y", "x"]
    assert log.skill_names == ("",)


def test_broken_rows_are_named_and_left_out(tmp_path: Path) -> None:
    rows = [
        "u,i,s,1,0",
        "u,i",
        "u,,s,1,1",
        "u,i,s,2,1",
        "u,i,s,1,x",
        "u,i,s,1,inf",
        "",
        f"{'u' * 501},i,s,1,2",
        "v,i,s,0,0",
    ]
    log = read_log(written(tmp_path / "log.csv", "\n".join(["user,item,skill,correct,order", *rows])))
    assert len(log) == 2
    assert [(row.number, row.reason) for row in log.broken] == [
        (3, "2 fields are too few"),
        (4, "the user or the item is empty"),
        (5, "correct is neither 0 nor 1"),
        (6, "order is not a number"),
        (7, "order is not a number"),
        (9, "a name is longer than 500 characters"),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "lacks the column"),
        (b"user,item\na,b\n", "'correct'"),
        (b"user,item,correct\na,b,maybe\n", "row 2"),
        (b"user,item,correct\n", "no usable row"),
        (b"\x1f\x8bnonsense", "cannot be read"),
        pytest.param(gzip.compress(b"user,item,correct\na,b,1\n" * 100, mtime=0)[:-20], "cannot be read", id="cut off"),
    ],
)
def test_a_file_without_responses_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "log.csv.gz"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=words):
        read_log(path)


@settings(max_examples=40)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("logs") / "log.csv"
    path.write_bytes(b"user,item,correct\n" + content)
    with contextlib.suppress(InvalidInput):
        assert len(read_log(path)) > 0
