from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from masterx.errors import InvalidInput
from masterx.routing.difficulty.outcomes import read_outcomes

HEADER = "index,prompt,mixtral_correct,gpt4_correct,contaminated\n"


def written(folder: Path, text: str, *, packed: bool = False) -> Path:
    path = folder / ("outcomes.csv.gz" if packed else "outcomes.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_a_row_is_a_prompt_and_what_two_models_made_of_it(tmp_path: Path, packed: bool) -> None:
    text = HEADER + '0,"Two\nlines, one prompt",True,False,False\n2,Why?,False,True,False\n4,Known,True,True,True\n'
    found = read_outcomes(written(tmp_path, text, packed=packed))
    assert found.prompts == ("Two\nlines, one prompt", "Why?")
    assert found.gain.tolist() == [-1.0, 1.0]
    assert found.left_out == 1


def test_the_column_of_contamination_may_be_missing(tmp_path: Path) -> None:
    text = "prompt,mixtral_correct,gpt4_correct\nWhy?,0,1\n"
    assert read_outcomes(written(tmp_path, text)).gain.tolist() == [1.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column"),
        ("index,prompt\n0,Why?\n", "no column gpt4_correct, mixtral_correct"),
        (HEADER, "no row"),
        (HEADER + "0,Why?,maybe,True,False\n", "Row 2: mixtral_correct is neither"),
        (HEADER + "0,Why?,True,True,False\n2,,True,True,False\n", "Row 3 has no prompt"),
        (HEADER + "0,Why?,True\n", "Row 2"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_its_row(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_outcomes(written(tmp_path, text))


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "0,Why?,True,True,False\n" * 50, packed=True)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_outcomes(path)
