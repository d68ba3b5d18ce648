from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.costs.budget import (
    NEAR,
    cap_at,
    caps_for,
    is_near,
    lasting_longest,
    most_input_tokens,
    parse_amount,
    parse_scope,
    parse_window,
    refusal,
    remaining,
    tightest,
    waiting_may_help,
    window_around,
)
from masterx.errors import InvalidInput
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, ScopeKind, Spending
from masterx.records.money import NanoDollars

SYSTEM = BudgetScope(ScopeKind.SYSTEM)
HOUR = timedelta(hours=1)
NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)

windows = st.sampled_from(BudgetWindow)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=zones)  # noqa: DTZ001 (the zone is drawn)
amounts = st.integers(0, 10**15).map(NanoDollars)
spendings = st.builds(
    lambda amount, window, spent, reserved: Spending(
        cap=cap_at(Budget(scope=SYSTEM, window=window, amount=amount), NOW), spent=spent, reserved=reserved
    ),
    amounts,
    windows,
    amounts,
    amounts,
)


@given(window=windows, moment=moments)
def test_a_window_holds_its_moment_and_borders_on_the_next(window: BudgetWindow, moment: datetime) -> None:
    start, end = window_around(window, moment)
    assert start <= moment < end
    assert window_around(window, start) == window_around(window, end - timedelta(microseconds=1)) == (start, end)
    assert window_around(window, end)[0] == end
    assert (start.utcoffset(), start.minute, start.second, start.microsecond) == (timedelta(0), 0, 0, 0)


@given(window=windows, moment=moments)
def test_every_hour_is_in_one_day_and_every_day_in_one_month(window: BudgetWindow, moment: datetime) -> None:
    hour, day, month = (window_around(each, moment) for each in BudgetWindow)
    assert month[0] <= day[0] <= hour[0]
    assert hour[1] <= day[1] <= month[1]


@given(window=windows, moment=moments, jump=st.timedeltas(-HOUR, HOUR))
def test_a_clock_that_jumps_an_hour_comes_to_the_same_window_or_a_neighbour(
    window: BudgetWindow, moment: datetime, jump: timedelta
) -> None:
    start, end = window_around(window, moment)
    jumped = window_around(window, moment + jump)
    assert jumped in {
        (start, end),
        window_around(window, end),
        window_around(window, start - timedelta(microseconds=1)),
    }
    # Back again, it is the window it was.
    assert window_around(window, moment + jump - jump) == (start, end)


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-01-31T23:59:59+00:00", "2026-02-01"),
        ("2026-02-28T23:59:59+00:00", "2026-03-01"),
        ("2028-02-29T12:00:00+00:00", "2028-03-01"),
        ("2026-12-31T23:59:59.999999+00:00", "2027-01-01"),
        ("2026-03-31T23:30:00-03:00", "2026-05-01"),
    ],
)
def test_months_end_where_the_calendar_says(moment: str, end: str) -> None:
    _, resets_at = window_around(BudgetWindow.MONTH, datetime.fromisoformat(moment))
    assert resets_at.date().isoformat() == end


def test_every_scope_that_a_call_falls_into_counts() -> None:
    def scoped(kind: ScopeKind, name: str = "") -> Budget:
        return Budget(scope=BudgetScope(kind, name), window=BudgetWindow.DAY, amount=NanoDollars(1))

    budgets = [
        scoped(ScopeKind.SYSTEM),
        scoped(ScopeKind.PROVIDER, "openai"),
        scoped(ScopeKind.PROVIDER, "groq"),
        scoped(ScopeKind.TIER, "free"),
        scoped(ScopeKind.TIER, "pro"),
        scoped(ScopeKind.USER, "ada"),
        scoped(ScopeKind.USER, "openai"),
    ]
    caps = caps_for(budgets, provider="openai", user_id="ada", tier="pro", moment=NOW)
    assert [cap.budget for cap in caps] == [budgets[0], budgets[1], budgets[4], budgets[5]]
    nameless = caps_for(budgets, provider="openai", user_id=None, tier=None, moment=NOW)
    assert [cap.budget for cap in nameless] == budgets[:2]


@given(caps=st.lists(spendings, min_size=1))
def test_the_tightest_leaves_no_more_than_any_other(caps: list[Spending]) -> None:
    assert all(remaining(tightest(caps)) <= remaining(cap) for cap in caps)
    assert remaining(tightest(caps)) >= 0


@given(full=st.lists(spendings, min_size=1))
def test_of_those_that_refuse_none_resets_later_than_the_one_named(full: list[Spending]) -> None:
    assert all(lasting_longest(full).cap.resets_at >= cap.cap.resets_at for cap in full)


