"""The audit by route is what the code says."""

from __future__ import annotations

import pytest
from scripts.security_doc import PAGE, PUBLIC_CHECKS, checks, render

from masterx.accounts.access import RULES, Access


def test_the_page_is_current() -> None:
    page = PAGE.read_text()
    assert page == render(page), "docs/security.md is out of date: make docs"


def test_every_public_route_says_what_is_checked_in_place_of_signing_in() -> None:
    assert set(PUBLIC_CHECKS) == {route for route, access in RULES.items() if access is Access.PUBLIC}
    with pytest.raises(KeyError):
        checks(("GET", "/new"), Access.PUBLIC)
