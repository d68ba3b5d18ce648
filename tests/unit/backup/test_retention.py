from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.backup.retention import ABANDONED_AFTER, dated_name, forget_old, to_forget
from masterx.errors import BackupError

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


def names_of(days: list[int]) -> list[str]:
    return [dated_name(NOW + timedelta(days=day), encrypted=day % 2 == 0) for day in days]


@given(days=st.lists(st.integers(0, 2_000), unique=True, max_size=12), keep=st.integers(1, 6))
def test_the_newest_stay_and_nothing_else_goes(days: list[int], keep: int) -> None:
    names = names_of(days)
    forgotten = set(to_forget([*names, "notes.txt", "masterx-old.jsonl.gz", "masterx.sqlite3"], keep))
    kept = set(names) - forgotten
    assert forgotten <= set(names)
    assert len(kept) == min(keep, len(names))
    assert kept == set(names_of(sorted(days)[-keep:]))


def test_old_backups_and_abandoned_drafts_are_removed(tmp_path: Path) -> None:
    for name in names_of([1, 2, 3]):
        (tmp_path / name).touch()
    drafts = [tmp_path / ".masterx-a.part", tmp_path / ".masterx-b.part"]
    for draft, age in zip(drafts, (ABANDONED_AFTER * 2, timedelta(0)), strict=True):
        draft.touch()
        seen = (NOW - age).timestamp()
        os.utime(draft, (seen, seen))
    assert forget_old(tmp_path, 2, NOW) == names_of([1])
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".masterx-b.part", *names_of([2, 3])]


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="could not be removed"):
        forget_old(tmp_path / "gone", 2, NOW)
