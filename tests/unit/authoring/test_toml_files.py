from __future__ import annotations

from pathlib import Path

import pytest

from masterx.authoring.toml_files import Mistake, files_at, files_in, heads_of, line_of, parsed

TEXT = """\
version = "1"

[[item]]
id = "one"
hints = [
  "a",
]

[[item]]
id = "two"
"""


def test_entries_and_their_fields_have_lines() -> None:
    assert heads_of(TEXT, "item") == [3, 9]
    assert heads_of(TEXT, "skill") == []
    assert [line_of(TEXT, 3, field) for field in ("id", "hints", "hints.0", "absent")] == [4, 5, 5, 3]
    assert (line_of(TEXT, 9, "hints"), line_of(TEXT, 0, "version"), line_of(TEXT, 0, "absent")) == (9, 1, 1)


def test_what_is_no_toml_is_named_with_its_line() -> None:
    assert parsed("a.toml", TEXT) == {"version": "1", "item": [{"id": "one", "hints": ["a"]}, {"id": "two"}]}
    mistake = parsed("a.toml", TEXT + "id = = 3\n")
    assert isinstance(mistake, Mistake)
    assert str(mistake).startswith("a.toml:11: no TOML")


def test_files_come_by_name_and_nothing_else_comes(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml", "notes.md"):
        (tmp_path / name).write_text(name)
    assert files_at(tmp_path) == [(str(tmp_path / name), name) for name in ("a.toml", "b.toml")]
    assert files_at(tmp_path / "notes.md") == [(str(tmp_path / "notes.md"), "notes.md")]
    with pytest.raises(FileNotFoundError):
        files_at(tmp_path / "absent")
    names = [name for name, _ in files_in("masterx.routing.benchmarks", "suites")]
    assert names == sorted(names)
    assert "math.toml" in names
