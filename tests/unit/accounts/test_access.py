from __future__ import annotations

import pytest

from masterx.accounts.access import RULES, Access, permit, permit_key
from masterx.errors import Forbidden, Unauthenticated
from masterx.records.users import Role

WITH_A_KEY = [route for route, rule in RULES.items() if rule is Access.KEY]


@pytest.mark.parametrize(("method", "route"), [route for route in RULES if route not in WITH_A_KEY])
def test_every_rule_lets_in_whom_it_names_and_nobody_else(method: str, route: str) -> None:
    rule = RULES[(method, route)]
    if rule is Access.PUBLIC:
        permit(method, route, None)
    else:
        with pytest.raises(Unauthenticated):
            permit(method, route, None)
    if rule is Access.ADMIN:
        with pytest.raises(Forbidden):
            permit(method, route, Role.LEARNER)
    else:
        permit(method, route, Role.LEARNER)
    permit(method, route, Role.ADMIN)


@pytest.mark.parametrize(("method", "route"), WITH_A_KEY)
def test_what_is_for_programs_takes_an_api_key_and_no_sign_in(method: str, route: str) -> None:
    permit_key(method, route)
    for role in Role:
        with pytest.raises(Forbidden):
            permit(method, route, role)


def test_an_api_key_opens_nothing_else() -> None:
    for method, route in RULES:
        if (method, route) not in WITH_A_KEY:
            with pytest.raises(Forbidden):
                permit_key(method, route)


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("GET", "/api/v1/nobody/thought/of/this"),
        ("PUT", "/api/v1/users/me"),
        ("get", "/api/v1/health"),
        ("GET", "/api/v1/health/"),
        ("OPTIONS", "/api/v1/health"),
    ],
)
def test_a_route_without_a_rule_answers_nobody(method: str, route: str) -> None:
    with pytest.raises(Unauthenticated):
        permit(method, route, None)
    for role in Role:
        with pytest.raises(Forbidden):
            permit(method, route, role)


def test_head_is_judged_as_get() -> None:
    permit("HEAD", "/api/v1/health", None)
    with pytest.raises(Unauthenticated):
        permit("HEAD", "/api/v1/users/me", None)