@given(full=st.lists(spendings, min_size=1), amount=amounts)
def test_waiting_helps_only_where_no_cap_is_used_up_by_what_is_spent(full: list[Spending], amount: NanoDollars) -> None:
    hopeless = any(cap.cap.budget.amount - cap.spent < amount for cap in full)
    assert waiting_may_help(full, amount) is not hopeless


@given(spending=spendings)
def test_what_is_free_is_never_near_a_cap(spending: Spending) -> None:
    assert not is_near(spending, NanoDollars(0))


def test_near_begins_at_its_part_of_the_cap() -> None:
    cap = cap_at(Budget(scope=SYSTEM, window=BudgetWindow.HOUR, amount=NanoDollars(100)), NOW)
    spending = Spending(cap=cap, spent=NanoDollars(50), reserved=NanoDollars(20))
    assert not is_near(spending, NanoDollars(round(100 * NEAR) - 70))
    assert is_near(spending, NanoDollars(round(100 * NEAR) - 69))


@given(text=st.text())
def test_no_text_has_more_tokens_than_bytes(text: str) -> None:
    assert most_input_tokens([text]) >= len(text)
    assert most_input_tokens([text, text]) == 2 * most_input_tokens([text])


def test_a_refusal_says_when_it_goes_on_and_no_amount() -> None:
    hour, month = (
        Spending(
            cap=cap_at(Budget(scope=SYSTEM, window=window, amount=NanoDollars(123)), NOW),
            spent=NanoDollars(123),
            reserved=NanoDollars(0),
        )
        for window in (BudgetWindow.HOUR, BudgetWindow.MONTH)
    )
    error = refusal([hour], NOW, under_way=False)
    assert error.details == {
        "scope": "system",
        "window": "hour",
        "resets_at": "2026-03-14T16:00:00Z",
        "tightest": {"scope": "system", "window": "hour"},
    }
    assert error.message == "What may be spent this hour is used up. It goes on at 16:00 UTC."
    assert error.retry_after == pytest.approx(50 * 60 + 34)
    longer = refusal([hour, month], NOW, under_way=False)
    assert longer.details["window"] == "month"
    assert "1 April, 00:00 UTC" in longer.message
    assert refusal([hour], NOW, under_way=True).retry_after == 5


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("system", SYSTEM),
        ("provider:OpenAI", BudgetScope(ScopeKind.PROVIDER, "openai")),
        ("tier:free", BudgetScope(ScopeKind.TIER, "free")),
        (" user: ada@example.org ", BudgetScope(ScopeKind.USER, "ada@example.org")),
    ],
)
def test_scopes_are_read(text: str, scope: BudgetScope) -> None:
    assert parse_scope(text) == scope


@pytest.mark.parametrize("text", ["", "system:x", "provider", "provider:", "tier:gold", "planet:mars", "users:ada"])
def test_what_is_no_scope_is_said(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"no scope|no tier"):
        parse_scope(text)


@pytest.mark.parametrize(
    ("text", "amount"), [("0", 0), ("12.50", 12_500_000_000), ("$3", 3 * 10**9), ("0.0000000010", 1), ("1e3", 10**12)]
)
def test_amounts_are_read(text: str, amount: int) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "-1",
        "-0.0001",
        "0.0000000001",
        "nan",
        "NaN",
        "sNaN",
        "inf",
        "-inf",
        "1e300",
        "1000001",
        "",
        "ten",
        "1,5",
        "0x10",
    ],
)
def test_what_is_no_amount_is_said(text: str) -> None:
    with pytest.raises(InvalidInput, match="amount"):
        parse_amount(text)


def test_windows_are_read() -> None:
    assert [parse_window(text) for text in ("hour", " Day ", "MONTH")] == list(BudgetWindow)
    with pytest.raises(InvalidInput, match="hour, day, month"):
        parse_window("week")


def test_of_caps_without_room_the_one_that_leaves_least_is_the_tightest() -> None:
    tight, lasting = (
        Spending(
            cap=cap_at(Budget(scope=SYSTEM, window=window, amount=NanoDollars(100)), NOW),
            spent=NanoDollars(spent),
            reserved=NanoDollars(0),
        )
        for window, spent in ((BudgetWindow.HOUR, 99), (BudgetWindow.MONTH, 90))
    )
    details = refusal([lasting, tight], NOW, under_way=False).details
    assert details["window"] == "month"
    assert details["tightest"] == {"scope": "system", "window": "hour"}
