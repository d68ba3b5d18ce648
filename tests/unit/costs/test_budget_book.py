from __future__ import annotations

from datetime import timedelta

from tests.fakes.clock import START
from tests.fakes.records import make_user

from masterx.costs.budget import cap_at
from masterx.costs.budget_book import states
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, ScopeKind, Spending
from masterx.records.money import NanoDollars
from masterx.records.users import SubscriptionTier

ADA = make_user(id="ada", email="ada@example.org", subscription_tier=SubscriptionTier.PRO)
SYSTEM = BudgetScope(ScopeKind.SYSTEM)
OPENAI, GROQ = (BudgetScope(ScopeKind.PROVIDER, name) for name in ("openai", "groq"))
PRO, FREE = (BudgetScope(ScopeKind.TIER, name) for name in ("pro", "free"))
HERS = BudgetScope(ScopeKind.USER, "ada")


def spending(
    amount: int, scope: BudgetScope, window: BudgetWindow = BudgetWindow.DAY, *, spent: int = 0, reserved: int = 0
) -> Spending:
    budget = Budget(scope=scope, window=window, amount=NanoDollars(amount))
    return Spending(cap=cap_at(budget, START), spent=NanoDollars(spent), reserved=NanoDollars(reserved))


def met_first(*spendings: Spending) -> list[str | None]:
    return [state.met_first for state in states(spendings, {"ada": ADA})]


def test_a_state_says_how_full_the_cap_is() -> None:
    (state,) = states([spending(100, HERS, spent=70, reserved=11)], {"ada": ADA})
    assert (state.scope, state.shown, state.window) == ("user:ada", "user:ada@example.org", BudgetWindow.DAY)
    assert (state.amount, state.spent, state.reserved, state.remaining) == (100, 70, 11, 19)
    assert (state.is_near, state.met_first) == (True, None)
    assert state.resets_at - state.starts_at == timedelta(days=1)


def test_whoever_is_gone_is_shown_by_id() -> None:
    (state,) = states([spending(1, BudgetScope(ScopeKind.USER, "gone"))], {})
    assert state.shown == "user:gone"


def test_of_one_scope_the_window_with_less_room_is_met_first() -> None:
    assert met_first(
        spending(5, SYSTEM, BudgetWindow.HOUR), spending(9, SYSTEM, spent=6), spending(50, SYSTEM, BudgetWindow.MONTH)
    ) == ["system, day", None, "system, day"]


def test_the_systems_cap_is_met_by_every_call() -> None:
    assert met_first(spending(3, SYSTEM), spending(5, OPENAI), spending(2, GROQ)) == [None, "system, day", None]


def test_a_persons_calls_meet_the_cap_of_their_tier() -> None:
    assert met_first(spending(3, PRO), spending(1, FREE), spending(5, HERS)) == [None, None, "tier:pro, day"]


def test_other_peoples_and_providers_caps_are_not_met_by_every_call() -> None:
    assert met_first(spending(9, SYSTEM), spending(1, OPENAI), spending(1, HERS)) == [None, None, None]


def test_equals_are_not_named() -> None:
    assert met_first(spending(3, SYSTEM), spending(3, SYSTEM, BudgetWindow.MONTH)) == [None, None]
