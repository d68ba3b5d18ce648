from __future__ import annotations

import csv
import io
from typing import Any

from tests.fakes.clock import START
from tests.fakes.records import make_call
from tests.integration.administration.conftest import Office

from masterx.records.money import NanoDollars


def wanted(scope: str = "system", window: Any = "day", amount: Any = "5") -> dict[str, Any]:
    return {"scope": scope, "window": window, "amount": amount}


async def test_caps_are_set_shown_replaced_and_removed(office: Office) -> None:
    await office.services.store.record_calls([make_call(user_id=office.ada.id, cost=NanoDollars(1_500_000_001))])
    made = await office.ask("PUT", "/budgets", json=wanted("user:ada@example.org", "month", "12.5"))
    assert (made["scope"], made["shown"]) == (f"user:{office.ada.id}", "user:ada@example.org")
    assert (made["amount"], made["used"], made["reserved"], made["room"]) == (12.5, 1.500000001, 0, 10.999999999)
    assert (made["starts_at"], made["resets_at"]) == ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")

    system = await office.ask("PUT", "/budgets", json=wanted(amount=2))
    assert (system["is_near"], system["met_first"]) == (False, None)
    found = (await office.ask("GET", "/budgets"))["budgets"]
    assert [(each["scope"], each["met_first"]) for each in found] == [("system", None), (made["scope"], "system, day")]

    assert (await office.ask("PUT", "/budgets", json=wanted(amount=1.6)))["is_near"]
    await office.ask("DELETE", "/budgets", params={"scope": "user:ada@example.org", "window": "month"}, status=204)
    assert len((await office.ask("GET", "/budgets"))["budgets"]) == 1
    for gone in ("user:ada@example.org", "user:nobody@example.org"):
        await office.ask("DELETE", "/budgets", params={"scope": gone, "window": "month"}, status=404)


NO_CAPS: list[dict[str, Any]] = [
    wanted(amount="-1"),
    wanted(amount=-0.01),
    wanted(amount="1e300"),
    wanted(amount=10**400),
    wanted(amount=1_000_001),
    wanted(amount="NaN"),
    wanted(amount="Infinity"),
    wanted(amount="0.0000000001"),
    wanted(amount=1e-10),
    wanted(amount=""),
    wanted(amount="five"),
    wanted(amount=None),
    wanted(amount=True),
    wanted(amount=["5"]),
    wanted(scope="tier:gold"),
    wanted(scope="provider:nobody"),
    wanted(scope="user:nobody@example.org"),
    wanted(scope="planet:earth"),
    wanted(scope="system:x"),
    wanted(scope=""),
    wanted(scope="\0"),
    wanted(window="week"),
    wanted(window=5),
    wanted() | {"surprise": 1},
    {"scope": "system"},
]


async def test_what_is_no_cap_is_said_and_sets_nothing(office: Office) -> None:
    for body in NO_CAPS:
        answer = await office.ask("PUT", "/budgets", json=body, status=422)
        assert answer["code"] == "invalid_input", body
    assert (await office.ask("GET", "/budgets"))["budgets"] == []


async def test_numbers_that_are_none_are_refused(office: Office) -> None:
    headers = office.admin | {"Content-Type": "application/json"}
    for amount in ("NaN", "Infinity", "-Infinity", "1e999"):
        body = f'{{"scope": "system", "window": "day", "amount": {amount}}}'
        answer = await office.ask("PUT", "/budgets", content=body, headers=headers, status=422)
        assert answer["code"] == "invalid_input"


async def test_a_cap_to_remove_is_named(office: Office) -> None:
    for params in ({"scope": "system"}, {"scope": "system", "window": "week"}, {"scope": "x", "window": "day"}):
        await office.ask("DELETE", "/budgets", params=params, status=422)


async def test_amounts_are_exact(office: Office) -> None:
    for amount, nanos in (("0.000000001", 1), ("999999.999999999", 999_999_999_999_999), (0.1, 100_000_000), (0, 0)):
        await office.ask("PUT", "/budgets", json=wanted(amount=amount))
        (budget,) = await office.services.store.budgets()
        assert budget.amount == nanos


async def test_caps_come_as_a_file(office: Office) -> None:
    await office.ask("PUT", "/budgets", json=wanted("tier:free", "hour", "0.5"))
    (row,) = csv.DictReader(io.StringIO(await office.ask("GET", "/budgets.csv")))
    assert (row["scope"], row["amount_usd"], row["room_usd"]) == ("tier:free", "0.500000000", "0.500000000")
    assert row["resets_at"] == START.replace(hour=16, minute=0, second=0).isoformat().replace("+00:00", "Z")
