from __future__ import annotations

import pytest

from masterx.authoring.programs import ProgramFault, outputs_of


def test_programs_print_in_python_and_sql() -> None:
    assert outputs_of([("python", "print(1)\nprint(2)"), ("sql", "SELECT 1, NULL, 'a'")]) == ["1\n2\n", "1|NULL|a\n"]
    with pytest.raises(ProgramFault):
        outputs_of([("python", "import os; os._exit(3)")])
