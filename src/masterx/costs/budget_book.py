"""The caps as whoever sets them sees them: by name, how full, and which one a call meets first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from masterx.clock import Clock
from masterx.costs.budget import (
    NEAR,
    cap_at,
    parse_amount,
    parse_scope,
    parse_window,
    remaining,
    tightest,
)
from masterx.errors import Conflict, NotFound
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, Cap, ScopeKind, Spending
from masterx.records.money import NanoDollars
from masterx.records.users import User

SYSTEM = BudgetScope(ScopeKind.SYSTEM)


class BudgetBookStore(Protocol):
    async def set_budget(self, budget: Budget) -> None: ...

    async def remove_budget(self, scope: BudgetScope, window: BudgetWindow) -> None: ...

    async def budgets(self) -> Sequence[Budget]: ...

    async def spending(self, caps: Sequence[Cap], now: datetime) -> Sequence[Spending]: ...

    async def user(self, user_id: str) -> User | None: ...

    async def user_by_email(self, email: str) -> User | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    scope: str
    """As `parse_scope` reads it; a user by id."""
    shown: str
    """The same for people; a user by address."""
    window: BudgetWindow
    amount: NanoDollars
    spent: NanoDollars
    reserved: NanoDollars
    """The most that calls under way may still cost."""
    remaining: NanoDollars
    starts_at: datetime
    resets_at: datetime
    is_near: bool
    """So much is spent or held that the cheapest models are asked first."""
    met_first: str | None
    """The cap with less room that every call under this one falls under too; None: this one is the tightest."""


def states(spendings: Sequence[Spending], people: Mapping[str, User]) -> list[BudgetState]:
    """`people` by id: whoever a budget is for."""
    return [_state(spending, spendings, people) for spending in spendings]


def met_with(spending: Spending, spendings: Sequence[Spending], people: Mapping[str, User]) -> list[Spending]:
    """The caps that every call under this one falls under, itself included."""
    scope = spending.cap.budget.scope
    scopes = {scope, SYSTEM}
    person = people.get(scope.name) if scope.kind is ScopeKind.USER else None
    if person is not None:
        scopes.add(BudgetScope(ScopeKind.TIER, person.subscription_tier.value))
    return [one for one in spendings if one.cap.budget.scope in scopes]


def _state(spending: Spending, spendings: Sequence[Spending], people: Mapping[str, User]) -> BudgetState:
    budget = spending.cap.budget
    first = tightest(met_with(spending, spendings, people))
    used = spending.spent + spending.reserved
    return BudgetState(
        scope=str(budget.scope),
        shown=_shown(budget.scope, people),
        window=budget.window,
        amount=budget.amount,
        spent=spending.spent,
        reserved=spending.reserved,
        remaining=remaining(spending),
        starts_at=spending.cap.starts_at,
        resets_at=spending.cap.resets_at,
        is_near=used > NEAR * budget.amount,
        met_first=None
        if remaining(first) >= remaining(spending)
        else f"{_shown(first.cap.budget.scope, people)}, {first.cap.budget.window}",
    )


def _shown(scope: BudgetScope, people: Mapping[str, User]) -> str:
    person = people.get(scope.name) if scope.kind is ScopeKind.USER else None
    return str(scope) if person is None else f"user:{person.email}"


class BudgetBook:
    """Takes the words that people type: see `parse_scope`, `parse_window` and `parse_amount`."""

    def __init__(self, store: BudgetBookStore, clock: Clock, known_providers: Callable[[], Collection[str]]) -> None:
        self._store = store
        self._clock = clock
        self._known_providers = known_providers

    async def all(self) -> tuple[BudgetState, ...]:
        """System, providers, tiers, users; within these by name, then hour, day, month."""
        now = self._clock.now()
        caps = [cap_at(budget, now) for budget in await self._store.budgets()]
        spendings = await self._store.spending(caps, now)
        names = {cap.budget.scope.name for cap in caps if cap.budget.scope.kind is ScopeKind.USER}
        people = {name: user for name in names if (user := await self._store.user(name)) is not None}
        return tuple(states(spendings, people))

    async def set(self, scope: str, window: str, amount: str) -> BudgetState:
        """Set a cap or replace it. Raises `InvalidInput`, and `NotFound` for a provider or user that there is not."""
        budget = Budget(scope=parse_scope(scope), window=parse_window(window), amount=parse_amount(amount))
        budget = replace(budget, scope=await self._known(budget.scope))
        await self._store.set_budget(budget)
        for state in await self.all():
            if (state.scope, state.window) == (str(budget.scope), budget.window):
                return state
        raise Conflict("Somebody else removed that cap just now.")

    async def remove(self, scope: str, window: str) -> None:
        """Raises `InvalidInput` and `NotFound`."""
        parsed, span = parse_scope(scope), parse_window(window)
        if parsed.kind is ScopeKind.USER:
            parsed = await self._known(parsed)
        await self._store.remove_budget(parsed, span)

    async def _known(self, scope: BudgetScope) -> BudgetScope:
        """The scope with a user's id for their address."""
        if scope.kind is ScopeKind.PROVIDER and scope.name not in self._known_providers():
            raise NotFound(f"No provider is called {scope.name!r}; `masterx doctor` lists those that are set up.")
        if scope.kind is ScopeKind.USER:
            user = await self._store.user_by_email(scope.name) or await self._store.user(scope.name)
            if user is None:
                raise NotFound("No account has that address or id.")
            return replace(scope, name=user.id)
        return scope
