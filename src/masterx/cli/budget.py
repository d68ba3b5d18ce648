"""`masterx budget`: how much may be spent, by whom, in which time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer
from rich.table import Table

from masterx.cli.output import AsJson, dollars, out, print_json, settings_for_command
from masterx.clock import SystemClock
from masterx.costs.budget import cap_at, parse_amount, parse_scope, parse_window, remaining, tighter_budgets
from masterx.errors import NotFound
from masterx.providers.catalog import vendors
from masterx.providers.registry import ProviderRegistry
from masterx.records.budgets import Budget, BudgetScope, BudgetWindow, ScopeKind, Spending
from masterx.records.money import to_dollars
from masterx.settings import Settings
from masterx.store.opening import open_store
from masterx.store.ports import Store

Scope = Annotated[str, typer.Argument(help="system, provider:NAME, tier:free|pro|premium (together), or user:EMAIL.")]
Window = Annotated[str, typer.Argument(help="hour, day or month, by the UTC calendar.")]

app = typer.Typer(help="Cap what may be spent.", no_args_is_help=True)


@app.command("set", context_settings={"ignore_unknown_options": True})  # so that -1 is an amount
def set_(
    scope: Scope,
    window: Window,
    amount: Annotated[str, typer.Argument(help="US dollars, such as 2.50; 0 allows free models only.")],
    as_json: AsJson = False,
) -> None:
    """Set a cap, or replace the one of the same scope and window. It is never passed.

    A server that runs takes it up within a second. What was spent in the window before counts.
    """
    budget = Budget(scope=parse_scope(scope), window=parse_window(window), amount=parse_amount(amount))
    settings = settings_for_command()
    budget, tighter = asyncio.run(_set(settings, budget))
    if as_json:
        print_json({"scope": scope, "window": budget.window.value, "amount": to_dollars(budget.amount)})
        return
    out.print(f"{scope} may spend {dollars(budget.amount)} in a {budget.window}.", markup=False)
    for other in tighter:
        out.print(
            f"It has a tighter cap already, which wins: {dollars(other.amount)} in a {other.window}.", markup=False
        )


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show each cap, how full it is and when it resets."""
    rows = asyncio.run(_rows(settings_for_command()))
    if as_json:
        print_json([_facts(name, spending) for name, spending in rows])
    elif not rows:
        out.print("No budget is set: whatever is asked is paid for. Set one: masterx budget set system day 5")
    else:
        _print(rows)


@app.command("remove")
def remove(scope: Scope, window: Window) -> None:
    """Take a cap away."""
    parsed, span = parse_scope(scope), parse_window(window)
    asyncio.run(_remove(settings_for_command(), parsed, span))
    out.print(f"{scope} has no cap for the {span} any more.", markup=False)


async def _set(settings: Settings, budget: Budget) -> tuple[Budget, list[Budget]]:
    store = await open_store(settings.store, SystemClock())
    try:
        budget = replace(budget, scope=await _known(budget.scope, store, settings))
        await store.set_budget(budget)
        return budget, tighter_budgets(budget, await store.budgets())
    finally:
        await store.close()


async def _rows(settings: Settings) -> list[tuple[str, Spending]]:
    clock = SystemClock()
    store = await open_store(settings.store, clock)
    try:
        now = clock.now()
        spendings = await store.spending([cap_at(budget, now) for budget in await store.budgets()], now)
        return [(await _shown(spending.cap.budget.scope, store), spending) for spending in spendings]
    finally:
        await store.close()


async def _remove(settings: Settings, scope: BudgetScope, window: BudgetWindow) -> None:
    store = await open_store(settings.store, SystemClock())
    try:
        if scope.kind is ScopeKind.USER:
            scope = await _known(scope, store, settings)
        await store.remove_budget(scope, window)
    finally:
        await store.close()


async def _known(scope: BudgetScope, store: Store, settings: Settings) -> BudgetScope:
    """The scope with a user's id for their address. Raises `NotFound` for a provider or user that there is not."""
    if scope.kind is ScopeKind.PROVIDER:
        known = {*ProviderRegistry(local_model=settings.local_model).providers, *vendors()}
        if scope.name not in known:
            raise NotFound(f"No provider is called {scope.name!r}; `masterx doctor` lists those that are set up.")
    elif scope.kind is ScopeKind.USER:
        user = await store.user_by_email(scope.name) or await store.user(scope.name)
        if user is None:
            raise NotFound("No account has that address or id.")
        return replace(scope, name=user.id)
    return scope


async def _shown(scope: BudgetScope, store: Store) -> str:
    user = await store.user(scope.name) if scope.kind is ScopeKind.USER else None
    return str(scope) if user is None else f"user:{user.email}"


def _facts(name: str, spending: Spending) -> dict[str, object]:
    cap = spending.cap
    return {
        "scope": name,
        "window": cap.budget.window.value,
        "amount": to_dollars(cap.budget.amount),
        "spent": to_dollars(spending.spent),
        "reserved": to_dollars(spending.reserved),
        "remaining": to_dollars(remaining(spending)),
        "resets_at": cap.resets_at.isoformat().replace("+00:00", "Z"),
    }


def _print(rows: Sequence[tuple[str, Spending]]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("scope", "window"):
        table.add_column(heading)
    for heading in ("cap", "spent", "held", "left", "resets (UTC)"):
        table.add_column(heading, justify="right")
    for name, spending in rows:
        cap = spending.cap
        table.add_row(
            name,
            cap.budget.window.value,
            *(dollars(amount) for amount in (cap.budget.amount, spending.spent, spending.reserved)),
            dollars(remaining(spending)),
            f"{cap.resets_at:%Y-%m-%d %H:%M}",
        )
    out.print(table)
