"""`/api/v1/admin/costs` and the files beside it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from tests.fakes.clock import START
from tests.fakes.records import make_call
from tests.integration.administration.conftest import Office

from masterx.records.costs import CallOutcome, Pricing
from masterx.records.money import NanoDollars

DAY = timedelta(days=1)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
async def spent(office: Office) -> Office:
    """START is a Saturday, 14 March at 15:09."""
    ada = office.ada.id
    await office.services.store.record_calls(
        [
            make_call(at=START, user_id=ada),
            make_call(at=START - timedelta(hours=3), provider="groq", model="llama", cost=NanoDollars(1), user_id=ada),
            make_call(at=START - 3 * DAY, outcome=CallOutcome.FAILED, cost=NanoDollars(0), category="coding"),
            make_call(at=START - 9 * DAY, pricing=Pricing.UNPRICED, cost=NanoDollars(0), budget_charge=NanoDollars(5)),
            make_call(at=START - 40 * DAY),
        ]
    )
    return office


async def test_the_board_has_now_and_the_month(spent: Office) -> None:
    board = await spent.ask("GET", "/costs")
    assert (board["this_hour"]["cost"], board["this_hour"]["requests"]) == (0.00075, 1)
    assert (board["today"]["cost"], board["today"]["requests"]) == (0.000750001, 2)
    assert (board["this_week"]["requests"], board["this_week"]["since"]) == (3, "2026-03-09T00:00:00Z")
    assert (board["this_month"]["requests"], board["this_month"]["unpriced"]) == (4, 1)
    assert (board["period"], board["since"], board["until"]) == (
        "month",
        "2026-03-01T00:00:00Z",
        "2026-04-01T00:00:00Z",
    )
    assert board["total"] == {key: board["this_month"][key] for key in board["total"]}
    assert [(each["name"], each["requests"]) for each in board["by_provider"]] == [("openai", 3), ("groq", 1)]
    assert [(each["name"], each["unpriced"]) for each in board["by_model"]] == [
        ("openai test-model", 1),
        ("groq llama", 0),
    ]
    assert [(each["name"], each["failed"]) for each in board["by_category"]] == [("general", 0), ("coding", 1)]
    first, nobody = board["top_users"]
    assert (first["user_id"], first["email"], first["cost"]) == (spent.ada.id, "ada@example.org", 0.000750001)
    assert (nobody["user_id"], nobody["email"], nobody["requests"]) == (None, None, 2)
    assert board["books"] is None


async def test_each_period_is_added_up(spent: Office) -> None:
    for period, requests in (("hour", 1), ("today", 2), ("week", 3), ("month", 4), ("year", 5)):
        board = await spent.ask("GET", "/costs", params={"period": period})
        assert board["total"]["requests"] == requests, period


async def test_a_span_of_ones_own(spent: Office) -> None:
    board = await spent.ask("GET", "/costs", params={"since": "2026-03-11", "until": "2026-03-14T14:00:00+01:00"})
    assert (board["period"], board["until"], board["total"]["requests"]) == (None, "2026-03-14T13:00:00Z", 2)
    board = await spent.ask("GET", "/costs", params={"since": "2026-03-14T00:00:00Z"})
    assert (board["until"], board["total"]["requests"]) == ("2026-03-14T15:09:26Z", 1)


NO_SPANS = [
    {"period": "century"},
    {"until": "2026-03-11"},
    {"since": "2026-03-11", "until": "2026-03-11"},
    {"since": "2026-03-12", "until": "2026-03-11"},
    {"since": "0001-01-01T00:00:00+14:00"},
    {"since": "2026-03-11", "until": "9999-12-31T23:59:59-14:00"},
    {"since": "yesterday"},
    {"top": "0"},
    {"top": "1000"},
]


async def test_what_is_no_span_is_said(office: Office) -> None:
    for params in NO_SPANS:
        assert (await office.ask("GET", "/costs", params=params, status=422))["code"] == "invalid_input", params


async def test_a_series_has_columns_without_gaps(spent: Office) -> None:
    day = await spent.ask("GET", "/costs/series", params={"period": "today"})
    assert (day["step"], len(day["starts"]), day["starts"][15]) == ("hour", 24, "2026-03-14T15:00:00Z")
    assert (day["cost"][12], day["cost"][15], sum(day["requests"])) == (0.000000001, 0.00075, 2)
    assert sorted(day["by_provider"]) == ["groq", "openai"]
    year = await spent.ask("GET", "/costs/series", params={"period": "year"})
    assert (year["step"], len(year["starts"]), sum(year["requests"])) == ("day", 365, 5)
    hours = await spent.ask("GET", "/costs/series", params={"period": "month", "step": "hour"})
    assert len(hours["starts"]) == 31 * 24
    await spent.ask("GET", "/costs/series", params={"period": "year", "step": "hour"}, status=422)


async def test_the_books_are_checked_on_demand_and_the_check_is_shown(spent: Office) -> None:
    check = await spent.ask("POST", "/costs/verify")
    assert (check["agree"], check["calls"], check["mismatches"]) == (True, 5, 0)
    assert (await spent.ask("GET", "/costs"))["books"] == check


FILES: list[tuple[str, dict[str, str]]] = [
    ("provider", {"provider": "openai", "requests": "3", "cost_usd": "0.000750000", "unpriced": "1"}),
    ("model", {"model": "openai test-model", "requests": "3"}),
    ("category", {"category": "general", "requests": "3"}),
    ("user", {"email": "ada@example.org", "requests": "2", "cost_usd": "0.000750001"}),
    ("day", {"day": "2026-03-01T00:00:00Z", "requests": "0", "cost_usd": "0.000000000", "groq_usd": "0.000000000"}),
    ("hour", {"hour": "2026-03-01T00:00:00Z", "requests": "0"}),
]


async def test_sums_come_as_files(spent: Office) -> None:
    for by, first in FILES:
        rows = rows_of(await spent.ask("GET", "/costs.csv", params={"by": by}))
        assert first.items() <= rows[0].items()


async def test_the_ledger_comes_as_a_file_to_the_nano_dollar(spent: Office) -> None:
    rows = rows_of(await spent.ask("GET", "/ledger.csv"))
    assert [row["provider"] for row in rows] == ["openai", "openai", "groq", "openai"]
    assert (rows[2]["cost_usd"], rows[2]["user_id"], rows[2]["timestamp"]) == (
        "0.000000001",
        spent.ada.id,
        "2026-03-14T12:09:26Z",
    )
    assert (rows[0]["pricing"], rows[0]["budget_charge_usd"], rows[0]["user_id"]) == ("unpriced", "0.000000005", "")
    assert rows_of(await spent.ask("GET", "/ledger.csv", params={"since": "2026-05-01", "until": "2026-06-01"})) == []


async def test_a_long_ledger_is_whole(office: Office) -> None:
    await office.services.store.record_calls([make_call(at=START + timedelta(seconds=n)) for n in range(2_345)])
    rows = rows_of(await office.ask("GET", "/ledger.csv"))
    assert len({row["id"] for row in rows}) == 2_345


async def test_no_cell_is_a_formula(office: Office) -> None:
    names = ['=HYPERLINK("http://evil")', "+1", "-1", "@SUM(A1)", "\tx", "plain"]
    await office.services.store.record_calls([make_call(model=name, category=name) for name in names])
    rows = rows_of(await office.ask("GET", "/ledger.csv"))
    assert sorted(row["model"] for row in rows) == sorted([f"'{name}" for name in names[:-1]] + ["plain"])
    rows = rows_of(await office.ask("GET", "/costs.csv", params={"by": "category"}))
    assert all(row["category"].startswith(("'", "plain")) for row in rows)


async def test_learners_are_refused_and_the_log_says_so(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    for method, path in (
        ("GET", "/costs"),
        ("GET", "/ledger.csv"),
        ("PUT", "/budgets"),
        ("POST", "/reload"),
        ("POST", "/providers/groq/disable"),
        ("PATCH", f"/users/{office.ada.id}"),
    ):
        await office.ask(method, path, headers=office.learner, status=403, json={"role": "admin"})
        log = capsys.readouterr().out
        assert "access_refused" in log
        assert office.ada.id in log
    assert (await office.services.store.user(office.ada.id)) == office.ada
