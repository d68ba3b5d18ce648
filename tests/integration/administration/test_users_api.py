from __future__ import annotations

import csv
import io

import httpx2
import pytest
from tests.fakes.records import make_call
from tests.integration.administration.conftest import PASSWORD, Office

from masterx.records.money import NanoDollars

LOGIN = {"email": "ada@example.org", "password": PASSWORD}


async def me(office: Office) -> httpx2.Response:
    return await office.client.get("/api/v1/users/me", headers=office.learner)


async def login(office: Office) -> httpx2.Response:
    return await office.client.post("/api/v1/auth/login", json=LOGIN)


async def test_people_are_found_sorted_and_paged(office: Office) -> None:
    cost = NanoDollars(1_500_000_001)
    await office.services.store.record_calls([make_call(user_id=office.ada.id, cost=cost)])
    page = await office.ask("GET", "/users", params={"limit": 1})
    assert (page["users"][0]["id"], page["total"], page["next_after"]) == (office.root.id, 2, office.root.id)
    for following in ({"cursor": page["next_cursor"]}, {"after": page["next_after"]}):
        rest = await office.ask("GET", "/users", params={"limit": 1, **following})
        assert [user["id"] for user in rest["users"]] == [office.ada.id]
        assert (rest["next_cursor"], rest["next_after"]) == (None, None)
    (ada, _) = (await office.ask("GET", "/users", params={"sort": "spend"}))["users"]
    assert (ada["email"], ada["spent_this_month"], ada["disabled_at"]) == ("ada@example.org", 1.500000001, None)
    found = await office.ask("GET", "/users", params={"search": "ROOT", "role": "admin", "disabled": "false"})
    assert [user["name"] for user in found["users"]] == ["Root"]
    for params in ({"sort": "shoe size"}, {"after": office.ada.id, "sort": "name"}, {"cursor": "x"}, {"limit": 0}):
        await office.ask("GET", "/users", params=params, status=422)


async def test_whoever_is_disabled_is_out_at_once_and_told_so_at_the_door(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"/users/{office.ada.id}"
    assert (await me(office)).status_code == 200
    changed = await office.ask("PATCH", path, json={"disabled": True})
    assert changed["disabled_at"] is not None
    assert (await me(office)).status_code == 401
    refused = await login(office)
    assert (refused.status_code, "disabled" in refused.json()["error"]) == (403, True)
    wrong = await office.client.post("/api/v1/auth/login", json=LOGIN | {"password": "another long password"})
    assert wrong.status_code == 401
    log = capsys.readouterr().out
    assert "account_changed" in log
    assert office.root.id in log
    assert "ada@example.org" not in log
    assert (await office.ask("PATCH", path, json={"disabled": False}))["disabled_at"] is None
    assert (await me(office)).status_code == 401
    assert (await login(office)).status_code == 200


async def test_role_and_tier_hold_at_once(office: Office) -> None:
    path = f"/users/{office.ada.id}"
    assert (await me(office)).json()["subscription_tier"] == "free"
    await office.ask("PATCH", path, json={"subscription_tier": "premium", "role": "admin"})
    assert (await me(office)).json()["subscription_tier"] == "premium"
    await office.ask("GET", "/users", headers=office.learner)
    await office.ask("PATCH", path, json={})
    assert (await me(office)).json()["role"] == "admin"


async def test_the_last_administrator_stays(office: Office) -> None:
    for body in ({"role": "learner"}, {"disabled": True}):
        answer = await office.ask("PATCH", f"/users/{office.root.id}", json=body, status=409)
        assert answer["code"] == "conflict"
    await office.ask("GET", "/users")


async def test_what_is_no_change_is_said(office: Office) -> None:
    path = f"/users/{office.ada.id}"
    for body in ({"role": "king"}, {"role": None}, {"disabled": "yes"}, {"email": "x@y.z"}, {"subscription_tier": 1}):
        await office.ask("PATCH", path, json=body, status=422)
    await office.ask("PATCH", "/users/01a206ed-b958-774c-b02f-91a98b8e6139", json={"disabled": True}, status=404)
    await office.ask("PATCH", "/users/nobody", json={"disabled": True}, status=422)


async def test_people_come_as_a_file_without_formulas(office: Office) -> None:
    await office.services.accounts.update_profile(office.ada.id, name="=1+1")
    _, ada = csv.DictReader(io.StringIO(await office.ask("GET", "/users.csv")))
    assert (ada["email"], ada["name"], ada["spent_this_month_usd"]) == ("ada@example.org", "'=1+1", "0.000000000")
    assert ada["disabled_at"] == ""
