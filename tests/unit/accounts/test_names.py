from __future__ import annotations

import pytest

from masterx.accounts.names import MAX_LENGTH, checked_name
from masterx.errors import InvalidInput


@pytest.mark.parametrize(
    "name", ["Ada", "Ada King, Countess", "李小龙", "علی‌رضا", "O'Brien", "J", "x" * MAX_LENGTH, "Zoë 👩‍🔬"]
)
def test_good_names_pass_unchanged(name: str) -> None:
    assert checked_name(name) == name


def test_outer_spaces_go_and_characters_are_composed() -> None:
    assert checked_name("  Zoe\u0308 ") == "Zo\u00eb"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "x" * (MAX_LENGTH + 1),
        "Ada\nKing",
        "Ada\tKing",
        "Ada\0",
        "Ada\x1b[31m",
        "Ada\u2028King",
        "Ada \u202egnik",
        "\u2066Ada\u2069",
        "Ada\ud800",
        "\u200b\u200d",
        "\u0301",
        "\ue000",
    ],
)
def test_names_that_would_break_a_page_or_a_log_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked_name(name)

    assert refusal.value.details["field"] == "name"
