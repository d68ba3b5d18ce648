from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterx.costs.budget_book import BudgetState
from masterx.costs.dashboard import CostBoard, WindowCost
from masterx.records.budgets import BudgetWindow
from masterx.records.costs import CostPeriod, CostSpan, CostSum
from masterx.records.money import NanoDollars
from masterx.web.budget_views import BudgetForm, budget_rows
from masterx.web.cost_views import VIEWS, cap_notice, span_of, window_cards

NOW = datetime(2026, 3, 14, 15, 30, tzinfo=UTC)
DOLLAR = 1_000_000_000
MOMENTS = st.integers(1_700_000_000, 1_950_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def budget(
    spent: float, *, scope: str = "system", shown: str = "", window: str = "hour", reserved: float = 0, met: str = ""
) -> BudgetState:
    """Of ten dollars in the hour, day or month around `NOW`."""
    used = spent + reserved
    return BudgetState(
        scope=scope,
        shown=shown or scope,
        window=BudgetWindow(window),
        amount=NanoDollars(10 * DOLLAR),
        spent=NanoDollars(int(spent * DOLLAR)),
        reserved=NanoDollars(int(reserved * DOLLAR)),
        remaining=NanoDollars(max(0, int((10 - used) * DOLLAR))),
        starts_at=NOW.replace(minute=0),
        resets_at=NOW.replace(minute=0) + timedelta(hours=1),
        is_near=used > 8,
        met_first=met or None,
    )


def board(spent: int) -> CostBoard:
    total = CostSum(name=None, requests=3, failed=0, tokens=9, cost=NanoDollars(spent), unpriced=0)
    window = WindowCost(since=NOW.replace(minute=0), total=total)
    return CostBoard(
        at=NOW,
        this_hour=window,
        today=window,
        this_week=window,
        this_month=window,
        period=CostPeriod.MONTH,
        span=CostSpan(NOW, NOW),
        total=total,
        by_provider=(),
        by_model=(),
        by_category=(),
        top_users=(),
        books=None,
    )


@given(MOMENTS)
def test_each_view_is_of_whole_hours_or_days_and_holds_now(now: datetime) -> None:
    spans = {name: span_of(view, now) for name, view in VIEWS.items()}
    for name, span in spans.items():
        assert span.since < now < span.until
        assert (span.since.minute, span.since.hour if name != "day" else 0) == (0, 0)
    hours = (spans["day"].until - spans["day"].since) / timedelta(hours=1)
    assert (hours, (spans["month"].until - spans["month"].since).days) == (24, 30)
    months = (now.year - spans["year"].since.year) * 12 + now.month - spans["year"].since.month
    assert (months, spans["year"].since.day) == (11, 1)


def test_a_card_says_how_full_its_cap_is_and_where_the_pace_leads() -> None:
    hour, *_, month = window_cards(board(3 * DOLLAR), [budget(3), budget(9, scope="tier:free")], NOW, UTC)
    assert (hour.used, hour.held, hour.notes) == (0.3, 0, ("Resets 16:00", "$6.00 by then at this pace"))
    assert (month.budget, month.notes) == (None, ("3 calls", "since 15:00"))
    held, *_ = window_cards(board(0), [budget(3, reserved=2)], NOW, UTC)
    assert (held.held, held.notes[1]) == (0.2, "$2.00 held by calls under way")


@pytest.mark.parametrize(
    ("budgets", "head", "text"),
    [
        ([budget(8.5)], "The server is at 85% of its $10 cap for this hour.", "Turns go to cheaper models first."),
        (
            [budget(10, scope="provider:groq", window="day"), budget(9, scope="tier:free")],
            "groq used up its $10 cap for today.",
            "Turns go to other models until 16:00. 1 more is near.",
        ),
        (
            [budget(10, scope="user:1", shown="user:ada@example.org", window="month")],
            "ada@example.org used up their $10 cap for this month.",
            "Learners there read that the tutor rests until 16:00.",
        ),
    ],
)
def test_the_cap_that_matters_most_is_told(budgets: list[BudgetState], head: str, text: str) -> None:
    notice = cap_notice(budgets, NOW, UTC)
    assert notice is not None
    assert (notice.head, notice.text) == (head, text)


def test_no_cap_near_no_notice() -> None:
    assert cap_notice([budget(8)], NOW, UTC) is None


def test_a_budget_names_the_cap_that_is_met_before_it() -> None:
    rows = budget_rows([budget(1, scope="user:1", shown="user:ada@example.org", met="tier:free, day"), budget(10)])
    assert (rows[0].whose, rows[0].note) == ("ada@example.org", "Tighter: free, a day")
    assert (rows[1].whose, rows[1].note, rows[1].full) == ("The whole server", "Used up", True)


def test_the_form_tells_what_is_missing_field_by_field() -> None:
    assert BudgetForm.of(budget(1, scope="provider:groq")).scope == "provider:groq"
    assert BudgetForm.of(budget(1)).amount == "10"
    wrong = BudgetForm(kind="user", name="", window="day", amount="5")
    assert wrong.problem() == ("name", "Give the e-mail of the person.")
    assert BudgetForm(kind="planet", name="", window="day", amount="5").problem() is not None
    assert BudgetForm(kind="system", name="", window="day", amount=" ").problem() is not None
